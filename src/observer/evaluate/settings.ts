/** What the evaluation can be told; times in seconds as in the upstream configuration, defaults upstream's. */
export interface EvaluationSettings {
  /** `master`: the observer names calls; `slave`: clients do, and a new call id in a room begins a new call. */
  callIdAssignMode: 'master' | 'slave';
  /** Replaces the senders' timestamps by the time of arrival. Default false. */
  useServerTimestamp: boolean;
  acceptClientSamples: boolean;
  acceptSfuSamples: boolean;
  /** Drop reports of inbound tracks whose sending track is not known. Default false. */
  dropUnmatchedReports: boolean;
  /** Drop reports of inbound pads whose stream no client published. Default false. */
  dropUnmatchedInboundReports: boolean;
  /** Drop reports of outbound pads whose sink no client receives. Default false. */
  dropUnmatchedOutboundReports: boolean;
  /** Drop reports of internal inbound pads whose counterpart on another SFU is not known. Default false. */
  dropUnmatchedInternalInboundReports: boolean;
  maxIdleS: IdleLimits;
}

/** Seconds without a word after which something is taken to be gone; at least 3, default 300 each. */
export interface IdleLimits {
  call: number;
  client: number;
  peerConnection: number;
  inboundTrack: number;
  outboundTrack: number;
  sfu: number;
  sfuTransport: number;
  sfuInboundRtpPad: number;
  sfuOutboundRtpPad: number;
  sfuSctpChannel: number;
}

export const DEFAULT_MAX_IDLE_S = 300;
export const MIN_MAX_IDLE_S = 3;

export function defaultSettings(): EvaluationSettings {
  return {
    callIdAssignMode: 'master',
    useServerTimestamp: false,
    acceptClientSamples: true,
    acceptSfuSamples: true,
    dropUnmatchedReports: false,
    dropUnmatchedInboundReports: false,
    dropUnmatchedOutboundReports: false,
    dropUnmatchedInternalInboundReports: false,
    maxIdleS: {
      call: DEFAULT_MAX_IDLE_S,
      client: DEFAULT_MAX_IDLE_S,
      peerConnection: DEFAULT_MAX_IDLE_S,
      inboundTrack: DEFAULT_MAX_IDLE_S,
      outboundTrack: DEFAULT_MAX_IDLE_S,
      sfu: DEFAULT_MAX_IDLE_S,
      sfuTransport: DEFAULT_MAX_IDLE_S,
      sfuInboundRtpPad: DEFAULT_MAX_IDLE_S,
      sfuOutboundRtpPad: DEFAULT_MAX_IDLE_S,
      sfuSctpChannel: DEFAULT_MAX_IDLE_S,
    },
  };
}
