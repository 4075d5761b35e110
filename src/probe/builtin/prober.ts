import { lookup } from 'node:dns/promises';
import { environmentError } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import { attributeLoss, change } from '../drops.ts';
import { estimateSessions, ipBitrate } from '../sessions.ts';
import { checkShape, flowCount, shapeSizeBytes, withRate } from '../shapes.ts';
import { preferredSockets, type SocketChoice } from '../sockets/open.ts';
import type { ProbeInterval, ProbeResult, ProbeRunOptions, Prober } from '../types.ts';
import { cpuRatio, intervalOf, totalsOf } from './assemble.ts';
import { openLocalEnd, type ReceivingEnd } from './receiving-end.ts';
import { openRemoteEnd } from './remote-end.ts';
import type { SenderReading, SenderReport } from './sender-loop.ts';
import type { ReceiverReading } from './session-counter.ts';
import { startSender } from './threads.ts';

/** How often both ends report unless told otherwise. */
const DEFAULT_INTERVAL_MS = 1000;
/** Blocked for longer, the sender was held up by the queue below it. */
export const BLOCKED_RATIO = 0.2;
/** Below this share of its schedule the sender, not the path, was the limit. */
const KEPT_UP_RATIO = 0.98;

export interface BuiltinOptions {
  /** Tune sends bursts at a receiver that pauses; nobody else does. */
  pause?: { everyMs: number; ms: number } | null;
  /** Default: what set-up has built. */
  sockets?: SocketChoice;
  version: string;
}

/** Sends from here, to a receiver here or to `rtc-bench probe serve`. Needs nothing installed. */
export function createBuiltinProber(
  system: System,
  { pause = null, sockets, version }: BuiltinOptions,
): Prober {
  return {
    name: 'builtin',
    run: (options) =>
      runBuiltin(system, options, { pause, sockets: sockets ?? preferredSockets(system.env), version }),
  };
}

async function runBuiltin(
  system: System,
  options: ProbeRunOptions,
  { pause, sockets, version }: Required<BuiltinOptions>,
): Promise<ProbeResult> {
  checkShape(options.shape, options.flows);
  const createdAt = new Date(system.clock.wallMs()).toISOString();
  const intervalMs = options.intervalMs ?? DEFAULT_INTERVAL_MS;
  const intervals = new IntervalJoin(options.onInterval);
  const offload = usesOffload(options, sockets);
  const session = {
    flows: flowCount(options.shape, options.flows),
    intervalMs,
    pause,
    onInterval: (previous: ReceiverReading, current: ReceiverReading) =>
      intervals.received(previous, current),
    receiveBufferBytes: options.receiveBufferBytes,
  };
  const end =
    options.server === null
      ? await openLocalEnd({ ...session, address: '127.0.0.1', sockets, offload }, system)
      : await openRemoteEnd(await resolved(options.server), { ...session, options }, system);
  try {
    const sendErrors = () => system.readHostCounters().udp?.sndbufErrors ?? null;
    const sendErrorsBefore = sendErrors();
    const sent = await send(end, options, { sockets, offload }, intervals);
    const sendBufferErrors = change(sendErrorsBefore, sendErrors());
    const { report, sendBufferBytes } = sent;
    const { first, last, drops } = await end.finish(report.sentPackets);
    const total = totalsOf(report, last);
    return {
      schemaVersion: 1,
      kind: 'udp-probe',
      label: options.label,
      createdAt,
      prober: 'builtin',
      proberVersion: `${version} (${sockets.kind}${offload ? ', segmentation offload' : ''})`,
      mode: options.server === null ? 'local' : 'remote',
      server: options.server,
      protocol: 'udp',
      settings: {
        shape: options.shape.kind,
        sizeBytes: shapeSizeBytes(options.shape),
        offeredPacketRatePps: sent.ratePps,
        flows: options.flows,
        durationMs: options.durationMs,
      },
      granted: { receiveBufferBytes: end.receiveBufferBytes, sendBufferBytes },
      receiverLimits: end.kernelLimits,
      total,
      reverse: null,
      ipBitrateBps: ipBitrate(total.throughputBps, total.packetRatePps),
      sessionBitrateBps: options.sessionBitrateBps,
      estimatedSessions: estimateSessions(total.throughputBps, options.sessionBitrateBps),
      cpu: {
        senderRatio: cpuRatio(report.cpuAtStartMs, report.cpuMs, report.durationMs),
        receiverRatio: cpuRatio(first.cpuMs, last.cpuMs, last.readAtMs - first.readAtMs),
      },
      senderBlockedRatio: report.durationMs > 0 ? Math.min(1, report.blockedMs / report.durationMs) : null,
      // The receiving end counts on its own host; what could not be sent is counted here.
      drops: attributeLoss({ ...drops, sendBufferErrors }, total.lostPackets ?? 0, {
        countsBatches: offload,
      }),
      intervals: intervals.result(options.durationMs - intervalMs / 10),
      findMax: null,
      warnings: warningsOf(report, last, sent.limited),
    };
  } finally {
    await end.close();
  }
}

