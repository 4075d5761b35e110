import type { types as mediasoup } from 'mediasoup';
import { expect, it } from 'vitest';
import { withoutBandwidthFeedback } from '../../src/cluster/bridge/bandwidth-feedback.ts';

it('takes out what promises bandwidth feedback, and nothing else', () => {
  const extension = (uri: string, preferredId: number) =>
    ({ kind: 'video', uri, preferredId }) as mediasoup.RtpHeaderExtension;
  const nack = { type: 'nack', parameter: 'pli' };
  const codec = {
    kind: 'video' as const,
    mimeType: 'video/VP8' as const,
    clockRate: 90_000,
    preferredPayloadType: 101,
  };
  const bare = withoutBandwidthFeedback({
    codecs: [{ ...codec, rtcpFeedback: [nack, { type: 'goog-remb' }, { type: 'transport-cc' }] }],
    headerExtensions: [
      extension('urn:ietf:params:rtp-hdrext:sdes:mid', 1),
      extension('http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 4),
      extension('http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 5),
    ],
  });
  expect(bare).toEqual({
    codecs: [{ ...codec, rtcpFeedback: [nack] }],
    headerExtensions: [extension('urn:ietf:params:rtp-hdrext:sdes:mid', 1)],
  });
  expect(withoutBandwidthFeedback({})).toEqual({ codecs: [], headerExtensions: [] });
});
