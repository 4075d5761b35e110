import type { ProbeInterval, ProbeTotals } from '../types.ts';
import { type IperfRun, iperfFailed, iperfUnreadable } from './run.ts';
import { readTextRows, type TextFacts, type TextRow } from './text-rows.ts';
import { intervalsOf, type SideTotals, sideTotals, totalsOf } from './text-totals.ts';

export interface IperfTextRun extends IperfRun {
  /** The receiver's intervals of this output, whichever direction. */
  receivedIntervals: ProbeInterval[];
}

/**
 * Reads the text output of iperf2 (2.0.5 to 2.2.1) or iperf3, of a client or a server.
 * A sender's rows tell only what was offered; what arrived stands in `Server Report:`, in a receiver's rows,
 * or nowhere, and is then null. Throws RTCB_IPERF_FAILED and RTCB_IPERF_UNREADABLE.
 */
export function parseIperfText(text: string): IperfTextRun {
  const facts = readTextRows(text);
  const { rows } = facts;
  if (rows.length === 0) throw noRows(text);
  const isTcp = /\bTCP (?:port|window)/.test(text) || (!/UDP|datagrams/i.test(text) && rows.every(isSent));
  const hasRoles = rows.some(({ role, isForward }) => role !== null || isForward !== null);
  const sides = hasRoles ? sidesByRole(rows) : sidesByReport(rows, isServerOutput(text));
  const { total, reverse } = hasRoles ? totalsByRole(facts, sides) : totalsByReport(facts, sides);
  const forward = rows.filter(({ isForward }) => isForward !== false);
  const receivedIntervals = intervalsOf(forward.filter(isLocallyReceived), 'received');
  const hasSenderView = sides.sent !== null && receivedIntervals.length === 0;
  return {
    tool: hasRoles || /iperf 3\.|iperf3/.test(text) ? 'iperf3' : 'iperf2',
    version: /iperf (?:version )?(\d+\.\d+[\w.-]*)/.exec(text)?.[1] ?? 'unknown',
    protocol: isTcp ? 'tcp' : 'udp',
    startedAtMs: null,
    server: serverOf(text),
    sizeBytes: numberOf(/Sending (\d+) byte datagrams/, text),
    targetBitrateBps: null,
    flows: new Set(rows.map(({ id }) => id).filter((id) => id !== 'SUM')).size || null,
    durationMs: Math.round(total.durationMs / 1000) * 1000,
    granted: { receiveBufferBytes: null, sendBufferBytes: null },
    // TCP delivers what it accepted: its sender's rate is the throughput.
    total:
      isTcp && total.throughputBps === null ? { ...total, throughputBps: total.offeredBitrateBps } : total,
    reverse,
    intervals: hasSenderView ? intervalsOf(forward.filter(isSent), 'sent') : receivedIntervals,
    cpu: { senderRatio: null, receiverRatio: null },
    warnings: warningsOf(text, sides, { isTcp, cut: facts.cut }),
    receivedIntervals,
  };
}

interface Sides {
  sent: SideTotals | null;
  received: SideTotals | null;
  /** Whether `received` is what the other end told. */
  isReported: boolean;
  reverseSent: SideTotals | null;
  reverseReceived: SideTotals | null;
}

/** iperf3's closing rows name their role. */
function sidesByRole(rows: readonly TextRow[]): Sides {
  const side = (role: 'sender' | 'receiver', isForward: boolean) =>
    sideTotals(rows.filter((row) => row.role === role && (row.isForward ?? true) === isForward));
  return {
    sent: side('sender', true),
    received: side('receiver', true),
    isReported: false,
    reverseSent: side('sender', false),
    reverseReceived: side('receiver', false),
  };
}

/** iperf2's rows tell by what they hold, and by the `Server Report:` before them. */
function sidesByReport(rows: readonly TextRow[], isServer: boolean): Sides {
  const sent = sideTotals(rows.filter(isSent));
  const reported = sideTotals(rows.filter(({ reported }) => reported));
  const local = sideTotals(rows.filter(isLocallyReceived));
  // A server that also sent (-d, -r, --full-duplex): its own receiving is the client's way.
  if (isServer && local !== null)
    return { sent: null, received: local, isReported: false, reverseSent: sent, reverseReceived: reported };
  const hasForward = sent !== null || reported !== null;
  return {
    sent,
    received: hasForward ? reported : local,
    isReported: hasForward,
    reverseSent: null,
    reverseReceived: hasForward ? local : null,
  };
}

