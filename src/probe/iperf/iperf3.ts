import type { ProbeTotals } from '../types.ts';
import { intervalsOf } from './iperf3-intervals.ts';
import { type Iperf3Document, type Iperf3Sum, iperf3Schema } from './iperf3-schema.ts';
import { documentOf } from './iperf3-stream.ts';
import { type IperfRun, iperfFailed, iperfUnreadable, perSecond, UNKNOWN_TOTALS } from './run.ts';

/**
 * Reads iperf3's JSON, of a client or a server, of `-J` or `--json-stream`, versions 3.0 to 3.22.
 * Throws RTCB_IPERF_FAILED (exit 3) for a run that failed, whatever exit code iperf3 gave it, and
 * RTCB_IPERF_UNREADABLE (exit 2) for a text that ends too early to tell.
 */
export function parseIperf3(text: string): IperfRun {
  const warnings: string[] = [];
  const parsed = iperf3Schema.safeParse(documentOf(text, warnings));
  if (!parsed.success) throw iperfUnreadable('its JSON has neither `start` nor `end`');
  const document = parsed.data;
  const { start, end } = document;
  const test = start?.test_start;
  const fromServer = start?.connecting_to == null && start?.accepted_connection != null;
  const { total, reverse } = directionsOf(document, fromServer);
  const nothingReceived = total.throughputBps === null && reverse?.throughputBps == null;
  if (document.error != null) {
    if (nothingReceived) throw iperfFailed(document.error);
    warnings.push(`iperf3 reported an error: ${document.error}; the numbers are those up to it`);
  } else if (nothingReceived && total.sentPackets === null) {
    throw iperfFailed('it ended without a result (iperf3 before 3.10 tells the reason on stderr only)');
  }
  const flows = test?.num_streams ?? null;
  const perStreamBps = test?.target_bitrate ?? null;
  const remote = start?.connecting_to;
  return {
    tool: 'iperf3',
    version: (start?.version ?? 'unknown').replace(/^iperf /, ''),
    protocol: (test?.protocol ?? 'UDP').toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    startedAtMs: start?.timestamp?.timesecs == null ? null : start.timestamp.timesecs * 1000,
    server: remote == null ? null : { host: remote.host, port: remote.port },
    sizeBytes: test?.blksize ?? null,
    // -b is per stream, and 0 is unlimited.
    targetBitrateBps: perStreamBps !== null && perStreamBps > 0 ? perStreamBps * (flows ?? 1) : null,
    flows,
    durationMs: test?.duration == null ? null : test.duration * 1000,
    granted: {
      receiveBufferBytes: start?.rcvbuf_actual ?? null,
      sendBufferBytes: start?.sndbuf_actual ?? null,
    },
    total,
    reverse,
    intervals: intervalsOf(document),
    cpu: cpuOf(end?.cpu_utilization_percent, (test?.reverse === 1) !== fromServer),
    warnings,
  };
}

/** iperf3 says who was host and who remote; who of them sent depends on -R and on whose output it is. */
function cpuOf(
  cpu:
    | { host_total?: number | null | undefined; remote_total?: number | null | undefined }
    | null
    | undefined,
  hostReceived: boolean,
): IperfRun['cpu'] {
  // A server writes 0 for a remote end that it knows nothing of; a real end is never at exactly 0.
  const ratio = (percent: number | null | undefined) =>
    percent == null || percent === 0 ? null : percent / 100;
  const host = ratio(cpu?.host_total);
  const remote = ratio(cpu?.remote_total);
  return hostReceived
    ? { senderRatio: remote, receiverRatio: host }
    : { senderRatio: host, receiverRatio: remote };
}

function directionsOf(
  { start, end, error }: Iperf3Document,
  fromServer: boolean,
): { total: ProbeTotals; reverse: ProbeTotals | null } {
  if (end == null) return { total: UNKNOWN_TOTALS, reverse: null };
  const streams = (end.streams ?? []).flatMap(({ udp }) => (udp == null ? [] : [udp]));
  const senders = streams.filter(({ sender }) => sender === true);
  const receivers = streams.filter(({ sender }) => sender !== true);
  const isBidirectional =
    end.sum_bidir_reverse != null ||
    start?.test_start?.bidir === 1 ||
    (senders.length > 0 && receivers.length > 0);
  // On a client's own sending streams lost_packets is what the server told; on a server's, nothing is.
  const [first, second] = fromServer ? [receivers, senders] : [senders, receivers];
  const context = { fromServer, failed: error != null, blockBytes: start?.test_start?.blksize ?? 0 };
  if (!isBidirectional)
    return { total: direction(end.sum_sent, end.sum_received, end.sum, streams, context), reverse: null };
  return {
    // Before 3.10 `sum` mixes both directions: only the streams can be trusted.
    total: direction(end.sum_sent, end.sum_received, null, first, context),
    reverse: direction(end.sum_sent_bidir_reverse, end.sum_received_bidir_reverse, null, second, context),
  };
}

