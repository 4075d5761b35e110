import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CalibrationDriver, calibrate, type StepMeasurement } from '../../src/capacity/calibrate.ts';
import { SEARCH_DEFAULTS, type SearchOptions } from '../../src/capacity/search.ts';
import { summariseRepeats } from '../../src/capacity/summary.ts';
import { seededRandom } from '../../src/stats/random.ts';

const STEP_MS = 8_000;
const DRAIN_MS = 3_000;
const PPS_EACH = 110;
const OPTIONS: SearchOptions & { repeats: number } = {
  start: 20,
  max: 5_000,
  ...SEARCH_DEFAULTS,
  repeats: 3,
};

interface Bridge {
  /** Participants beyond which it drops packets, for the nth repeat. */
  edge(repeat: number): number;
  /** Participants beyond which the generator cannot keep up. */
  generatorEdge?: number;
  /** Share by which a measured rate may be off. */
  noise?: number;
}

/** A bridge with a token bucket: what is beyond its edge is lost, and then retransmitted, and then lost. */
function driverOf(bridge: Bridge, seed = 1): CalibrationDriver & { log: string[] } {
  const random = seededRandom(seed);
  const log: string[] = [];
  let [now, repeat] = [0, 0];
  return {
    log,
    async fresh(n) {
      repeat = n;
      log.push(`fresh ${n}`);
    },
    async measure(load, phase): Promise<StepMeasurement> {
      now += STEP_MS;
      log.push(phase);
      const edge = bridge.edge(repeat);
      const saturated = load > (bridge.generatorEdge ?? Number.POSITIVE_INFINITY);
      const broken = load > edge;
      const carried = broken ? edge * 0.8 : load;
      const packetRatePps = carried * PPS_EACH * (1 + (bridge.noise ?? 0) * (random() - 0.5));
      return {
        verdict: saturated ? 'saturated' : broken ? 'breaks' : 'holds',
        reason: saturated ? 'late sends' : broken ? 'loss 20 %' : null,
        limitedBy: saturated ? 'generator' : broken ? 'bridge-cpu' : 'unknown',
        participants: load,
        packetRateInPps: packetRatePps / 11,
        packetRateOutPps: (packetRatePps * 10) / 11,
        packetRatePps,
        bridgeCpuRatio: Math.min(1, load / edge),
        delayP95Ms: broken ? 200 : 3,
        lossRatio: broken ? 0.2 : 0,
        freezeRatio: 0,
        consumers: load * 5,
      };
    },
    async drain() {
      now += DRAIN_MS;
      log.push('drain');
    },
    nowMs: () => now,
  };
}

async function calibrated(bridge: Bridge, options = OPTIONS, seed = 1) {
  const repeats = await calibrate(options, driverOf(bridge, seed));
  return { repeats, summary: summariseRepeats(repeats, options.resolution) };
}

describe('a bridge with a known edge', () => {
  it('is found within 5 %, with an interval that holds the truth in at least nine of ten', async () => {
    let [covered, all] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 60, max: 4_000 }), fc.integer(), async (at, seed) => {
        const { summary } = await calibrated({ edge: () => at, noise: 0.01 }, OPTIONS, seed);
        const truth = at * PPS_EACH;
        expect(Math.abs((summary.maxPacketRatePps ?? 0) - truth)).toBeLessThan(0.05 * truth);
        expect(summary).toMatchObject({ limitedBy: 'bridge-cpu', problem: null });
        const { low = 0, high = 0 } = summary.interval ?? {};
        all += 1;
        if (low <= truth && truth <= high) covered += 1;
      }),
    );
    expect(covered).toBeGreaterThanOrEqual(0.9 * all);
  });

  it('is found in at most a third of the time of a linear ramp of the same resolution', async () => {
    for (const at of [60, 100, 333, 1000, 4000]) {
      const { summary } = await calibrated({ edge: () => at });
      expect(summary.durationMs / summary.linearRampMs).toBeLessThanOrEqual(1 / 3);
    }
  });

  it('is measured on a fresh bridge in every repeat, and the next begins near the last', async () => {
    const driver = driverOf({ edge: () => 1000 });
    const repeats = await calibrate(OPTIONS, driver);
    expect(driver.log.filter((entry) => entry.startsWith('fresh'))).toEqual([
      'fresh 1',
      'fresh 2',
      'fresh 3',
    ]);
    expect(repeats[1]?.steps[0]?.load).toBeGreaterThan(500);
    expect(repeats[1]?.steps.length).toBeLessThan(repeats[0]?.steps.length ?? 0);
  });

  it('tells what a participant and a consumer cost there', async () => {
    const { summary } = await calibrated({ edge: () => 500 });
    expect(summary.perParticipant?.packetRatePps).toBeCloseTo(PPS_EACH, 6);
    expect(summary.perConsumer?.packetRatePps).toBeCloseTo(PPS_EACH / 5, 6);
    expect(summary.perParticipant?.bridgeCpuRatio).toBeCloseTo(1 / 500, 4);
  });

  it('has the spread of repeats that differ told, and in its interval', async () => {
    const edges = [900, 1000, 1100];
    const { summary } = await calibrated({ edge: (repeat) => edges[repeat - 1] ?? 0 });
    expect(summary.maxPacketRatePps).toBeGreaterThan(0.98 * 1000 * PPS_EACH);
    expect(summary.spreadRatio).toBeGreaterThan(0.15);
    expect(summary.interval?.low).toBeLessThan(900 * PPS_EACH);
    expect(summary.interval?.high).toBeGreaterThan(1100 * PPS_EACH);
  });
});

describe('no capacity is told', () => {
  it.each<[string, Bridge, string, string]>([
    [
      'when the generator saturates first',
      { edge: () => 1e9, generatorEdge: 200 },
      'generator',
      'the generator was at its end before the bridge: late sends',
    ],
    [
      'when the highest load allowed holds',
      { edge: () => 1e9 },
      'search-bound',
      'the highest load that was allowed still held: allow more',
    ],
    ['when nothing holds', { edge: () => 0 }, 'bridge-cpu', 'not even the least load held: loss 20 %'],
  ])('%s', async (_what, bridge, limitedBy, problem) => {
    const { summary } = await calibrated(bridge);
    expect(summary).toMatchObject({ maxPacketRatePps: null, interval: null, limitedBy, problem });
  });

  it('when the steps allowed are not enough', async () => {
    const { summary } = await calibrated({ edge: () => 1000 }, { ...OPTIONS, maxSteps: 5 });
    expect(summary).toMatchObject({ maxPacketRatePps: null, problem: expect.stringContaining('not enough') });
  });

  it('when no packet rate was measured', () => {
    const repeat = {
      end: 'found',
      under: 5,
      over: 6,
      packetRatePps: null,
      limitedBy: 'unknown',
      steps: [],
      durationMs: 1,
    } as const;
    expect(summariseRepeats([{ ...repeat, steps: [] }], 0.02)).toMatchObject({
      maxPacketRatePps: null,
      linearRampMs: 0,
      problem: 'no packet rate was measured',
    });
  });

  it('when one repeat of three did not find it', async () => {
    const { summary } = await calibrated({
      edge: (repeat) => (repeat === 2 ? 1e9 : 300),
      generatorEdge: 400,
    });
    expect(summary).toMatchObject({ maxPacketRatePps: null, limitedBy: 'generator' });
  });
});
