import type { ProducerInfo } from '../../../cluster/signalling/protocol.ts';
import type { MediaSource } from '../../../scenario/plan-types.ts';
import type { PublishedTrack, ReceivedTrack } from '../stats/tracks.ts';

/** What a link tells of itself as it happens. */
export interface LinkListener {
  /** The room was joined, on this bridge. */
  entered(bridgeId: string): void;
  /** Everything was said that a connection needs. */
  signalled(): void;
  iceConnected(): void;
  /** A connection works. */
  connected(): void;
  /** Signalling, a connection or the bridge are gone for good. */
  lost(reason: string): void;
  /** The SFU confirmed it. */
  published(source: MediaSource, durationMs: number): void;
  /** First RTP packet of a track, and how long after it was asked for. */
  firstPacket(producer: ProducerInfo, durationMs: number): void;
  firstFrame(): void;
}

/** A page's participant in a room, by the protocol of its access. */
export interface RoomLink {
  /** Resolves when everything is published and what is subscribed to now was asked for. */
  enter(signal: AbortSignal): Promise<void>;
  /** null: there is no such connection. */
  stats(): Promise<{ send: RTCStatsReport | null; recv: RTCStatsReport | null }>;
  published(): PublishedTrack[];
  received(): ReceivedTrack[];
  /** Says good-bye; never rejects, and is bounded in time. */
  leave(): Promise<void>;
  close(): void;
}