function totalsByRole({ outOfOrder }: TextFacts, sides: Sides) {
  const sentOf = (side: SideTotals | null) => side?.expected ?? side?.sent ?? null;
  const late = [...outOfOrder.values()].reduce<number | null>((sum, count) => (sum ?? 0) + count, null);
  return {
    total: totalsOf(sides.sent, sentOf(sides.sent), sides.received, late),
    reverse:
      sides.reverseSent === null && sides.reverseReceived === null
        ? null
        : totalsOf(sides.reverseSent, sentOf(sides.reverseSent), sides.reverseReceived, null),
  };
}

function totalsByReport(
  { sent, outOfOrder }: TextFacts,
  sides: Sides,
): { total: ProbeTotals; reverse: ProbeTotals | null } {
  const counts = [...sent.values()];
  const sentPackets =
    sides.sent === null
      ? null
      : counts.length > 0
        ? counts.reduce((a, b) => a + b, 0)
        : (sides.sent?.sent ?? null);
  const late = (reported: boolean) => {
    const values = [...outOfOrder].filter(([key]) => key !== 'SUM' && key.endsWith('R') === reported);
    return values.length === 0 ? null : values.reduce((sum, [, count]) => sum + count, 0);
  };
  return {
    total: totalsOf(sides.sent, sentPackets, sides.received, late(sides.isReported)),
    reverse:
      sides.reverseSent === null && sides.reverseReceived === null
        ? null
        : totalsOf(
            sides.reverseSent,
            null,
            sides.reverseReceived,
            late(sides.received !== null && !sides.isReported),
          ),
  };
}

/** A server that also sends prints a client's heading too, but after its own first connection. */
function isServerOutput(text: string): boolean {
  const listening = text.indexOf('Server listening');
  const connecting = text.indexOf('Client connecting');
  if (listening === -1 || connecting === -1) return connecting === -1;
  const connected = text.indexOf('connected with');
  return listening < connecting && connected !== -1 && connected < connecting;
}

/** A sender's row has neither jitter nor losses, unless it is iperf3's closing one. */
function isSent(row: TextRow): boolean {
  return row.role === 'sender' || (row.role === null && !row.reported && row.expected === null);
}

function isLocallyReceived(row: TextRow): boolean {
  return row.expected !== null && !row.reported && row.role === null;
}

function warningsOf(
  text: string,
  sides: Sides,
  { isTcp, cut }: { isTcp: boolean; cut: string | null },
): string[] {
  const warnings: string[] = [];
  if (sides.received === null && !isTcp)
    warnings.push(
      /did not receive ack|ack of last datagram failed|Connection refused/.test(text)
        ? 'the server never answered: what was delivered is unknown'
        : 'no server report: what was delivered is unknown',
    );
  if (sides.reverseSent !== null && sides.reverseReceived === null && !isTcp)
    warnings.push('no report of the other direction: what was delivered there is unknown');
  const isCut = [sides.sent, sides.received, sides.reverseSent, sides.reverseReceived].some(
    (side) => side?.truncated === true,
  );
  if (isCut) warnings.push('the output ends before its closing row: totals are those of its intervals');
  else if (cut !== null) warnings.push(`the output is not whole (${cut}): totals are those of what it holds`);
  return warnings;
}

function noRows(text: string): Error {
  const reason = /^.*(?:failed|error - |unable to connect|refused).*$/im.exec(text)?.[0]?.trim();
  return reason === undefined || reason.length > 300
    ? iperfUnreadable(text.trim() === '' ? 'it is empty' : 'no row of figures was found')
    : iperfFailed(reason);
}

function numberOf(pattern: RegExp, text: string): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

function serverOf(text: string): { host: string; port: number } | null {
  const match =
    /Client connecting to (\S+), (?:UDP|TCP) port (\d+)/.exec(text) ??
    /Connecting to host (\S+), port (\d+)/.exec(text);
  return match?.[1] === undefined ? null : { host: match[1], port: Number(match[2]) };
}
