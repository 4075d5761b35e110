import type { types as mediasoup } from 'mediasoup';

/** Cumulative counters, of one producer, consumer or transport or of many together. */
export interface Tally {
  packetsIn: number;
  bytesIn: number;
  packetsOut: number;
  bytesOut: number;
  wireBytesIn: number;
  wireBytesOut: number;
  nackCount: number;
  pliCount: number;
  firCount: number;
  packetsLostIn: number;
  packetsRetransmittedOut: number;
}

export const EMPTY_TALLY: Readonly<Tally> = {
  packetsIn: 0,
  bytesIn: 0,
  packetsOut: 0,
  bytesOut: 0,
  wireBytesIn: 0,
  wireBytesOut: 0,
  nackCount: 0,
  pliCount: 0,
  firCount: 0,
  packetsLostIn: 0,
  packetsRetransmittedOut: 0,
};

const KEYS = Object.keys(EMPTY_TALLY) as (keyof Tally)[];

export function addTally(sum: Tally, part: Readonly<Partial<Tally>>): void {
  for (const key of KEYS) sum[key] += part[key] ?? 0;
}

/** Counters and when the worker read them: milliseconds of its monotonic clock. */
export interface Reading {
  tally: Partial<Tally>;
  timestampMs: number;
}

type StreamStat = { type: string; timestamp: number };

function latest(stats: readonly StreamStat[]): number {
  return Math.max(...stats.map((stat) => stat.timestamp));
}

/**
 * Packets of a producer as they came off the wire. Upstream's `packetCount` (`RtpStreamRecv.cpp`) has every media
 * packet and those RTX packets that repaired something; the RTX packets that came for nothing are
 * `packetsRetransmitted` less `packetsRepaired`.
 */
export function producerReading(stats: readonly mediasoup.ProducerStat[]): Reading | null {
  if (stats.length === 0) return null;
  const tally = { packetsIn: 0, nackCount: 0, pliCount: 0, firCount: 0, packetsLostIn: 0 };
  for (const stat of stats) {
    tally.packetsIn += stat.packetCount + Math.max(0, stat.packetsRetransmitted - stat.packetsRepaired);
    tally.nackCount += stat.nackCount;
    tally.pliCount += stat.pliCount;
    tally.firCount += stat.firCount;
    tally.packetsLostIn += stat.packetsLost;
  }
  return { tally, timestampMs: latest(stats) };
}

/**
 * Packets of a consumer as they went onto the wire. Upstream's `packetCount` (`RtpStreamSend.cpp`) has no
 * retransmissions, so they are added. A consumer's stats also list its producer's stream, which is not its own.
 */
export function consumerReading(
  stats: readonly (mediasoup.ConsumerStat | mediasoup.ProducerStat)[],
): Reading | null {
  const own = stats.filter((stat) => stat.type === 'outbound-rtp');
  if (own.length === 0) return null;
  const tally = { packetsOut: 0, nackCount: 0, pliCount: 0, firCount: 0, packetsRetransmittedOut: 0 };
  for (const stat of own) {
    tally.packetsOut += stat.packetCount + stat.packetsRetransmitted;
    tally.nackCount += stat.nackCount;
    tally.pliCount += stat.pliCount;
    tally.firCount += stat.firCount;
    tally.packetsRetransmittedOut += stat.packetsRetransmitted;
  }
  return { tally, timestampMs: latest(own) };
}

/** Bytes of a transport: RTP with its retransmissions and probes, and everything with control traffic. */
export function transportReading(
  stats: readonly (mediasoup.WebRtcTransportStat | mediasoup.PipeTransportStat)[],
): Reading | null {
  const [stat] = stats;
  if (stat === undefined) return null;
  return {
    tally: {
      bytesIn: stat.rtpBytesReceived + stat.rtxBytesReceived,
      bytesOut: stat.rtpBytesSent + stat.rtxBytesSent + stat.probationBytesSent,
      wireBytesIn: stat.bytesReceived,
      wireBytesOut: stat.bytesSent,
    },
    timestampMs: stat.timestamp,
  };
}
