/**
 * What the planner makes of a scenario: who joins which room, when, and what they do there. Plain data, so that
 * `plan` can print it, the runner can execute it and a test can compare it.
 */

export type EngineKind = 'browser' | 'synthetic';
/** `edge` only on a grid. */
export type BrowserName = 'chromium' | 'firefox' | 'edge';
export type MediaKind = 'audio' | 'video';
/** Where a track comes from. `screen` is video with long still phases and bursts. */
export type MediaSource = 'microphone' | 'camera' | 'screen';

export type VideoCodec = 'vp8' | 'h264';

export interface AudioPublication {
  /** `speech` follows ITU-T P.59 talk spurts with DTX; `continuous` never falls silent. */
  pattern: 'speech' | 'continuous';
}

export interface VideoPublication {
  codec: VideoCodec;
  /** Height of the highest layer in lines. */
  heightPixels: 180 | 360 | 720;
  framesPerSecond: number;
  /** Three layers (or as many as the height allows) sent side by side. */
  simulcast: boolean;
  /** Of all layers together; absent: what an encoder spends on them. */
  bitrateBps?: number;
}

export interface ScreenPublication {
  framesPerSecond: number;
  /** Seconds between two bursts, as when a slide changes. */
  peakIntervalS: number;
}

/** null: that source is not published. */
export interface Publications {
  audio: AudioPublication | null;
  video: VideoPublication | null;
  screen: ScreenPublication | null;
}

/** `all`: every producer of the room; a number: the last N active speakers' video (audio is not limited). */
export type VideoSubscription = 'all' | 'none' | number;

export interface Subscriptions {
  audio: 'all' | 'none';
  video: VideoSubscription;
  /** Highest simulcast layer asked for, 0 to 2; null leaves it to the SFU's bandwidth estimate. */
  preferredSpatialLayer: number | null;
}

export interface ParticipantPlan {
  /** Unique within the run, e.g. `p0001`. Safe in file names. */
  id: string;
  /** Name of the scenario's participant group that it came from. */
  group: string;
  /** Refers to a `RoomPlan`. */
  roomId: string;
  engine: EngineKind;
  /** Which browser, with the engine `browser`. */
  browser?: BrowserName;
  /** Milliseconds after the run's origin at which the join is due. */
  joinAtMs: number;
  /** When it is due to leave; null: it stays to the end. */
  leaveAtMs: number | null;
  publish: Publications;
  subscribe: Subscriptions;
  /** Bridge that the scenario pins it to, by index from 0; null: the balancer chooses. */
  pinnedBridge: number | null;
}

export interface RoomPlan {
  /** Unique within the run, e.g. `r001`. Safe in file names; what is sent to the target is `name`. */
  id: string;
  /** As the scenario wrote it: untrusted text. */
  name: string;
  pinnedBridge: number | null;
}

export type StageKind = 'warm-up' | 'ramp' | 'steps' | 'hold' | 'ramp-down';

export interface StagePlan {
  name: string;
  kind: StageKind;
  startMs: number;
  endMs: number;
  /** Judged by gates unless they say otherwise. */
  steady: boolean;
  /** Participants that should be in a room at its end. */
  participantsAtEnd: number;
}

export interface ExpectedBridgeLoad {
  /** Index from 0, as the planner's own spread would place it. */
  bridge: number;
  participants: number;
  packetRateInPps: number;
  packetRateOutPps: number;
  relayPacketRatePps: number;
}

export interface RunPlan {
  scenarioName: string;
  seed: number;
  rooms: RoomPlan[];
  /** In order of `joinAtMs`. */
  participants: ParticipantPlan[];
  stages: StagePlan[];
  durationMs: number;
  expected: ExpectedBridgeLoad[];
}
