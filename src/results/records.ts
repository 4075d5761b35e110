import type { MetricLabels, MetricName } from '../metrics/catalogue.ts';
import type { JoinSteps } from '../participants/types.ts';
import type { StagePlan } from '../scenario/plan-types.ts';
import type { DistributionData } from '../stats/distribution.ts';

/**
 * The lines of `timeline.ndjson`. Each has `tMs`, milliseconds since the run's origin on its monotonic clock. The
 * file is only ever appended to, so a run that died is readable up to its last whole line.
 */
export type TimelineRecord = { tMs: number } & (
  | { type: 'run-started'; startedAt: string; planned: number; durationMs: number; stages: StagePlan[] }
  | { type: 'stage-started'; stage: string; steady: boolean }
  | {
      type: 'participant-joined';
      participantId: string;
      roomId: string;
      bridgeId: string;
      engine: string;
      endpoint?: string;
      attempt: number;
      /** Milliseconds after its due time that the join was begun: the generator's own lateness. */
      startLagMs: number;
      /** From when it was due. */
      joinMs: number;
      steps: JoinSteps;
    }
  | {
      type: 'participant-failed';
      participantId: string;
      roomId: string;
      engine: string;
      endpoint?: string;
      attempt: number;
      reason: string;
    }
  /** Steps that came after the join: first packet, first frame. */
  | { type: 'participant-steps'; participantId: string; steps: JoinSteps }
  /** Asking to publish until it was confirmed. */
  | { type: 'track-published'; participantId: string; source: string; attempt: number; durationMs: number }
  /** Asking for a track until its first packet. */
  | {
      type: 'track-subscribed';
      participantId: string;
      producerId: string;
      source: string;
      attempt: number;
      durationMs: number;
    }
  | { type: 'participant-left'; participantId: string; reason: string }
  | { type: 'participant-summary'; summary: ParticipantSummary }
  | { type: 'bridge'; sample: BridgeRow }
  | { type: 'host'; sample: HostRow }
  | { type: 'generator'; sample: GeneratorRow }
  | { type: 'quality'; sample: QualityRow }
  | { type: 'room-placed'; roomId: string; bridgeId: string; reason: string }
  | { type: 'bridge-up'; bridgeId: string; software: string }
  | { type: 'bridge-died'; bridgeId: string; reason: string }
  | { type: 'warning'; code: string; message: string }
  | { type: 'gate'; expression: string; outcome: GateOutcome; value: number | null }
  | { type: 'calibration-step'; step: CalibrationStepRecord }
  /** Before anybody joined; all that the probe measured is in `probe.json`. */
  | {
      type: 'path-probed';
      prober: string;
      /** UDP payload of a datagram. */
      sizeBytes: number | null;
      /** UDP payload one way: the highest that the path carried, or what was delivered at a fixed rate. */
      bitrateBps: number | null;
      packetRatePps: number | null;
      lossRatio: number | null;
      jitterMs: number | null;
    }
  | { type: 'run-ended'; status: RunStatus; reason: string | null }
);

/** What one step of a calibration came to; its measurements are in `capacity.json`. */
export interface CalibrationStepRecord {
  repeat: number;
  phase: string;
  load: number;
  verdict: 'holds' | 'breaks' | 'saturated';
  reason: string | null;
}

export type RunStatus = 'running' | 'completed' | 'interrupted' | 'failed';
export type Verdict = 'pass' | 'fail' | 'inconclusive';
export type GateOutcome = 'passed' | 'failed' | 'inconclusive';

/** A row of `bridges.csv`: rates over the bridge's own reading interval. */
export interface BridgeRow {
  bridgeId: string;
  stage: string;
  steady: boolean;
  intervalMs: number;
  packetRateInPps: number;
  packetRateOutPps: number;
  relayPacketRateInPps: number;
  relayPacketRateOutPps: number;
  /** In and out, local and relay: what stress is made of. */
  packetRatePps: number;
  /** RTP, local and between bridges. */
  bitrateInBps: number | null;
  bitrateOutBps: number | null;
  /** Of these, between bridges. */
  relayBitrateInBps: number | null;
  relayBitrateOutBps: number | null;
  maxPacketRatePps: number | null;
  stress: number | null;
  cpuRatio: number | null;
  memoryBytes: number | null;
  producers: number;
  consumers: number;
  rooms: number;
  participants: number;
  nackRatePps: number | null;
  pliRatePps: number | null;
  /** Datagrams that the kernel dropped in the interval because a socket of the bridge was full. */
  socketDrops?: number | null;
  /** Of these, at sockets between bridges. */
  relaySocketDrops?: number | null;
  /** Cumulative counters as the SFU gave them, so that anyone can do the division again. */
  packetsIn: number;
  packetsOut: number;
  relayPacketsIn: number;
  relayPacketsOut: number;
  readAtMs: number;
}

