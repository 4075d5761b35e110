import type { types as mediasoup } from 'mediasoup';
import type { types as client } from 'mediasoup-client';
import * as ortc from 'mediasoup-client/ortc';
import type { MediaKind } from '../../scenario/plan-types.ts';

const Uri = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  transportSequence: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  audioLevel: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  transmissionOffset: 'urn:ietf:params:rtp-hdrext:toffset',
  captureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
} as const;
export type ExtensionName = keyof typeof Uri;

/** Ids of the negotiated header extensions; absent where not negotiated. */
export type ExtensionIds = Partial<Record<ExtensionName, number>>;

export function extensionIds(extensions: readonly { uri: string; id: number }[] = []): ExtensionIds {
  const ids: ExtensionIds = {};
  for (const name of Object.keys(Uri) as ExtensionName[]) {
    const id = extensions.find(({ uri }) => uri === Uri[name])?.id;
    // Only the one-byte form (RFC 8285, section 4.2) is written and read.
    if (id !== undefined && id < 15) ids[name] = id;
  }
  return ids;
}

const VIDEO_FEEDBACK = [
  { type: 'goog-remb', parameter: '' },
  { type: 'transport-cc', parameter: '' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'nack', parameter: '' },
  { type: 'nack', parameter: 'pli' },
];

function video(
  name: string,
  payloadType: number,
  parameters: Record<string, unknown>,
): client.RtpCodecCapability[] {
  const clockRate = 90_000;
  return [
    {
      kind: 'video',
      mimeType: `video/${name}`,
      preferredPayloadType: payloadType,
      clockRate,
      parameters,
      rtcpFeedback: VIDEO_FEEDBACK,
    },
    {
      kind: 'video',
      mimeType: 'video/rtx',
      preferredPayloadType: payloadType + 1,
      clockRate,
      parameters: { apt: payloadType },
      rtcpFeedback: [],
    },
  ];
}

/** What a synthetic participant can send and receive, with the payload types that Chromium gives them. */
export function ownCapabilities(): client.RtpCapabilities {
  const extension = (kind: MediaKind, uri: string, preferredId: number): client.RtpHeaderExtension => ({
    kind,
    // Its types lack what browsers have beside.
    uri: uri as client.RtpHeaderExtensionUri,
    preferredId,
    preferredEncrypt: false,
    direction: 'sendrecv',
  });
  return {
    codecs: [
      {
        kind: 'audio',
        mimeType: 'audio/opus',
        preferredPayloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { minptime: 10, useinbandfec: 1 },
        // Chromium answers and sends it, though it does not say so; mediasoup-client says it for browsers.
        rtcpFeedback: [
          { type: 'transport-cc', parameter: '' },
          { type: 'nack', parameter: '' },
        ],
      },
      ...video('VP8', 96, {}),
      ...video('H264', 106, {
        'packetization-mode': 1,
        'profile-level-id': '42e01f',
        'level-asymmetry-allowed': 1,
      }),
    ],
    headerExtensions: [
      extension('audio', Uri.audioLevel, 1),
      extension('audio', Uri.absSendTime, 2),
      extension('audio', Uri.transportSequence, 3),
      extension('audio', Uri.mid, 4),
      extension('audio', Uri.captureTime, 7),
      extension('video', Uri.absSendTime, 2),
      extension('video', Uri.transportSequence, 3),
      extension('video', Uri.mid, 4),
      extension('video', Uri.captureTime, 7),
      extension('video', Uri.rid, 10),
      extension('video', Uri.repairedRid, 11),
      extension('video', Uri.transmissionOffset, 14),
    ],
  };
}

/** What the participant and the SFU have in common. */
export interface Negotiated {
  receiveCapabilities: mediasoup.RtpCapabilities;
  /** Codec, its RTX where there is one, and header extensions for sending; null when the SFU lacks the codec. */
  sending(kind: MediaKind, mimeType: string): mediasoup.RtpParameters | null;
}

export function negotiate(router: mediasoup.RtpCapabilities): Negotiated {
  const extended = ortc.getExtendedRtpCapabilities(
    ownCapabilities(),
    structuredClone(router) as client.RtpCapabilities,
    false,
  );
  return {
    receiveCapabilities: ortc.getRecvRtpCapabilities(extended) as mediasoup.RtpCapabilities,
    sending(kind, mimeType) {
      const parameters = ortc.getSendingRtpParameters(kind, extended);
      const wanted = parameters.codecs.find((codec) => codec.mimeType.toLowerCase() === mimeType);
      if (wanted === undefined) return null;
      const capability = { ...wanted, kind, preferredPayloadType: wanted.payloadType };
      return {
        ...parameters,
        codecs: ortc.reduceCodecs(parameters.codecs, capability),
      } as mediasoup.RtpParameters;
    },
  };
}

/** The retransmission codec (RFC 4588) of the first codec of a stream, if it has one. */
export function rtxPayloadType(parameters: mediasoup.RtpParameters): number | null {
  return (
    parameters.codecs.find((codec) => codec.mimeType.toLowerCase().endsWith('/rtx'))?.payloadType ?? null
  );
}

export function hasFeedback(parameters: mediasoup.RtpParameters, type: string, parameter = ''): boolean {
  const feedback = parameters.codecs[0]?.rtcpFeedback ?? [];
  return feedback.some((entry) => entry.type === type && (entry.parameter ?? '') === parameter);
}
