import { iperfUnreadable } from './run.ts';

/** A row of figures of iperf2's or iperf3's text output. */
export interface TextRow {
  /** Stream number, `SUM`, or `*n` for iperf2's reverse streams. */
  id: string;
  startS: number;
  endS: number;
  bytes: number;
  bitrateBps: number;
  /** null on a sender's row. */
  jitterMs: number | null;
  lost: number | null;
  /** Lost and arrived together. */
  expected: number | null;
  /** Packets on a sender's row of iperf3. */
  sent: number | null;
  /** Follows `Server Report:`: what the other end received. */
  reported: boolean;
  /** iperf3 ends its totals with a role. */
  role: 'sender' | 'receiver' | null;
  /** iperf3 --bidir marks rows: `TX-C` and `RX-S` are client to server, the others the way back. */
  isForward: boolean | null;
}

export interface TextFacts {
  rows: TextRow[];
  /** Datagrams sent by stream, `[  4] Sent 603084 datagrams`. */
  sent: Map<string, number>;
  /** Out-of-order counts by stream: the report's own and the local one are told apart by a trailing `R`. */
  outOfOrder: Map<string, number>;
  /** Why the output is not whole, or null. */
  cut: string | null;
}

const UNITS: Record<string, number> = { '': 0, K: 1, M: 2, G: 3, T: 4 };
/** iperf2 prints bytes in powers of 1024 and bits in powers of 1000 (Locale.c, stdio.c). */
const scale = (value: string, unit: string, base: 1000 | 1024) => Number(value) * base ** (UNITS[unit] ?? 0);