export interface HostRow {
  cpuRatio: number | null;
  stealRatio: number | null;
  memoryAvailableBytes: number;
  udpDatagramsInPps: number | null;
  udpDatagramsOutPps: number | null;
  udpReceiveBufferErrors: number | null;
  udpSendBufferErrors: number | null;
  softnetDropped: number | null;
}

export interface GeneratorRow {
  /** `runner` is this process itself. */
  engine: string;
  cpuRatio: number | null;
  memoryBytes: number | null;
  eventLoopDelayMaxMs: number | null;
  eventLoopUtilisationRatio: number | null;
  packetsScheduled: number | null;
  packetsSent: number | null;
  lateSendRatio: number | null;
  lateSendP99Ms: number | null;
  socketDrops: number | null;
}

/** One second of everybody's quality, so that charts need no per-track rows. */
export interface QualityRow {
  joined: number;
  target: number;
  failed: number;
  rttMs: QuantileRow | null;
  lossRatio: QuantileRow | null;
  jitterMs: QuantileRow | null;
  framesPerSecond: QuantileRow | null;
  /** Through the SFU; only where both ends share a clock. */
  oneWayDelayMs?: QuantileRow | null;
  /** Packets that participants sent and received in the interval, to hold beside the bridges'. */
  packetRateUpPps: number;
  packetRateDownPps: number;
  controlDatagramRatePps: number | null;
}

/** Over the tracks or participants of that second; null where there are too few. */
export interface QuantileRow {
  samples: number;
  p50: number | null;
  p95: number | null;
  max: number;
  /** The low end, for what is worse the lower it is. */
  p5?: number | null;
  min?: number | null;
}

/** LiveKit's traffic load: up and down by medium. */
export interface TrafficLoad {
  packets: number;
  bytes: number;
}
export type TrafficByMedium = Record<'audio' | 'video' | 'data', TrafficLoad>;

/** One participant over its whole stay; written when it leaves or the run ends. */
export interface ParticipantSummary {
  participantId: string;
  group: string;
  roomId: string;
  bridgeId: string | null;
  engine: string;
  /** What kind of endpoint it is; absent in records of versions that did not tell. */
  endpoint?: string;
  joinedAtMs: number | null;
  leftAtMs: number | null;
  attempts: number;
  joinMs: number | null;
  rttMsMean: number | null;
  lossRatio: number | null;
  jitterMsMax: number | null;
  framesPerSecondMean: number | null;
  freezeRatio: number | null;
  up: TrafficByMedium;
  down: TrafficByMedium;
}

/** A row of `participants.csv`. */
export interface ParticipantRow {
  participantId: string;
  group: string;
  roomId: string;
  bridgeId: string | null;
  engine: string;
  endpoint: string;
  stage: string;
  steady: boolean;
  intervalMs: number;
  rttMs: number | null;
  up: TrafficByMedium;
  down: TrafficByMedium;
  tracksUp: number;
  tracksDown: number;
  controlDatagramsSent: number | null;
  controlDatagramsReceived: number | null;
  availableOutgoingBitrateBps: number | null;
}

/** A row of `tracks.csv`: rates and ratios over the track's own reading interval. */
export interface TrackRow {
  participantId: string;
  roomId: string;
  bridgeId: string | null;
  engine: string;
  endpoint: string;
  trackId: string;
  direction: 'up' | 'down';
  kind: string;
  source: string;
  codec: string | null;
  publisherId: string | null;
  producerId: string | null;
  consumerId: string | null;
  stage: string;
  steady: boolean;
  intervalMs: number;
  packetRatePps: number;
  bitrateBps: number;
  packets: number;
  payloadBytes: number;
  retransmittedPackets: number | null;
  packetsLost: number | null;
  lossRatio: number | null;
  lossBeforeRepairRatio: number | null;
  outOfOrderRatio: number | null;
  packetsDuplicated: number | null;
  jitterMs: number | null;
  framesPerSecond: number | null;
  /** Sound decoded from packets, over time. */
  audioDecodedRatio: number | null;
  firstFrameMs: number | null;
  freezeRatio: number | null;
  freezeCount: number | null;
  frameWidth: number | null;
  frameHeight: number | null;
  spatialLayer: number | null;
  layerSwitches: number | null;
  nackCount: number | null;
  pliCount: number | null;
  firCount: number | null;
  oneWayDelayMs: number | null;
}

/**
 * A line of `distributions.ndjson`: what was observed of one metric and label set in one window. Windows never
 * cross a stage boundary, so the steady window is a choice of lines. Labels come in two families: with `room`
 * and without, never both for one question, so nothing is counted twice.
 */
