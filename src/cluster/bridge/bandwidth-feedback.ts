import type { types as mediasoup } from 'mediasoup';

const FEEDBACK_TYPES = new Set(['transport-cc', 'goog-remb']);
const FEEDBACK_EXTENSIONS = new Set([
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
]);

/**
 * Whether the worker tells senders how much they may send. One built with `MS_USE_BUILTIN_BWE`, as it must be where
 * libwebrtc's sources are out of reach, offers the feedback and never sends any (3.27.1, `Transport.cpp`). A
 * browser takes that silence for congestion and goes down to nothing, so it must not be offered. What gives it
 * away is that a transport has no estimate of what comes in.
 */
export async function sendsBandwidthFeedback(worker: mediasoup.Worker): Promise<boolean> {
  const [extension] = FEEDBACK_EXTENSIONS;
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }],
  });
  try {
    const transport = await router.createDirectTransport();
    await transport.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [
          {
            mimeType: 'audio/opus',
            payloadType: 100,
            clockRate: 48_000,
            channels: 2,
            rtcpFeedback: [{ type: 'transport-cc' }],
          },
        ],
        headerExtensions: [{ uri: extension as mediasoup.RtpHeaderExtensionUri, id: 1 }],
        encodings: [{ ssrc: 1 }],
      },
    });
    const stats = await transport.getStats();
    return stats.some(({ availableIncomingBitrate }) => availableIncomingBitrate !== undefined);
  } finally {
    router.close();
  }
}

/** The same capabilities without anything that promises such feedback; senders then go by receiver reports. */
export function withoutBandwidthFeedback(capabilities: mediasoup.RtpCapabilities): mediasoup.RtpCapabilities {
  return {
    codecs: (capabilities.codecs ?? []).map((codec) => ({
      ...codec,
      rtcpFeedback: (codec.rtcpFeedback ?? []).filter(({ type }) => !FEEDBACK_TYPES.has(type)),
    })),
    headerExtensions: (capabilities.headerExtensions ?? []).filter(
      ({ uri }) => !FEEDBACK_EXTENSIONS.has(uri),
    ),
  };
}
