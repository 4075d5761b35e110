import type { ProbeInterval, ProbeTotals } from '../types.ts';
import type { SenderReading, SenderReport } from './sender-loop.ts';
import type { ReceiverReading } from './session-counter.ts';

const rate = (amount: number, ms: number) => (ms > 0 ? (amount * 1000) / ms : null);

/**
 * Totals from both ends. Loss is against what the sender sent, so a lost tail counts too. The time is the
 * sender's, or the receiver's span where that is longer: then a queue was still emptying.
 */
export function totalsOf(sent: SenderReport, received: ReceiverReading): ProbeTotals {
  const spanMs =
    received.firstArrivalMs === null || received.lastArrivalMs === null
      ? 0
      : received.lastArrivalMs - received.firstArrivalMs;
  const durationMs = Math.max(sent.durationMs, spanMs);
  const lost = Math.max(0, sent.sentPackets - received.receivedPackets);
  return {
    durationMs,
    sentPackets: sent.sentPackets,
    sentBytes: sent.sentBytes,
    offeredBitrateBps: rate(sent.sentBytes * 8, sent.durationMs),
    offeredPacketRatePps: rate(sent.sentPackets, sent.durationMs),
    receivedPackets: received.receivedPackets,
    receivedBytes: received.receivedBytes,
    throughputBps: rate(received.receivedBytes * 8, durationMs),
    packetRatePps: rate(received.receivedPackets, durationMs),
    lostPackets: lost,
    lossRatio: sent.sentPackets === 0 ? null : lost / sent.sentPackets,
    outOfOrderPackets: received.outOfOrderPackets,
    duplicatePackets: received.duplicatePackets,
    jitterMs: received.meanJitterMs,
  };
}

/** One interval from two readings of the receiver and, where they are known, two of the sender. */
export function intervalOf(
  originMs: number,
  previous: ReceiverReading,
  current: ReceiverReading,
  sent: { previous: SenderReading; current: SenderReading } | null,
): ProbeInterval {
  const ms = current.readAtMs - previous.readAtMs;
  const packets = current.receivedPackets - previous.receivedPackets;
  const bytes = current.receivedBytes - previous.receivedBytes;
  const expected = current.expectedPackets - previous.expectedPackets;
  // Late packets of the interval before may make this negative; over the whole run it adds up.
  const lost = Math.max(0, expected - packets);
  const sentMs = sent === null ? 0 : sent.current.readAtMs - sent.previous.readAtMs;
  const sentPackets = sent === null ? null : sent.current.sentPackets - sent.previous.sentPackets;
  const sentBytes = sent === null ? null : sent.current.sentBytes - sent.previous.sentBytes;
  return {
    startMs: previous.readAtMs - originMs,
    endMs: current.readAtMs - originMs,
    sentPackets,
    sentBytes,
    offeredBitrateBps: sentBytes === null ? null : rate(sentBytes * 8, sentMs),
    offeredPacketRatePps: sentPackets === null ? null : rate(sentPackets, sentMs),
    receivedPackets: packets,
    receivedBytes: bytes,
    throughputBps: rate(bytes * 8, ms),
    packetRatePps: rate(packets, ms),
    lostPackets: lost,
    lossRatio: expected <= 0 ? null : lost / expected,
    outOfOrderPackets: current.outOfOrderPackets - previous.outOfOrderPackets,
    duplicatePackets: current.duplicatePackets - previous.duplicatePackets,
    jitterMs: current.jitterMs,
  };
}

/** CPU of one end between its first and last reading, 1 = one core. */
export function cpuRatio(startCpuMs: number | null, endCpuMs: number | null, ms: number): number | null {
  return startCpuMs === null || endCpuMs === null || !(ms > 0)
    ? null
    : Math.max(0, endCpuMs - startCpuMs) / ms;
}

export const NOTHING_RECEIVED: Omit<ReceiverReading, 'readAtMs'> = {
  receivedPackets: 0,
  receivedBytes: 0,
  expectedPackets: 0,
  outOfOrderPackets: 0,
  duplicatePackets: 0,
  jitterMs: null,
  meanJitterMs: null,
  firstArrivalMs: null,
  lastArrivalMs: null,
  foreignPackets: 0,
  cpuMs: null,
};
