/**
 * A load should be there when it is told to be. Left to itself libwebrtc starts at 300 kbit/s, and without feedback on
 * bandwidth it takes half a minute to dare three layers; where they are too much, its estimate comes down quickly.
 */
export function startBitrateKbps(layers: readonly { maxBitrateBps: number }[]): number {
  const sumBps = layers.reduce((sum, { maxBitrateBps }) => sum + maxBitrateBps, 0);
  return Math.round(sumBps / 1000);
}
