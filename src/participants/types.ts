import type { EngineKind, MediaKind, MediaSource, ParticipantPlan } from '../scenario/plan-types.ts';
import type { RoomAccess } from '../targets/types.ts';

/**
 * Every number of a sample is cumulative since the track or participant began, read by the source itself at the
 * source's own time; whoever wants a rate divides by the difference of those times. Null means the source does
 * not report it. Names follow WebRTC getStats (https://www.w3.org/TR/webrtc-stats/).
 */
export interface TrackSample {
  /** Unique within the participant and stable over its life. */
  trackId: string;
  direction: 'up' | 'down';
  kind: MediaKind;
  source: MediaSource;
  /** As `opus`, `vp8`, `h264`. */
  codec: string | null;
  /** The SFU's name of the producer this track sends to or comes from; joins the two ends of a track. */
  producerId: string | null;
  consumerId: string | null;
  /** Who publishes it; for `up` the participant itself. */
  publisherId: string | null;
  /** Milliseconds on the source's clock at which these counters were read. */
  readAtMs: number;
  ssrc: number | null;
  /** RTP packets without retransmissions; for `up` summed over the simulcast layers. */
  packets: number;
  /** Bytes of RTP payload, without headers and padding. */
  payloadBytes: number;
  /** RTP headers and padding, without UDP and IP. */
  headerBytes: number | null;
  /** Packets sent or received as retransmissions (RTX or same SSRC). */
  retransmittedPackets: number | null;
  /** RFC 3550: expected minus received, after repair; may fall when late packets arrive. */
  packetsLost: number | null;
  /** Gaps seen before any retransmission filled them. */
  packetsLostBeforeRepair: number | null;
  packetsOutOfOrder: number | null;
  packetsDuplicated: number | null;
  /** RFC 3550, seconds in getStats, milliseconds here. */
  jitterMs: number | null;
  nackCount: number | null;
  pliCount: number | null;
  firCount: number | null;
  /** Frames sent, or fully received. */
  frames: number | null;
  keyFrames: number | null;
  framesDecoded: number | null;
  /** From asking for the track to its first frame, decoded or fully received; null before that, and for `up`. */
  firstFrameMs: number | null;
  /** Sound decoded from packets, without what was made up to hide their absence. */
  audioDecodedMs: number | null;
  freezeCount: number | null;
  totalFreezesDurationMs: number | null;
  frameWidth: number | null;
  frameHeight: number | null;
  /** Simulcast layer received, or highest sent; 0 is the lowest. */
  spatialLayer: number | null;
  layerSwitches: number | null;
  /** The participant itself asked the SFU not to send it for now: nothing to see is then no bad quality. */
  paused: boolean;
  /** Mean one-way delay through the SFU since the last sample; only where both ends share a clock. */
  oneWayDelayMs: number | null;
}

export interface ParticipantSample {
  participantId: string;
  /** Milliseconds on the source's clock. */
  readAtMs: number;
  /** From ICE checks or RTCP reports, the most recent. */
  roundTripTimeMs: number | null;
  /** Every datagram on the wire, control included, cumulative. */
  datagramsSent: number | null;
  datagramsReceived: number | null;
  /** Of those, the ones that are not RTP: ICE, DTLS and RTCP. */
  controlDatagramsSent: number | null;
  controlDatagramsReceived: number | null;
  dataMessagesSent: number | null;
  dataMessagesReceived: number | null;
  dataBytesSent: number | null;
  dataBytesReceived: number | null;
  availableOutgoingBitrateBps: number | null;
  tracks: TrackSample[];
}

/** Durations in milliseconds, each from the end of the step before it; null: it never came to that. */
export interface JoinSteps {
  /** Web socket open, room joined, transports created. */
  signallingMs: number | null;
  iceMs: number | null;
  dtlsMs: number | null;
  /** From the join's beginning to the first RTP packet received. */
  firstPacketMs: number | null;
  /** From the join's beginning to the first frame decoded (browser) or completely received (synthetic). */
  firstFrameMs: number | null;
}

/** What an engine tells about its participants as it happens; times on the caller's monotonic clock. */
export type ParticipantEvent =
  | {
      type: 'joined';
      participantId: string;
      bridgeId: string;
      /** 1 for the first join, higher after its bridge died or its connection was lost. */
      attempt: number;
      /** From when the join was begun to a connected transport. */
      joinMs: number;
      steps: JoinSteps;
    }
  | { type: 'steps'; participantId: string; attempt: number; steps: JoinSteps }
  | { type: 'failed'; participantId: string; attempt: number; reason: string }
  | { type: 'left'; participantId: string; reason: string }
  /** Asking the SFU to publish until it confirmed. */
  | { type: 'published'; participantId: string; source: MediaSource; attempt: number; durationMs: number }
  /** Asking for a track until its first packet arrived. */
  | {
      type: 'subscribed';
      participantId: string;
      producerId: string;
      source: MediaSource;
      attempt: number;
      durationMs: number;
    }
  | { type: 'engine-failed'; engine: EngineKind; reason: string; participantIds: string[] };

/** How the generator itself is doing; cumulative counters, at its own time. */
export interface GeneratorSample {
  /** `runner` is the process that drives the run: its main thread alone. */
  engine: EngineKind | 'runner';
  readAtMs: number;
  /** CPU seconds of every process of this engine. */
  cpuSeconds: number | null;
  rssBytes: number | null;
  /** Event-loop delay since the last sample: mean and maximum over the engine's threads. */
  eventLoopDelayMeanMs: number | null;
  eventLoopDelayMaxMs: number | null;
  /** Share of the time since the last sample that the busiest event loop was not idle, 0 to 1. */
  eventLoopUtilisationRatio: number | null;
  packetsScheduled: number | null;
  packetsSent: number | null;
  /** Sent more than 20 ms after they were due. */
  packetsSentLate: number | null;
  /** p99 of how late packets left, since the last sample. */
  lateSendP99Ms: number | null;
  /** Datagrams the kernel dropped because our own sockets were full. */
  socketDrops: number | null;
  /** What implements the packet loop, for the manifest: `native` or `typescript`; null for browsers. */
  packetLoop: 'native' | 'typescript' | null;
}

export interface EngineOptions {
  /** Called from the engine's own event loop; must not throw. */
  onEvent(event: ParticipantEvent): void;
  /** Asks the target for a way into the room; called for the first join and again after a loss. */
  access(participant: ParticipantPlan, attempt: number, signal: AbortSignal): Promise<RoomAccess>;
}

/**
 * A way to be a participant: `browser`, `synthetic`, or a fake in tests. An engine never reaches into the runner:
 * it could as well run on another machine. Real and fake pass one contract test.
 */
export interface Engine {
  readonly kind: EngineKind;
  /** Starts what is shared by its participants (a browser, worker threads). Throws environmentError. */
  start(signal: AbortSignal): Promise<void>;
  /** Begins one participant; resolves when it has joined or failed, which the events have told already. */
  join(participant: ParticipantPlan, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when it is gone, with a last reading taken as it left; null when it was in no room or could not be read.
   */
  leave(participantId: string): Promise<ParticipantSample | null>;
  /** One reading of every participant that is in a room. */
  sample(): Promise<ParticipantSample[]>;
  sampleGenerator(): Promise<GeneratorSample>;
  /** Versions for the manifest, e.g. `{ chromium: '156.0.8078.73' }`. */
  versions(): Record<string, string>;
  /** Leaves every room and ends every process and thread of this engine. Idempotent. */
  close(): Promise<void>;
}
