import { describe, expect, it } from 'vitest';
import { layersOf } from '../../src/participants/layers.ts';
import { SPEECH_ACTIVITY_RATIO, talkSpurts } from '../../src/participants/talk-spurts.ts';

describe('layersOf', () => {
  it.each([
    [720, true, [180, 360, 720], [4, 2, 1], ['r0', 'r1', 'r2']],
    [360, true, [180, 360], [2, 1], ['r0', 'r1']],
    [180, true, [180], [1], ['r0']],
    [720, false, [720], [1], ['r0']],
  ] as const)('%i lines, simulcast %s', (heightPixels, simulcast, heights, scales, rids) => {
    const layers = layersOf({ heightPixels, simulcast });
    expect(layers.map((layer) => layer.heightPixels)).toEqual(heights);
    expect(layers.map((layer) => layer.scaleDownBy)).toEqual(scales);
    expect(layers.map((layer) => layer.rid)).toEqual(rids);
    expect(layers.every((layer) => Number.isInteger(layer.widthPixels))).toBe(true);
    expect(layers.map((layer) => layer.sentBitrateBps === layer.maxBitrateBps)).toEqual(
      layers.map((_, i) => i === layers.length - 1),
    );
  });
});

it('a bitrate of the publication’s own is dealt out among the layers in proportion', () => {
  const usual = layersOf({ heightPixels: 720, simulcast: true });
  const sum = (layers: typeof usual) => layers.reduce((all, layer) => all + layer.sentBitrateBps, 0);
  const own = layersOf({ heightPixels: 720, simulcast: true, bitrateBps: 2 * sum(usual) });
  expect(own.map((layer) => layer.sentBitrateBps)).toEqual(usual.map((layer) => 2 * layer.sentBitrateBps));
  expect(own.map((layer) => layer.maxBitrateBps)).toEqual(usual.map((layer) => 2 * layer.maxBitrateBps));
  expect(sum(layersOf({ heightPixels: 180, simulcast: false, bitrateBps: 90_000 }))).toBe(90_000);
});

describe('talkSpurts', () => {
  const take = (seed: string, count: number) => {
    const spurts = talkSpurts(seed);
    return Array.from({ length: count }, () => spurts.next().value);
  };

  it('repeats with the seed and differs between seeds', () => {
    expect(take('p0001', 20)).toEqual(take('p0001', 20));
    expect(take('p0001', 20)).not.toEqual(take('p0002', 20));
  });

  it('speaks as much as P.59 says', () => {
    const spurts = take('p0001', 20_000);
    const total = spurts.reduce((sum, spurt) => sum + spurt.durationMs, 0);
    const speech = spurts.filter((spurt) => spurt.speaking).reduce((sum, spurt) => sum + spurt.durationMs, 0);
    expect(SPEECH_ACTIVITY_RATIO).toBeCloseTo(0.3875, 3);
    expect(speech / total).toBeCloseTo(SPEECH_ACTIVITY_RATIO, 1);
    expect(Math.min(...spurts.map((spurt) => spurt.durationMs))).toBeGreaterThanOrEqual(200);
  });
});
