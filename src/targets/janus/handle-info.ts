import type { JanusId } from '../../janus/protocol.ts';

/** What Janus's admin API tells of a handle, as far as it is used; everything may be missing. */
export interface HandleInfo {
  session_id?: number;
  handle_id?: number;
  plugin?: string;
  plugin_specific?: {
    type?: string;
    room?: JanusId;
    id?: JanusId;
    display?: string;
    hangingup?: number | boolean;
    streams?: HandleStream[];
  };
  webrtc?: {
    ice?: { state?: string };
    dtls?: { 'dtls-state'?: string };
    media?: Record<string, MediumInfo>;
  };
}

export interface HandleStream {
  type?: string;
  mid?: string;
  feed_id?: JanusId;
  feed_mid?: string;
}

export interface MediumInfo {
  type?: string;
  mid?: string;
  ssrc?: { ssrc?: number; 'ssrc-peer'?: number; [name: string]: number | undefined };
  direction?: { send?: boolean; recv?: boolean };
  rtcp?: { main?: RtcpInfo; [layer: string]: RtcpInfo | undefined };
  stats?: { in?: FlowInfo; out?: FlowInfo };
}

export interface RtcpInfo {
  /** Milliseconds. */
  rtt?: number;
  lost?: number;
  'lost-by-remote'?: number;
}

export interface FlowInfo {
  packets?: number;
  bytes?: number;
  nacks?: number;
  retransmissions?: number;
  [name: string]: number | undefined | FlowInfo;
}
