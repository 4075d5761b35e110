import type { ProbeInterval } from '../types.ts';
import { parseIperfText } from './iperf-text.ts';
import type { Iperf3Document, Iperf3Interval, Iperf3Sum } from './iperf3-schema.ts';
import { perSecond, UNKNOWN_TOTALS } from './run.ts';

/**
 * Per interval, from the receiving side wherever it is known: a client that sends knows neither loss nor
 * jitter, but `--get-server-output` brings the server's own report. Omitted intervals are left out.
 */
export function intervalsOf(document: Iperf3Document): ProbeInterval[] {
  const own = measured(document.intervals ?? []);
  const server = measured(document.server_output_json?.intervals ?? []);
  if (own.every(isSender) && server.length > 0 && !server.every(isSender))
    return withSent(server.map(toInterval), own);
  if (own.every(isSender) && document.server_output_text != null)
    return withSent(parseIperfText(document.server_output_text).receivedIntervals, own);
  return own.map(toInterval);
}

function measured(intervals: readonly Iperf3Interval[]): Iperf3Sum[] {
  return intervals.flatMap(({ sum }) => (sum == null || sum.omitted === true ? [] : [sum]));
}

function isSender(sum: Iperf3Sum): boolean {
  return sum.sender === true;
}

export function toInterval(sum: Iperf3Sum): ProbeInterval {
  const seconds = sum.seconds ?? null;
  const bytes = sum.bytes ?? null;
  const packets = sum.packets ?? null;
  const base = { startMs: (sum.start ?? 0) * 1000, endMs: (sum.end ?? 0) * 1000 };
  const { durationMs: _, ...unknown } = UNKNOWN_TOTALS;
  if (isSender(sum))
    return {
      ...unknown,
      ...base,
      sentPackets: packets,
      sentBytes: bytes,
      offeredBitrateBps: perSecond(bytes === null ? null : bytes * 8, seconds),
      offeredPacketRatePps: perSecond(packets, seconds),
    };
  const lost = sum.lost_packets == null ? null : Math.max(0, sum.lost_packets);
  // An interval's `packets` counts the lost ones too, as the total's does.
  const arrived = packets === null ? null : Math.max(0, packets - (lost ?? 0));
  return {
    ...unknown,
    ...base,
    receivedPackets: arrived,
    receivedBytes: bytes,
    throughputBps: perSecond(bytes === null ? null : bytes * 8, seconds),
    packetRatePps: perSecond(arrived, seconds),
    lostPackets: lost,
    lossRatio: lost === null || packets === null || packets === 0 ? null : lost / packets,
    jitterMs: sum.jitter_ms ?? null,
  };
}

/** Sets beside the receiver's intervals what was sent in the sender's interval of the same number. */
function withSent(received: ProbeInterval[], own: readonly Iperf3Sum[]): ProbeInterval[] {
  return received.map((interval, i) => {
    const sum = own[i];
    if (sum === undefined) return interval;
    const { sentPackets, sentBytes, offeredBitrateBps, offeredPacketRatePps } = toInterval(sum);
    return { ...interval, sentPackets, sentBytes, offeredBitrateBps, offeredPacketRatePps };
  });
}
