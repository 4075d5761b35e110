import type { GateWindow } from '../../gates/types.ts';
import type { MetricName } from '../../metrics/catalogue.ts';
import type { Manifest, ParticipantSummary, TrafficByMedium } from '../../results/records.ts';
import type { SweptBuffers } from './buffers.ts';
import type { Observed } from './observed.ts';
import type { ProbedPath } from './probed.ts';
import type { RunHeadroom, SteadyLoad } from './steady-load.ts';

/** One value a reading; null where there was none. Same length as the times it belongs to. */
export type Values = (number | null)[];

export interface StageBand {
  name: string;
  startMs: number;
  endMs: number;
  steady: boolean;
}

export interface BridgeSeries {
  id: string;
  tMs: number[];
  stress: Values;
  /** Local traffic only. */
  packetRateInPps: Values;
  packetRateOutPps: Values;
  /** In and out, between bridges. */
  relayPacketRatePps: Values;
  packetRatePps: Values;
  consumers: Values;
  cpuRatio: Values;
  memoryBytes: Values;
  /** In the interval, at all its sockets. */
  socketDrops: Values;
}

export interface QuantileSeries {
  p50: Values;
  p95: Values;
  max: Values;
  p5: Values;
  min: Values;
}

/** Everybody's quality over time. */
export interface QualitySeries {
  tMs: number[];
  joined: Values;
  target: Values;
  failed: Values;
  rttMs: QuantileSeries;
  lossRatio: QuantileSeries;
  jitterMs: QuantileSeries;
  framesPerSecond: QuantileSeries;
  oneWayDelayMs: QuantileSeries;
  packetRateUpPps: Values;
  packetRateDownPps: Values;
}

export interface HostSeries {
  tMs: number[];
  cpuRatio: Values;
  stealRatio: Values;
  udpReceiveBufferErrors: Values;
}

export interface GeneratorSeries {
  engine: string;
  tMs: number[];
  cpuRatio: Values;
  eventLoopDelayMaxMs: Values;
  lateSendRatio: Values;
}

/** A metric's distribution in one line; `which` names the part of it, or is empty for all of it. */
export interface PercentileRow {
  metric: MetricName;
  unit: string;
  which: string;
  samples: number;
  min: number | null;
  mean: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface RoomRow {
  id: string;
  /** As the scenario wrote it: untrusted text. */
  name: string;
  bridges: string[];
  participants: number;
  rttP95Ms: number | null;
  lossRatioMean: number | null;
  jitterP95Ms: number | null;
  framesPerSecondMean: number | null;
  freezeRatioMean: number | null;
}

/** What one kind of endpoint received of another in one medium; null: not reported, or nothing came. */
export interface PairMedia {
  /** Its participants published some. */
  sent: boolean;
  codecs: string[];
  packetRatePps: number | null;
  /**
   * Decoded by a browser, completely received by a synthetic participant. Video only: of cameras, of screens where no
   * camera was received.
   */
  framesPerSecond: number | null;
  /** Audio only. */
  audioDecodedRatio: number | null;
  lossRatio: number | null;
  /** Median over the tracks (mean of a few), from asking for one to its first frame. Video only. */
  firstFrameMs: number | null;
}

/** One cell of the matrix of endpoints. */
export interface Pair {
  sender: string;
  receiver: string;
  /** Pairs of two participants of one room, and of them those of whom both came in. */
  planned: number;
  joined: number;
  /** Some of the receiving participants, the worst first. */
  receivers: string[];
  audio: PairMedia;
  video: PairMedia;
}

export interface Pairs {
  kinds: string[];
  /** A row of senders after the other. */
  cells: Pair[];
  /** Statistics that a kind of endpoint never told. */
  notReported: { kind: string; notReported: string[] }[];
}

export interface EventRow {
  tMs: number;
  level: 'info' | 'warning' | 'error';
  text: string;
}

export interface Traffic {
  up: TrafficByMedium;
  down: TrafficByMedium;
}

/** Everything that any output shows, from one folder. */
export interface RunReport {
  dir: string;
  manifest: Manifest;
  died: boolean;
  /** What could not be read, and what the run itself warned of. */
  warnings: string[];
  durationMs: number;
  /** What percentiles and tables are over: the steady window, or all of a run that never came to it. */
  window: GateWindow;
  stages: StageBand[];
  bridges: BridgeSeries[];
  quality: QualitySeries;
  host: HostSeries;
  generators: GeneratorSeries[];
  percentiles: PercentileRow[];
  /** Worst first. */
  rooms: RoomRow[];
  /** Worst first. */
  participants: ParticipantSummary[];
  traffic: Traffic;
  /** null when all participants were of one kind. */
  pairs: Pairs | null;
  /** What bridges carried in the steady window. */
  steadyLoads: SteadyLoad[];
  /** null without a maximum packet rate or a steady window. */
  headroom: RunHeadroom | null;
  /** null when no observer watched, as in a run that was killed. */
  observed: Observed | null;
  /** null when the scenario did not ask for a probe. */
  probe: ProbedPath | null;
  /** null when nobody put a sweep into the folder. */
  buffers: SweptBuffers | null;
  /** Reasons for which joins failed, most frequent first. */
  failures: { reason: string; count: number }[];
  events: EventRow[];
  /** Events beyond those kept. */
  eventsLeftOut: number;
}