export interface DistributionRecord {
  metric: MetricName;
  labels: MetricLabels;
  stage: string;
  steady: boolean;
  startMs: number;
  endMs: number;
  data: DistributionData;
}

export interface WindowStats {
  mean: number | null;
  p95: number | null;
  max: number | null;
}

export interface GateResult {
  expression: string;
  /** `warn` never changes the verdict. */
  level: 'warn' | 'error';
  value: number | null;
  samples: number;
  outcome: GateOutcome;
  /** Why it is inconclusive. */
  note: string | null;
  /** Where the scenario says it, from 1; absent for an implied gate or one from a flag. */
  line?: number;
  column?: number;
}

export interface TrustReason {
  code: string;
  message: string;
  /** The measured value and the bound it passed. */
  value: number | null;
  bound: number | null;
}

export interface TrustVerdict {
  verdict: 'trusted' | 'suspect' | 'saturated';
  reasons: TrustReason[];
}

export interface BridgeSummary {
  id: string;
  software: string;
  maxPacketRatePps: number | null;
  /** `scenario`, `default`, or the path of a capacity file. */
  maxPacketRateSource: string | null;
  packetRatePps: WindowStats;
  relayPacketRatePps: WindowStats;
  stress: WindowStats;
  cpuRatio: WindowStats;
  /** Where this bridge ended, if it did not live to the end. */
  diedAtMs: number | null;
}

/** Packets counted at both ends and by the kernel, over the steady window. */
export interface PacketAccounting {
  windowMs: number;
  /** SFU's counters, local traffic only: in is what participants sent, out what they received. */
  bridgesIn: number;
  bridgesOut: number;
  participantsSent: number | null;
  participantsReceived: number | null;
  /** (participants - bridges) / bridges */
  differenceUpRatio: number | null;
  differenceDownRatio: number | null;
  relayPackets: number;
  /** ICE, DTLS and RTCP datagrams that participants counted, both directions. */
  controlDatagrams: number | null;
  /** Datagrams that the kernel sent in this network namespace. */
  kernelDatagramsOut: number | null;
  /** (RTP of all bridges + control - kernel) / kernel */
  kernelDifferenceRatio: number | null;
}

/**
 * What the kernel of this host dropped over the steady window, and whose receive buffer was full. What is not told
 * is null. In a folder of before this was recorded it is absent.
 */
export interface KernelDrops {
  bridges: {
    bridgeId: string;
    /** At all its sockets. */
    socketDrops: number | null;
    /** Of these, between bridges. */
    relaySocketDrops: number | null;
  }[];
  /** At the sockets of synthetic participants. */
  generatorSocketDrops: number | null;
  /** `RcvbufErrors` less those above: browsers' sockets and other programs'. */
  otherSocketDrops: number | null;
  /** `RcvbufErrors`: every socket of the network namespace. */
  receiveBufferErrors: number | null;
  /** `SndbufErrors`, likewise. */
  sendBufferErrors: number | null;
  /** `softnet_stat`: a CPU's queue before the sockets was full. */
  backlogDrops: number | null;
}

export interface Sampling {
  intervalMs: number;
  /** Of `tracks.csv` and `participants.csv`: longer than `intervalMs` when there are too many to write them all. */
  trackRowIntervalMs: number;
  participantRowIntervalMs: number;
  /** The longest that a line of `distributions.ndjson` covers; lines by room may cover several of these. */
  distributionWindowMs?: number;
}

/** `manifest.json`: the answer of a run. Written at its start, replaced whole at its end. */
export interface Manifest {
  schemaVersion: 1;
  tool: { version: string };
  scenario: { name: string; sha256: string; path: string | null };
  /** The command that repeats the run. */
  command: string[];
  startedAt: string;
  endedAt: string | null;
  status: RunStatus;
  statusReason: string | null;
  verdict: Verdict | null;
  exitCode: number | null;
  seed: number;
  steadyWindow: { startMs: number; endMs: number } | null;
  target: { kind: string; notOffered: string[] };
  participants: { planned: number; joined: number; failed: number };
  /** The kinds of endpoint that took part, and the statistics that each does not report. */
  endpoints?: { kind: string; notReported: string[] }[];
  /** Names of the rooms by id, as the scenario wrote them: untrusted text. */
  rooms?: Record<string, string>;
  bridges: BridgeSummary[];
  gates: GateResult[];
  trust: TrustVerdict | null;
  accounting: PacketAccounting | null;
  kernelDrops?: KernelDrops | null;
  sampling: Sampling;
  host: Record<string, string | number | null>;
  versions: Record<string, string>;
  warnings: string[];
  files: string[];
}