interface Sent {
  report: SenderReport;
  sendBufferBytes: number | null;
  ratePps: number | null;
  limited: boolean;
}

async function send(
  end: ReceivingEnd,
  options: ProbeRunOptions,
  { sockets, offload }: { sockets: SocketChoice; offload: boolean },
  intervals: IntervalJoin,
): Promise<Sent> {
  const { maxPacketRatePps } = end;
  const limited =
    maxPacketRatePps !== null && (options.shape.ratePps === null || options.shape.ratePps > maxPacketRatePps);
  const shape = limited ? withRate(options.shape, maxPacketRatePps) : options.shape;
  const { flows, durationMs, sendBufferBytes, signal } = options;
  const sender = await startSender({
    address: end.address,
    port: end.port,
    sendBufferBytes,
    sockets,
    offload,
    job: {
      token: end.token,
      shape,
      flows,
      durationMs,
      intervalMs: options.intervalMs ?? DEFAULT_INTERVAL_MS,
      skipsMissed: options.skipsMissed ?? false,
    },
  });
  const stop = () => sender.stop();
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    const report = await sender.run((reading) => intervals.sent(reading));
    signal?.throwIfAborted();
    return { report, sendBufferBytes: sender.sendBufferBytes, ratePps: shape.ratePps, limited };
  } finally {
    signal?.removeEventListener('abort', stop);
    await sender.close();
  }
}

/**
 * Only where everything is sent as fast as it can between two ends here, once: packets on a schedule leave one by
 * one, a search compares with such, and a network in between must see single packets.
 */
function usesOffload({ shape, server, skipsMissed }: ProbeRunOptions, sockets: SocketChoice): boolean {
  const isUnlimited = shape.kind === 'constant' && shape.ratePps === null;
  return sockets.kind === 'native' && server === null && isUnlimited && skipsMissed !== true;
}

async function resolved({
  host,
  port,
}: {
  host: string;
  port: number;
}): Promise<{ host: string; port: number }> {
  try {
    return { host: (await lookup(host)).address, port };
  } catch (error) {
    throw environmentError('RTCB_PROBE_HOST', `cannot resolve ${host}`, {
      cause: error,
      hint: 'check the name, or give an address',
    });
  }
}

function warningsOf(report: SenderReport, last: ReceiverReading, limited: boolean): string[] {
  const warnings: string[] = [];
  const due = report.sentPackets + report.unsentPackets;
  if (report.sentPackets < KEPT_UP_RATIO * due)
    warnings.push(
      `only ${report.sentPackets} of ${due} packets were sent: ${
        report.blockedMs > BLOCKED_RATIO * report.durationMs
          ? "this host's send queue was full; its network card, or a rate limit on it, is the bottleneck"
          : 'this host could not keep up; it is the limit, not the path'
      }`,
    );
  if (limited) warnings.push('the server limits the rate: see --max-rate of `rtc-bench probe serve`');
  for (const [code, count] of Object.entries(report.errors))
    warnings.push(`sending met ${code} (${count} of the sends that were looked at)`);
  if (last.receivedPackets === 0)
    warnings.push('nothing arrived: is UDP to that port let through by every firewall between?');
  return warnings;
}

/** Sets the two ends' intervals of the same number side by side. */
class IntervalJoin {
  readonly #received: { previous: ReceiverReading; current: ReceiverReading }[] = [];
  readonly #sent: SenderReading[] = [];
  #started: SenderReading | undefined;
  readonly #report: ((interval: ProbeInterval) => void) | undefined;

  constructor(report: ((interval: ProbeInterval) => void) | undefined) {
    this.#report = report;
  }

  received(previous: ReceiverReading, current: ReceiverReading): void {
    const pair = { previous, current };
    this.#received.push(pair);
    this.#report?.(this.#join(pair, this.#received.length - 1));
  }

  sent(reading: SenderReading): void {
    if (this.#started === undefined) this.#started = reading;
    else this.#sent.push(reading);
  }

  /** Those that start before `untilMs`: within the time of sending. */
  result(untilMs: number): ProbeInterval[] {
    return this.#received.map((pair, i) => this.#join(pair, i)).filter(({ startMs }) => startMs < untilMs);
  }

  #join(pair: { previous: ReceiverReading; current: ReceiverReading }, i: number): ProbeInterval {
    const origin = this.#received[0]?.previous.readAtMs ?? pair.previous.readAtMs;
    const current = this.#sent[i];
    const previous = i === 0 ? this.#started : this.#sent[i - 1];
    const sent = current === undefined || previous === undefined ? null : { previous, current };
    return intervalOf(origin, pair.previous, pair.current, sent);
  }
}
