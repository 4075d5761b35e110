import type { types as mediasoup } from 'mediasoup';
import type { ProducerInfo } from '../../../cluster/signalling/protocol.ts';
import type { MediaKind, MediaSource } from '../../../scenario/plan-types.ts';
import type { RoomEventSource } from '../../room-events.ts';
import type { Fingerprint } from '../dtls/client.ts';
import type { IceCredentials } from '../ice/agent.ts';
import type { ExtensionIds } from '../negotiation.ts';

/**
 * What a session needs of whatever speaks to its SFU, in terms of the media: who there is, where the other end of a
 * transport is, and the RTP parameters of what is sent and received. One implementation for each protocol of
 * `RoomAccess`; how it comes to its answers, by a method each or by offers and answers, is its own affair.
 * Listeners attached before `join` miss nothing.
 */
export interface RoomClient extends RoomEventSource {
  readonly isOpen: boolean;
  join(signal: AbortSignal): Promise<{ bridgeId: string; producers: readonly ProducerInfo[] }>;
  /** Opens the way for what will be published. An SFU whose transports come with their media is told of it here. */
  openSend(end: LocalEnd, requests: readonly SendRequest[], signal: AbortSignal): Promise<void>;
  /** Opens the way for what will be received, or remembers the end until there is something to receive. */
  openReceive(end: LocalEnd, signal: AbortSignal): Promise<void>;
  publish(request: SendRequest): Promise<Sending>;
  /** Asks for a producer; nothing need flow before `start`. */
  subscribe(producerId: string): Promise<Receiving>;
  /** The participant is ready to receive it. `preferredSpatialLayer` null: the SFU chooses. */
  start(consumerId: string, preferredSpatialLayer: number | null): Promise<void>;
  pause(consumerId: string): Promise<void>;
  resume(consumerId: string): Promise<void>;
  unsubscribe(consumerId: string): Promise<void>;
  /** Says good-bye; never rejects, and is bounded in time. */
  leave(): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** The participant's end of a transport. */
export interface LocalEnd {
  readonly ice: IceCredentials;
  readonly fingerprint: Fingerprint;
  /** The other end is known: a socket is opened towards it and ICE and DTLS begin. To be called once. */
  open(remote: RemoteEnd): Promise<void>;
}

export interface RemoteEnd {
  /** `isLite`: it answers checks and sends none (RFC 8445, section 2.5). */
  ice: IceCredentials & { isLite: boolean };
  candidates: readonly Candidate[];
  fingerprints: readonly Fingerprint[];
  /** Ids in the packets that come from there. */
  extensions: ExtensionIds;
}

export interface Candidate {
  protocol: 'udp' | 'tcp';
  address: string;
  port: number;
  priority: number;
}

export interface SendRequest {
  source: MediaSource;
  kind: MediaKind;
  /** In lower case, e.g. `video/vp8`. */
  mimeType: string;
  /** Media section that it is to have, unique within the transport. */
  mid: string;
  cname: string;
  /** Lowest layer first; only simulcast layers have a RID. */
  encodings: readonly SendEncoding[];
}

export interface SendEncoding {
  ssrc: number;
  /** Used where retransmissions are negotiated. */
  rtxSsrc: number;
  rid: string | null;
  maxBitrateBps: number | null;
  scaleDownBy: number;
  hasTemporalLayers: boolean;
}

/** What the SFU agreed to take. */
export interface Sending {
  producerId: string;
  payloadType: number;
  /** null: no retransmission stream. */
  rtxPayloadType: number | null;
  extensions: ExtensionIds;
  /** From asking to the SFU's confirmation. */
  durationMs: number;
}

/** What the SFU sends. */
export interface Receiving {
  consumerId: string;
  producerId: string;
  kind: MediaKind;
  source: MediaSource;
  publisherId: string;
  rtpParameters: mediasoup.RtpParameters;
}