interface Circumstances {
  fromServer: boolean;
  failed: boolean;
  /** Payload of each packet: a receiver before 3.10 gives no bytes of its own. */
  blockBytes: number;
}

interface Side {
  packets: number | null;
  bytes: number | null;
  seconds: number | null;
}

const NOBODY: Side = { packets: null, bytes: null, seconds: null };

/** A sum of all zeros is a side that said nothing. */
function sideOf(sum: Iperf3Sum | null | undefined): Side {
  if (sum == null || ((sum.packets ?? 0) === 0 && (sum.bytes ?? 0) === 0)) return NOBODY;
  return { packets: sum.packets ?? null, bytes: sum.bytes ?? null, seconds: sum.seconds ?? sum.end ?? null };
}

function total(streams: readonly Iperf3Sum[], field: 'packets' | 'bytes' | 'lost_packets' | 'out_of_order') {
  return streams.length === 0 || streams.every((stream) => stream[field] == null)
    ? null
    : streams.reduce((sum, stream) => sum + (stream[field] ?? 0), 0);
}

/** One direction from whatever this version gives: both sums, one of them, or only the streams. */
function direction(
  sentSum: Iperf3Sum | null | undefined,
  receivedSum: Iperf3Sum | null | undefined,
  onlySum: Iperf3Sum | null | undefined,
  streams: readonly Iperf3Sum[],
  { fromServer, failed, blockBytes }: Circumstances,
): ProbeTotals {
  const ownSide = streams.every(({ sender }) => sender === true) && onlySum?.sender !== false;
  const legacy = sentSum == null && receivedSum == null;
  const packets = total(streams, 'packets') ?? onlySum?.packets ?? null;
  const bytes = total(streams, 'bytes') ?? onlySum?.bytes ?? null;
  const seconds = streams[0]?.seconds ?? onlySum?.seconds ?? null;
  const sent = legacy ? (ownSide ? { packets, bytes, seconds } : NOBODY) : sideOf(sentSum);
  // Without a sum of the receiver's own, a sender's lost_packets is the receiver's word, where there was one.
  const received = legacy
    ? ownSide && (fromServer || failed)
      ? NOBODY
      : { packets, bytes, seconds }
    : sideOf(receivedSum);
  const expected = received.packets;
  const told = legacy ? (total(streams, 'lost_packets') ?? onlySum?.lost_packets) : receivedSum?.lost_packets;
  // iperf3 takes late packets off the count again and may go below zero.
  const lost = expected === null || told == null ? null : Math.min(expected, Math.max(0, told));
  const arrived = expected === null || lost === null ? null : expected - lost;
  const receivedBytes = legacy && arrived !== null ? arrived * blockBytes : received.bytes;
  const duration = received.seconds ?? sent.seconds ?? 0;
  const jitter = (legacy ? onlySum : receivedSum)?.jitter_ms ?? meanJitter(streams);
  return {
    durationMs: duration * 1000,
    sentPackets: sent.packets,
    sentBytes: sent.bytes,
    offeredBitrateBps: perSecond(sent.bytes === null ? null : sent.bytes * 8, sent.seconds),
    offeredPacketRatePps: perSecond(sent.packets, sent.seconds),
    receivedPackets: arrived,
    receivedBytes,
    throughputBps: perSecond(receivedBytes === null ? null : receivedBytes * 8, received.seconds),
    packetRatePps: perSecond(arrived, received.seconds),
    lostPackets: lost,
    lossRatio: lost === null || expected === null || expected === 0 ? null : lost / expected,
    outOfOrderPackets: expected === null ? null : total(streams, 'out_of_order'),
    duplicatePackets: null,
    jitterMs: expected === null ? null : jitter,
  };
}

function meanJitter(streams: readonly Iperf3Sum[]): number | null {
  const values = streams.flatMap(({ jitter_ms }) => (jitter_ms == null ? [] : [jitter_ms]));
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}
