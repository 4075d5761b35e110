import { describe, expect, it } from 'vitest';
import type { CalibrationStep, RepeatResult } from '../../src/capacity/calibrate.ts';
import type { Limit } from '../../src/capacity/capacity-file.ts';
import { atEqualSpeed } from '../../src/capacity/equal-speed.ts';

const OPTIONS = { max: 1000, resolution: 0.02 };
const PPS_EACH = 500;
/** A packet costs this at the usual speed, and the bridge breaks beyond 100 participants then. */
const USUAL_US = 8;
const EDGE = 100;

/** A repeat on a core so many times slower than usual, as a search that stepped around its edge would tell it. */
function repeatAt(slowness: number, change: Partial<RepeatResult> = {}): RepeatResult {
  const edge = EDGE / slowness;
  const steps = [0.5, 0.9, 1.1, 0.96, 1.04, 0.98, 1.02, 0.98, 1.02].map((share): CalibrationStep => {
    const load = share * edge;
    const packetRatePps = load * PPS_EACH;
    return {
      ...{ repeat: 1, phase: 'bisect', load, participants: load, durationMs: 9000, trust: null },
      verdict: share < 1 ? 'holds' : 'breaks',
      reason: share < 1 ? null : 'p95 100 ms',
      limitedBy: share < 1 ? 'unknown' : 'bridge-cpu',
      ...{ packetRateInPps: 100, packetRateOutPps: packetRatePps - 100, packetRatePps },
      bridgeCpuRatio: (packetRatePps * USUAL_US * slowness) / 1e6,
      ...{ bridgeCpuWaitRatio: 0, delayP95Ms: 5, lossRatio: 0, freezeRatio: 0, nackRatePps: 0, consumers: 7 },
    };
  });
  return {
    end: 'found',
    edge: { low: 0.98 * edge, middle: edge, high: 1.02 * edge },
    packetRatePps: edge * PPS_EACH,
    interval: null,
    limitedBy: 'bridge-cpu',
    cpuPerPacketUs: USUAL_US * slowness,
    steps,
    durationMs: 80_000,
    ...change,
  };
}

describe('repeats at equal speed', () => {
  it('agree where only the speed of the cores was another', () => {
    const equal = atEqualSpeed([repeatAt(1), repeatAt(1.2), repeatAt(0.85)], OPTIONS);
    expect(equal?.cpuPerPacketUs).toBeCloseTo(USUAL_US, 9);
    for (const rate of equal?.packetRatesPps ?? [])
      expect(Math.abs(rate / (EDGE * PPS_EACH) - 1)).toBeLessThan(0.01);
    expect(equal?.packetRatesPps).toHaveLength(3);
    expect(equal?.cpuPerPacketRangeUs.low).toBeCloseTo(0.85 * USUAL_US, 9);
    expect(equal?.cpuPerPacketRangeUs.high).toBeCloseTo(1.2 * USUAL_US, 9);
  });

  it('take a step in which the bridge was too busy to tell its CPU for what it is', () => {
    const [busy, ...others] = repeatAt(1).steps.toReversed();
    const steps = [...others.toReversed(), { ...busy, load: 130, bridgeCpuRatio: null } as CalibrationStep];
    const equal = atEqualSpeed([repeatAt(1, { steps }), repeatAt(1)], OPTIONS);
    for (const rate of equal?.packetRatesPps ?? [])
      expect(Math.abs(rate / (EDGE * PPS_EACH) - 1)).toBeLessThan(0.02);
  });

  it.each<[string, Partial<RepeatResult>]>([
    ['something else than CPU ended one', { limitedBy: 'network' satisfies Limit }],
    ['it is not known what a packet cost', { cpuPerPacketUs: null }],
  ])('are not told where %s', (_why, change) => {
    expect(atEqualSpeed([repeatAt(1), repeatAt(1.2, change)], OPTIONS)).toBeNull();
  });
});