const ROW =
  /^\[\s*(SUM|\*?\d+)\](?:\[(TX-C|RX-C|TX-S|RX-S)\])?\s+(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s+sec\s+(\d+(?:\.\d+)?)\s+([KMGT]?)Bytes\s+(\d+(?:\.\d+)?)\s+([KMGT]?)(bits|Bytes)\/sec(.*)$/s;
const RECEIVED = /^\s+(\d+(?:\.\d+)?) ms\s+(-?\d+)\s*\/\s*(\d+)/;
const OUT_OF_ORDER = /^\[\s*(SUM|\*?\d+)\].*?sec\s+(\d+)\s+datagrams received out-of-order/s;
const SENT = /^\[\s*(\*?\d+)\] Sent (\d+) datagrams/;
const REPORT = /^\[\s*(\*?\d+)\] Server Report/;
const CONNECTED = /\[\s*\*?(\d+)\]\s+local\b/g;
/** The beginning of a row of any kind. */
const BEGUN = /^\[\s*(?:SUM|\*?\d+)\](?!\s*local)/;
/** iperf3 calls its peer `host`, and its server accepts where iperf2's connects. */
const IPERF3 = /Connecting to host|Accepted connection|iperf 3\./;

/**
 * Finds the rows wherever they stand: output that was pasted into one long line is read as well, because a record
 * starts at its `[id]`, not at a line's start.
 */
export function readTextRows(text: string): TextFacts {
  const facts: TextFacts = { rows: [], sent: new Map(), outOfOrder: new Map(), cut: null };
  const reporting = new Set<string>();
  const records = text.split(/\r?\n|(?=\[\s*(?:SUM(?:-\d+)?|\*?\d+|ID)\](?!\s*local))/);
  // What has no line end may have been torn off in the middle of a number.
  const last = records.at(-1) ?? '';
  const isTorn = BEGUN.test(last) && !isWholeRow(last, text, records);
  for (const record of isTorn ? records.slice(0, -1) : records) {
    const report = REPORT.exec(record);
    if (report?.[1] !== undefined) reporting.add(report[1].replace('*', ''));
    const sent = SENT.exec(record);
    if (sent?.[1] !== undefined) facts.sent.set(sent[1], Number(sent[2]));
    const late = OUT_OF_ORDER.exec(record);
    if (late?.[1] !== undefined) {
      const key = reporting.has(late[1]) ? `${late[1]}R` : late[1];
      facts.outOfOrder.set(key, Number(late[2]));
      continue;
    }
    const row = readRow(record, reporting);
    // iperf2 prints a row from 0.0 to 0.0 for a direction that never started.
    if (row !== null && row.endS > row.startS) facts.rows.push(row);
  }
  const nonsense = facts.rows.find(
    ({ lost, expected }) => (lost ?? 0) > (expected ?? Number.POSITIVE_INFINITY),
  );
  if (nonsense !== undefined)
    throw iperfUnreadable(`it says that ${nonsense.lost} of ${nonsense.expected} datagrams were lost`);
  // The sums repeat the streams; they only count when they stand alone (--sum-only).
  const streams = facts.rows.filter(({ id }) => id !== 'SUM');
  const rows = streams.length > 0 ? streams : facts.rows;
  return {
    ...facts,
    rows,
    cut: isTorn ? 'it ends inside a row' : whatIsMissing(text, rows, facts, reporting),
  };
}

/** Whether the last record, with no line end behind it, has all the numbers that a row of its kind has. */
function isWholeRow(record: string, text: string, records: readonly string[]): boolean {
  if (record.trim().endsWith('datagrams received out-of-order') || /Sent \d+ datagrams\s*$/.test(record))
    return true;
  if (/^\[\s*\*?\d+\] (?:Server Report|WARNING)/.test(record)) return true;
  const rest = ROW.exec(record)?.at(-1);
  if (rest === undefined) return false;
  if (IPERF3.test(text)) return /(?:sender|receiver)\s*$/.test(rest);
  if (/\/\s*\d+\s*\(\S*\)/.test(rest)) return true;
  // A sender's row ends with its rate; one of a receiver goes on.
  const isSender = /Client connecting/.test(text) && !records.some((one) => REPORT.test(one));
  return isSender && rest.trim() === '';
}

/** What an output that was cut between two rows does not hold although something else in it says that it should. */
function whatIsMissing(
  text: string,
  rows: readonly TextRow[],
  { sent }: TextFacts,
  reporting: ReadonlySet<string>,
): string | null {
  if (rows.length === 0) return null;
  const plain = (id: string) => id.replace('*', '');
  const seen = new Set(rows.map(({ id }) => plain(id)));
  const has = (id: string, test: (row: TextRow) => boolean) =>
    rows.some((row) => plain(row.id) === id && test(row));
  const streams = [...seen].filter((id) => id !== 'SUM');
  if (streams.length > 0 && [...text.matchAll(CONNECTED)].some(([, id = '']) => !seen.has(id)))
    return 'a stream that connected has no row';
  if ([...reporting].some((id) => !has(id, ({ reported }) => reported))) return 'a server report is missing';
  if (reporting.size > 0 && [...sent.keys()].some((id) => !reporting.has(plain(id))))
    return 'the server report of a stream is missing';
  if (text.includes('(full-duplex)') && rows.every(({ expected }) => expected !== null))
    return 'what was sent is missing';
  if (endsEarly(rows)) return 'the closing row of a stream is missing';
  const roles = streams.map((id) => [
    has(id, ({ role }) => role === 'sender'),
    has(id, ({ role }) => role === 'receiver'),
  ]);
  const hasRoles = roles.some(([sender, receiver]) => sender === true || receiver === true);
  if (IPERF3.test(text) && !hasRoles) return 'its closing rows are missing';
  if (hasRoles && roles.some(([sender, receiver]) => sender !== true && receiver !== true))
    return 'the closing row of a stream is missing';
  if (
    roles.some(([sender, receiver]) => sender && receiver) &&
    !roles.every(([sender, receiver]) => sender && receiver)
  )
    return 'the closing row of a stream is missing';
  return null;
}

/** A stream of which there is one interval, beside others that went on. */
function endsEarly(rows: readonly TextRow[]): boolean {
  const streams = [...Map.groupBy(rows, ({ id }) => id).values()];
  const longest = Math.max(...rows.map(({ endS }) => endS));
  return streams.some(([first, ...more]) => more.length === 0 && (first?.endS ?? 0) < 0.9 * longest);
}

function readRow(record: string, reporting: ReadonlySet<string>): TextRow | null {
  const match = ROW.exec(record);
  if (match === null) return null;
  const [
    ,
    id = '',
    tag,
    startS,
    endS,
    size = '',
    sizeUnit = '',
    rate = '',
    rateUnit = '',
    rateKind = '',
    rest = '',
  ] = match;
  const received = RECEIVED.exec(rest);
  // SUM rows of iperf2 servers leave the jitter out: `0/5247 (0%)`.
  const counted = received ?? /^\s+()(-?\d+)\s*\/\s*(\d+)\s*\(/.exec(rest);
  const role = /\b(sender|receiver)\b/.exec(rest)?.[1];
  return {
    id,
    startS: Number(startS),
    endS: Number(endS),
    bytes: scale(size, sizeUnit, 1024),
    // `-f K` and its like print bytes a second, in powers of 1024.
    bitrateBps: rateKind === 'Bytes' ? scale(rate, rateUnit, 1024) * 8 : scale(rate, rateUnit, 1000),
    jitterMs: received?.[1] === undefined ? null : Number(received[1]),
    lost: counted === null ? null : Math.max(0, Number(counted[2])),
    expected: counted === null ? null : Number(counted[3]),
    sent: counted === null ? plainCount(rest) : null,
    // A report on the reverse stream `*2` is announced as one on `2`.
    reported: reporting.has(id.replace('*', '')),
    role: role === 'sender' || role === 'receiver' ? role : null,
    isForward: tag === undefined ? null : tag === 'TX-C' || tag === 'RX-S',
  };
}

/** A sender's interval of iperf3 ends with its count of datagrams and nothing else. */
function plainCount(rest: string): number | null {
  const match = /^\s+(\d+)\s*$/.exec(rest);
  return match === null ? null : Number(match[1]);
}
