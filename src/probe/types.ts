import type { KernelLimits } from './kernel-limits.ts';
import type { TrafficShape } from './shapes.ts';

/** Payload rate of one audio session that `estimatedSessions` divides by: 50 packets of 100 bytes a second. */
export const DEFAULT_SESSION_BITRATE_BPS = 40_000;

/**
 * What one direction of a path carried. Rates count the UDP payload, as iperf does; what the source did not
 * tell is null, never 0.
 */
export interface ProbeTotals {
  /** Time over which the receiver counted; the sender's where the receiver is silent. */
  durationMs: number;
  sentPackets: number | null;
  sentBytes: number | null;
  offeredBitrateBps: number | null;
  offeredPacketRatePps: number | null;
  receivedPackets: number | null;
  receivedBytes: number | null;
  /** Delivered payload: the receiver's bytes, not the sender's. */
  throughputBps: number | null;
  packetRatePps: number | null;
  lostPackets: number | null;
  /** lost / (packets that the receiver should have got), 0 to 1. */
  lossRatio: number | null;
  /** Arrived with a lower sequence number than one before it (RFC 4737, section 3.3). */
  outOfOrderPackets: number | null;
  duplicatePackets: number | null;
  /** Interarrival jitter of RFC 3550, section 6.4.1: its mean over the packets, iperf's own figure for iperf. */
  jitterMs: number | null;
}

/** One reporting interval; rates are over its own two readings. */
export interface ProbeInterval extends Omit<ProbeTotals, 'durationMs'> {
  startMs: number;
  endMs: number;
}

/** CPU of one end while it sent or received, 1 = one core fully used. */
export interface ProbeCpu {
  senderRatio: number | null;
  receiverRatio: number | null;
}

/** Where packets were dropped on a host that could be read, counted over the probe. */
export interface DropAttribution {
  /** Of the receiving socket itself (`drops` in /proc/net/udp). */
  socketDrops: number | null;
  /** `RcvbufErrors` of the network namespace: every socket in it. */
  receiveBufferErrors: number | null;
  /** `SndbufErrors` of the sender's network namespace. */
  sendBufferErrors: number | null;
  /** A CPU's backlog was full (`softnet_stat`, column 2). */
  backlogDrops: number | null;
  /** Lost packets that none of the counters explains: the network between, or a host that cannot be read. */
  networkLost: number | null;
}

export type ProberName = 'builtin' | 'iperf3';

export interface ProbeSettings {
  shape: TrafficShape;
  flows: number;
  durationMs: number;
  /** Asked for; null leaves the kernel's default. */
  receiveBufferBytes: number | null;
  sendBufferBytes: number | null;
}

export interface GrantedBuffers {
  /** As the kernel grants it: twice what was asked, at most twice rmem_max (socket(7), SO_RCVBUF). */
  receiveBufferBytes: number | null;
  sendBufferBytes: number | null;
}

/** The document that `probe … --json` prints and `--out` saves. */
export interface ProbeResult {
  schemaVersion: 1;
  kind: 'udp-probe';
  /** A name for comparisons, e.g. `physical` or `container`. */
  label: string | null;
  createdAt: string;
  prober: ProberName | 'iperf2';
  proberVersion: string;
  /** `local`: both ends on this host; `imported`: read from a file of an earlier run. */
  mode: 'local' | 'remote' | 'imported';
  server: { host: string; port: number } | null;
  protocol: 'udp' | 'tcp';
  settings: {
    shape: string;
    sizeBytes: number | null;
    /** null: as fast as it can. */
    offeredPacketRatePps: number | null;
    flows: number | null;
    durationMs: number | null;
  };
  granted: GrantedBuffers;
  /** The kernel's settings on the receiving host; null where nobody tells. */
  receiverLimits: KernelLimits | null;
  total: ProbeTotals;
  /** The other direction of a bidirectional iperf run. */
  reverse: ProbeTotals | null;
  /** Payload rate plus 28 bytes a packet of IPv4 and UDP header. */
  ipBitrateBps: number | null;
  sessionBitrateBps: number;
  estimatedSessions: number | null;
  cpu: ProbeCpu;
  /** Share of the time in which this host's own send queue was full; null where the prober does not tell. */
  senderBlockedRatio: number | null;
  drops: DropAttribution | null;
  intervals: ProbeInterval[];
  findMax: FindMaxResult | null;
  warnings: string[];
}

export interface FindMaxTrial {
  repetition: number;
  offeredPacketRatePps: number | null;
  deliveredPacketRatePps: number;
  throughputBps: number;
  lossRatio: number;
  passed: boolean;
  /** Why it failed, or null. */
  reason: 'loss' | 'queue-growing' | 'sender-limited' | null;
}

/** RFC 2544, section 26.1: the highest rate at which the loss stays within the bound. */
export interface FindMaxResult {
  lossBoundRatio: number;
  repetitions: number;
  trialDurationMs: number;
  /** Medians over the repetitions. */
  maxPacketRatePps: number | null;
  maxThroughputBps: number | null;
  maxIpBitrateBps: number | null;
  /** (highest - lowest) / median of the repetitions. */
  spreadRatio: number | null;
  perRepetitionPps: number[];
  /** The sender gave out before the path did: the path carries at least this. */
  senderLimited: boolean;
  trials: FindMaxTrial[];
}

export interface ProbeRunOptions extends ProbeSettings {
  /** null: both ends on this host. */
  server: { host: string; port: number } | null;
  sessionBitrateBps: number;
  label: string | null;
  /** Reporting interval, default 1000; iperf3 keeps to a second. */
  intervalMs?: number;
  /** The built-in prober leaves time that it missed out instead of catching up in a burst. Default false. */
  skipsMissed?: boolean;
  onInterval?: (interval: ProbeInterval) => void;
  signal?: AbortSignal;
}

/** Two implementations: `builtin` needs nothing installed, `iperf3` drives the program of that name. */
export interface Prober {
  readonly name: ProberName;
  /** Runs one measurement. Throws RtcBenchError when the other end cannot be reached or refuses. */
  run(options: ProbeRunOptions): Promise<ProbeResult>;
}
