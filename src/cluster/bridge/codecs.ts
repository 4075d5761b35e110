import type { types as mediasoup } from 'mediasoup';

/**
 * What every router of every bridge offers. They must be alike, for a producer that is piped keeps its payload
 * types. H.264 is the constrained baseline profile in packetization mode 1, which all browsers have.
 */
export const ROUTER_CODECS: mediasoup.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
];
