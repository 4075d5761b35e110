import type { Traffic } from './traffic.ts';

export type MediaKind = 'audio' | 'video';
export type Direction = 'inbound' | 'outbound';

/** Where samples come from: the two names in the address that they are sent to, and the connection. */
export interface SampleSource {
  readonly serviceId: string;
  readonly mediaUnitId: string;
  /** One web socket; null for single requests and for a run's own participants. */
  readonly connectionId: string | null;
}

/** What every entity remembers of when it was last heard of. */
export interface Seen {
  /** Server time in milliseconds; idle expiry counts from here. */
  touchedMs: number;
  /** The sender's own time of its last sample. */
  sampleMs: number;
}

export interface Track extends Seen {
  readonly trackId: string;
  readonly kind: MediaKind;
  readonly direction: Direction;
  readonly peerConnection: PeerConnection;
  /** Simulcast layers of one track each have one. */
  readonly ssrcs: number[];
  sfuStreamId: string | null;
  sfuSinkId: string | null;
  /** Whether the other end was ever found; of inbound tracks only. */
  matched: boolean;
  /** Bytes by SSRC at the last reading. */
  readonly bytesBySsrc: Map<number, number>;
}

export interface PeerConnection extends Seen {
  readonly peerConnectionId: string;
  readonly client: Client;
  label: string | null;
  readonly tracks: Map<string, Track>;
  /** Bytes of its data channels at the last reading, by channel and direction. */
  readonly dataBytes: Map<string, number>;
}

/** Timestamps and sequence numbers of a client's latest samples, to know one that arrives twice. */
export interface RecentSamples {
  readonly timestamps: number[];
  readonly sequence: number[];
  /** Where the next one goes once the lists are full. */
  next: number;
}

export interface Client extends Seen {
  readonly clientId: string;
  readonly call: Call;
  readonly joinedMs: number;
  userId: string | null;
  mediaUnitId: string;
  marker: string | null;
  timeZoneId: string | null;
  /** The connection that its last sample came through: only that one's end can end the client. */
  connectionId: string | null;
  readonly peerConnections: Map<string, PeerConnection>;
  readonly traffic: Traffic;
  readonly recentSamples: RecentSamples;
}

export interface Call {
  readonly callId: string;
  readonly room: Room;
  readonly startedMs: number;
  /** Server time; see `Seen`. */
  touchedMs: number;
  /** When its end was told: a call can be replaced while samples of its clients still arrive. */
  endedMs: number | null;
  readonly clients: Map<string, Client>;
  readonly outboundBySsrc: Map<number, Set<Track>>;
}

export interface Room {
  readonly roomId: string;
  readonly service: Service;
  readonly calls: Map<string, Call>;
  current: Call | null;
}

export interface SfuTransport extends Seen {
  readonly transportId: string;
  readonly sfu: Sfu;
  internal: boolean;
  localPort: number | null;
  remotePort: number | null;
  /** The call of the first pad on it that was tied to one. */
  callId: string | null;
  roomId: string | null;
}

export interface Pad extends Seen {
  readonly padId: string;
  readonly direction: Direction;
  readonly sfu: Sfu;
  readonly transportId: string;
  readonly streamId: string;
  /** null for inbound pads. */
  readonly sinkId: string | null;
  readonly ssrc: number;
  internal: boolean;
  matched: boolean;
}

export interface SctpStream extends Seen {
  readonly streamId: string;
  readonly transportId: string;
}

export interface Sfu extends Seen {
  readonly sfuId: string;
  readonly service: Service;
  mediaUnitId: string;
  marker: string | null;
  readonly transports: Map<string, SfuTransport>;
  readonly inboundPads: Map<string, Pad>;
  readonly outboundPads: Map<string, Pad>;
  readonly sctpStreams: Map<string, SctpStream>;
}

export interface Service {
  readonly serviceId: string;
  readonly rooms: Map<string, Room>;
  readonly sfus: Map<string, Sfu>;
  /** Outbound tracks by the SFU's name of the stream they feed (mediasoup: the producer). */
  readonly streams: Map<string, Track>;
  /** Inbound tracks by the SFU's name of what feeds them (mediasoup: the consumer). */
  readonly sinks: Map<string, Track>;
  /** Internal outbound pads by stream and SSRC, to find the other end of a pipe. */
  readonly pipePads: Map<string, Set<Pad>>;
}

/** Everything that is known. Calls live under their room, the unit that instances can divide among them. */
export interface ObserverState {
  readonly services: Map<string, Service>;
}
