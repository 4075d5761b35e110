/** The system under test, behind one interface: embedded mediasoup, a running cluster, Janus and so on. */

/** Cumulative packet and byte counters of one traffic class; null where the SFU does not tell. */
export interface TrafficCounters {
  packetsIn: number | null;
  bytesIn: number | null;
  packetsOut: number | null;
  bytesOut: number | null;
}

/** One reading of one bridge, by the bridge itself at its own time. */
export interface BridgeSample {
  bridgeId: string;
  /** Monotonic milliseconds on the bridge's clock at which the counters were read. */
  readAtMs: number;
  /** RTP between this bridge and participants, by the SFU's own counters. */
  local: TrafficCounters;
  /** RTP between this bridge and other bridges. */
  relay: TrafficCounters;
  /** All bytes on the wire with control traffic (RTCP, ICE, DTLS), where the SFU tells. */
  wireBytesIn: number | null;
  wireBytesOut: number | null;
  /** CPU seconds of the process that forwards media, cumulative. */
  cpuSeconds: number | null;
  /** When `cpuSeconds` was read, same clock as `readAtMs`. */
  cpuReadAtMs: number | null;
  rssBytes: number | null;
  producers: number;
  consumers: number;
  rooms: number;
  participants: number;
  nackCount: number | null;
  pliCount: number | null;
  firCount: number | null;
  /** Receiver side loss that the SFU itself reports, cumulative. */
  packetsLostIn: number | null;
  packetsRetransmittedOut: number | null;
  /**
   * Datagrams that the kernel dropped because a receive buffer of the process that forwards media was full,
   * cumulative, all its sockets. Absent: the target does not look; null: it cannot be read.
   */
  socketDrops?: number | null;
  /** Of these, at sockets between bridges; null where they cannot be told apart. */
  relaySocketDrops?: number | null;
  /** How long the reading itself took; a slow reading makes a rate less sharp. */
  readDurationMs: number;
}

/**
 * One producer or consumer of a bridge as its last reading left it: what ties an SFU's streams to the tracks of
 * participants, and the two ends of a pipe to each other.
 */
export interface PadReading {
  bridgeId: string;
  transportId: string;
  /** The producer. */
  producerId: string;
  /** null: this is the producer itself, on the bridge that receives it. */
  consumerId: string | null;
  /** Between bridges. */
  internal: boolean;
  kind: 'audio' | 'video';
  /** null: its streams are told apart by other means, as simulcast layers are by their RID. */
  ssrc: number | null;
  /** UDP ports of a pipe's two ends; null elsewhere. */
  localPort: number | null;
  remotePort: number | null;
  /** Monotonic milliseconds on the worker's clock; null: nothing was read yet. */
  readAtMs: number | null;
  /** Received from, or sent to, the other end, with retransmissions. */
  packets: number | null;
  nackCount: number | null;
  pliCount: number | null;
  firCount: number | null;
  packetsLost: number | null;
  packetsRetransmitted: number | null;
  /** Of the connection that carries it, as the SFU measured it; absent where it tells none of these. */
  roundTripTimeMs?: number | null;
  iceState?: string | null;
  dtlsState?: string | null;
}

export interface BridgeInfo {
  bridgeId: string;
  /** e.g. `mediasoup 3.27.1` */
  software: string;
  /** Where its media is, for the kernel's counters; null when unknown. */
  mediaAddress: string | null;
  mediaPort: number | null;
  /** Process id of what forwards the media when it is on this host. */
  pid: number | null;
}

export type TargetEvent =
  | { type: 'bridge-up'; bridge: BridgeInfo }
  | { type: 'bridge-died'; bridgeId: string; reason: string }
  | { type: 'room-placed'; roomId: string; bridgeId: string; reason: 'first' | 'spread' | 'bridge-died' }
  /** Something that whoever reads the report should know. */
  | { type: 'notice'; code: string; message: string }
  | { type: 'target-lost'; reason: string };

/** A participant's way into a room; `protocol` says which client of the engines speaks to it. */
export type RoomAccess = ClusterRoomAccess | JanusRoomAccess;

interface RoomPlace {
  /** WebSocket address of the signalling. */
  url: string;
  /** The room as the target knows it. */
  roomName: string;
  /** The bridge it was placed on, where the target says so before the join. */
  bridgeId: string | null;
}

/** The address has everything the participant needs in it; see `src/cluster/signalling/`. */
export interface ClusterRoomAccess extends RoomPlace {
  protocol: 'rtc-bench-v1';
}

/** Janus's JSON API and its plugin `videoroom`; see `src/janus/`. */
export interface JanusRoomAccess extends RoomPlace {
  protocol: 'janus-videoroom';
  bridgeId: string;
  /** Janus's own name of the room: a number, or a text where its plugin is set to `string_ids`. */
  roomId: number | string;
  /** A session that is silent for longer than the server allows is ended by it. */
  keepAliveMs: number;
}

export interface AccessRequest {
  roomId: string;
  roomName: string;
  participantId: string;
  /** Index of the bridge that the scenario pins it to; null: the balancer chooses. */
  pinnedBridge: number | null;
}

export interface Target {
  readonly kind: string;
  /** Brings the system up or connects to it. Throws environmentError (exit 3). */
  start(signal: AbortSignal): Promise<void>;
  bridges(): readonly BridgeInfo[];
  access(request: AccessRequest, signal: AbortSignal): Promise<RoomAccess>;
  /** One reading of every living bridge. A bridge that does not answer in time is left out, not zero. */
  sampleBridges(): Promise<BridgeSample[]>;
  /** Every producer and consumer by itself, as the last reading of the bridges left it; where the target tells. */
  samplePads?(): Promise<PadReading[]>;
  /** What it does not offer, by metric name, for the report. */
  readonly notOffered: readonly string[];
  versions(): Record<string, string>;
  /** Ends what `start` started. Idempotent. */
  close(): Promise<void>;
}

export interface TargetOptions {
  onEvent(event: TargetEvent): void;
}
