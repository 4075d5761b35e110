/**
 * Janus's JSON API (https://janus.conf.meetecho.com/docs/rest.html) and its plugin `videoroom`, as far as they are
 * used here. Ids are numbers beyond 32 bits, or texts where the plugin is set to `string_ids`.
 */
export type JanusId = number | string;

export const VIDEO_ROOM = 'janus.plugin.videoroom';

export interface Jsep {
  type: 'offer' | 'answer';
  sdp: string;
  /** Order of the RIDs of simulcast layers: lowest or highest first; Janus takes `hml` when it is not said. */
  rid_order?: 'lmh' | 'hml';
}

/** As RTCIceCandidateInit; `completed`: there are no more. */
export interface JanusCandidate {
  candidate?: string;
  sdpMid?: string;
  sdpMLineIndex?: number;
  completed?: boolean;
}

/** Whatever the server says: an answer to a transaction, or an event of a handle (`sender`). */
export interface JanusMessage {
  janus: string;
  transaction?: string;
  sender?: number;
  data?: { id: number };
  plugindata?: { plugin: string; data: VideoRoomData };
  jsep?: Jsep;
  error?: { code: number; reason: string };
  candidate?: JanusCandidate;
  reason?: string;
}

/** What the plugin says, in answers and events alike; everything but the kind may be missing. */
export interface VideoRoomData {
  videoroom?: string;
  error_code?: number;
  error?: string;
  room?: JanusId;
  id?: JanusId;
  publishers?: PublisherData[];
  unpublished?: JanusId | 'ok';
  leaving?: JanusId | 'ok';
  streams?: SubscribedStream[];
  mid?: string;
  substream?: number;
  exists?: boolean;
  list?: { room: JanusId; num_participants: number }[];
}

export interface PublisherData {
  id: JanusId;
  display?: string;
  streams?: PublishedStream[];
}

export interface PublishedStream {
  type: string;
  mid: string;
  /** As the publisher described it. */
  description?: string;
  disabled?: boolean;
}

/** A media section of a subscriber's connection, and what flows in it now. */
export interface SubscribedStream {
  mid: string;
  type: string;
  active?: boolean;
  feed_id?: JanusId;
  feed_mid?: string;
}

/** What Janus, or a plugin of it, refused. */
export class JanusError extends Error {
  override readonly name = 'JanusError';
  readonly code: number;
  constructor(code: number, reason: string) {
    super(`${reason} (Janus error ${code})`);
    this.code = code;
  }
}
