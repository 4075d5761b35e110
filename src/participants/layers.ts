import type { VideoPublication } from '../scenario/plan-types.ts';

/** One encoding of a camera. */
export interface VideoLayer {
  /** RTP stream id (RFC 8851) of the encoding; these are the names that mediasoup-client gives in any case. */
  rid: string;
  heightPixels: number;
  widthPixels: number;
  /** The published picture's height over this one's. */
  scaleDownBy: number;
  maxBitrateBps: number;
  /**
   * What an encoder that has the CPU really sends: the highest layer goes up to its maximum, those below stay at the
   * target that libwebrtc's table has for them.
   */
  sentBitrateBps: number;
}

/**
 * Upper bounds of libwebrtc's own simulcast table (`video/config/simulcast.cc`) for these sizes, rounded; a camera
 * without simulcast gets the same for its one layer, so that turning simulcast on only adds.
 */
const BITRATES = [
  { heightPixels: 180, maxBitrateBps: 200_000, targetBitrateBps: 150_000 },
  { heightPixels: 360, maxBitrateBps: 700_000, targetBitrateBps: 500_000 },
  { heightPixels: 720, maxBitrateBps: 2_000_000, targetBitrateBps: 2_000_000 },
] as const;

/**
 * Lowest first. Browsers refuse more layers than this for a height, so nobody sends more. A bitrate of the publication's
 * own is dealt out among them in proportion.
 */
export function layersOf({
  bitrateBps,
  ...video
}: Pick<VideoPublication, 'heightPixels' | 'simulcast' | 'bitrateBps'>): VideoLayer[] {
  const layers = usualLayersOf(video);
  if (bitrateBps === undefined) return layers;
  const factor = bitrateBps / layers.reduce((sum, layer) => sum + layer.sentBitrateBps, 0);
  return layers.map((layer) => ({
    ...layer,
    maxBitrateBps: Math.round(layer.maxBitrateBps * factor),
    sentBitrateBps: Math.round(layer.sentBitrateBps * factor),
  }));
}

function usualLayersOf(video: Pick<VideoPublication, 'heightPixels' | 'simulcast'>): VideoLayer[] {
  return BITRATES.filter(({ heightPixels }) =>
    video.simulcast ? heightPixels <= video.heightPixels : heightPixels === video.heightPixels,
  ).map(({ heightPixels, maxBitrateBps, targetBitrateBps }, index, layers) => ({
    rid: `r${index}`,
    heightPixels,
    widthPixels: (heightPixels * 16) / 9,
    scaleDownBy: video.heightPixels / heightPixels,
    maxBitrateBps,
    sentBitrateBps: index === layers.length - 1 ? maxBitrateBps : targetBitrateBps,
  }));
}

/** A shared screen: one layer, sharp and slow. */
export const SCREEN_LAYER = {
  heightPixels: 720,
  widthPixels: 1280,
  maxBitrateBps: 1_500_000,
} as const;
