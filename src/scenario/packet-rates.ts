import { layersOf, SCREEN_LAYER } from '../participants/layers.ts';
import { SPEECH_ACTIVITY_RATIO } from '../participants/talk-spurts.ts';
import type { Publications } from './plan-types.ts';

/** Opus frames of 20 ms. */
const AUDIO_PACKETS_PER_S = 50;
/** In DTX an Opus encoder sends one frame in 400 ms (RFC 6716, section 2.1.9). */
const DTX_PACKETS_PER_S = 2.5;
/** RTP payload of a full packet in libwebrtc: 1200 bytes less headers. */
const VIDEO_PAYLOAD_BYTES = 1150;
/** A shared screen is still for most of the time: share of its bit rate that it uses on average. */
const SCREEN_ACTIVITY_RATIO = 0.3;

export interface PublicationRates {
  audioPps: number;
  /** One for each simulcast layer, lowest first. */
  cameraLayersPps: number[];
  screenPps: number;
  totalPps: number;
}

/**
 * RTP packets a second that a participant sends. Every frame costs at least one packet and on average half a
 * packet more, because its last one is not full: fps * (bitrate / fps / 8 / payload + 0.5), at least fps.
 */
export function layerRates(publish: Publications): PublicationRates {
  const { audio, video, screen } = publish;
  const audioPps = audio === null ? 0 : audio.pattern === 'continuous' ? AUDIO_PACKETS_PER_S : speechPps();
  const cameraLayersPps =
    video === null
      ? []
      : layersOf(video).map((layer) => videoPps(layer.sentBitrateBps, video.framesPerSecond));
  const screenPps =
    screen === null
      ? 0
      : videoPps(SCREEN_LAYER.maxBitrateBps * SCREEN_ACTIVITY_RATIO, screen.framesPerSecond);
  const totalPps = cameraLayersPps.reduce((sum, pps) => sum + pps, audioPps + screenPps);
  return { audioPps, cameraLayersPps, screenPps, totalPps };
}

function speechPps(): number {
  return AUDIO_PACKETS_PER_S * SPEECH_ACTIVITY_RATIO + DTX_PACKETS_PER_S * (1 - SPEECH_ACTIVITY_RATIO);
}

function videoPps(bitrateBps: number, framesPerSecond: number): number {
  const packetsPerFrame = bitrateBps / framesPerSecond / 8 / VIDEO_PAYLOAD_BYTES + 0.5;
  return framesPerSecond * Math.max(1, packetsPerFrame);
}
