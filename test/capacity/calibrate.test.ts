import { describe, expect, it } from 'vitest';
import {
  type CalibrationDriver,
  type CalibrationOptions,
  calibrate,
  type StepMeasurement,
} from '../../src/capacity/calibrate.ts';
import { SEARCH_DEFAULTS } from '../../src/capacity/search.ts';
import { summariseRepeats } from '../../src/capacity/summary.ts';
import { seededRandom } from '../../src/stats/random.ts';
import { median } from '../../src/stats/sample.ts';

const SETTLE_AND_HOLD_MS = 5_000;
const JOIN_MS = 20;
const DRAIN_MS = 500;
const PPS_EACH = 500;
/** Of a core that is slow in one step, how much of that is left in the next. */
const DRIFT_MEMORY = 0.8;
const OPTIONS: CalibrationOptions = { start: 20, max: 1_500, ...SEARCH_DEFAULTS, repeats: 3, budgetMs: null };

interface Bridge {
  /** Participants at which it breaks half of the time, for the nth repeat. */
  edge(repeat: number): number;
  /** How blurred that edge is, as a share; 0: not at all. */
  width?: number;
  /** Share of the steps that tell the wrong thing, wherever they are. */
  lapses?: number;
  /** Participants beyond which the generator cannot keep up. */
  generatorEdge?: number;
  /** Standard deviation of a measured rate, as a share. */
  rateNoise?: number;
  /** How far from one step to the next the speed of its core moves, as a share; 0: not at all. */
  drift?: number;
}

/** A bridge that drops what is beyond its edge, retransmits it, and drops that; all noise follows from the seed. */
function driverOf(bridge: Bridge, seed = 1): CalibrationDriver & { log: string[] } {
  const random = seededRandom(seed);
  const log: string[] = [];
  let [now, repeat, present] = [0, 0, 0];
  // What a packet costs, in terms of what it does at the core's usual speed, to which it comes back.
  let cost = 1;
  return {
    log,
    async fresh(n) {
      now += 2_000;
      present = 0;
      repeat = n;
      log.push(`fresh ${n}`);
    },
    async measure(load, phase): Promise<StepMeasurement> {
      now += SETTLE_AND_HOLD_MS + Math.max(0, load - present) * JOIN_MS;
      present = load;
      log.push(phase);
      if (bridge.drift !== undefined) cost = cost ** DRIFT_MEMORY * Math.exp(bridge.drift * gaussian(random));
      const edge = bridge.edge(repeat) / cost;
      const saturated = load > (bridge.generatorEdge ?? Number.POSITIVE_INFINITY);
      const broken = random() < chanceToBreak(load, edge, bridge);
      const carried = broken ? edge * 0.95 : load;
      const packetRatePps = carried * PPS_EACH * (1 + (bridge.rateNoise ?? 0) * gaussian(random));
      return {
        verdict: saturated ? 'saturated' : broken ? 'breaks' : 'holds',
        reason: saturated ? 'late sends' : broken ? 'loss 20 %' : null,
        limitedBy: saturated ? 'generator' : broken ? 'bridge-cpu' : 'unknown',
        participants: load,
        packetRateInPps: packetRatePps / 11,
        packetRateOutPps: (packetRatePps * 10) / 11,
        packetRatePps,
        // Far beyond its edge it is too busy to answer.
        bridgeCpuRatio: load > 1.12 * edge ? null : (packetRatePps * cost) / (PPS_EACH * bridge.edge(repeat)),
        bridgeCpuWaitRatio: 0,
        delayP95Ms: broken ? 200 : 3,
        lossRatio: broken ? 0.2 : 0,
        freezeRatio: 0,
        consumers: load * 5,
        nackRatePps: broken ? 1_000 : 0,
        trust: null,
      };
    },
    async drain(load) {
      now += DRAIN_MS;
      present = Math.min(present, load);
      log.push('drain');
    },
    nowMs: () => now,
  };
}

function chanceToBreak(load: number, edge: number, { width = 0, lapses = 0 }: Bridge): number {
  const sure = width === 0 ? Number(load > edge) : 1 / (1 + Math.exp(-Math.log(load / edge) / width));
  return lapses + (1 - 2 * lapses) * sure;
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

async function calibrated(bridge: Bridge, options = OPTIONS, seed = 1) {
  const repeats = await calibrate(options, driverOf(bridge, seed));
  return { repeats, summary: summariseRepeats(repeats, options) };
}

/** Many bridges whose capacity is known, each calibrated once. */
async function manyBridges(count: number, noise: Omit<Bridge, 'edge'> & { between: number }) {
  const results = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const random = seededRandom(n + 1);
      const truth = 60 * 10 ** random();
      // Fresh bridges are not quite alike.
      const own = [1, 2, 3].map(() => truth * (1 + noise.between * gaussian(random)));
      const { summary } = await calibrated(
        { ...noise, edge: (repeat) => own[repeat - 1] ?? truth },
        OPTIONS,
        n * 7919 + 13,
      );
      const {
        maxPacketRatePps: found,
        interval,
        spreadRatio,
        equalSpeed,
        durationMs,
        linearRampMs,
      } = summary;
      if (found === null || interval === null) throw new Error(`nothing found: ${summary.problem}`);
      const truthPps = truth * PPS_EACH;
      return {
        error: Math.abs(found / truthPps - 1),
        covered: interval.low <= truthPps && truthPps <= interval.high,
        width: (interval.high - interval.low) / truthPps,
        spread: spreadRatio ?? 0,
        spreadAtEqualSpeed: equalSpeed?.spreadRatio ?? Number.NaN,
        time: durationMs / linearRampMs,
      };
    }),
  );
  const middle = (of: (result: (typeof results)[number]) => number) => median(results.map(of)) ?? Number.NaN;
  return {
    covered: results.filter(({ covered }) => covered).length / count,
    error: middle(({ error }) => error),
    width: middle(({ width }) => width),
    spread: middle(({ spread }) => spread),
    spreadAtEqualSpeed: middle(({ spreadAtEqualSpeed }) => spreadAtEqualSpeed),
    time: middle(({ time }) => time),
    within5Percent: results.filter(({ error }) => error <= 0.05).length / count,
  };
}

describe('a bridge with a known edge', () => {
  it.each([
    ['sharp, as a policer is', { width: 0, lapses: 0, between: 0, rateNoise: 0.002 }],
    ['blurred, on a host that hiccups', { width: 0.01, lapses: 0.02, between: 0.01, rateNoise: 0.005 }],
    ['much blurred', { width: 0.025, lapses: 0.02, between: 0.01, rateNoise: 0.01 }],
  ])(
    'is found within 5 %% in the time allowed, the truth in its interval nine times of ten: %s',
    async (_what, noise) => {
      const found = await manyBridges(120, noise);
      expect(found.covered).toBeGreaterThanOrEqual(0.9);
      expect(found.error).toBeLessThanOrEqual(0.03);
      expect(found.within5Percent).toBeGreaterThanOrEqual(0.85);
      expect(found.width).toBeLessThanOrEqual(0.12);
      expect(found.time).toBeLessThanOrEqual(1 / 3);
    },
    30_000,
  );

  it('is found as alike by every repeat where the speed of its core drifts, at equal speed', async () => {
    const steady = await manyBridges(60, { width: 0.01, lapses: 0.02, between: 0, rateNoise: 0.002 });
    expect(Math.abs(steady.spreadAtEqualSpeed - steady.spread)).toBeLessThan(0.01);
    const drifting = await manyBridges(60, {
      ...{ width: 0.01, lapses: 0.02, between: 0, rateNoise: 0.002 },
      drift: 0.06,
    });
    expect(drifting.spread).toBeGreaterThan(0.1);
    expect(drifting.spreadAtEqualSpeed).toBeLessThan(0.05);
    expect(drifting.covered).toBeGreaterThanOrEqual(0.95);
  }, 30_000);

  it('ends within the time allowed for all repeats, with a wider interval', async () => {
    const bridge: Bridge = { edge: () => 210, width: 0.01 };
    const inTime = await calibrated(bridge, { ...OPTIONS, budgetMs: 120_000 });
    const free = await calibrated(bridge);
    const widthOf = ({ interval }: typeof free.summary) => (interval?.high ?? 0) - (interval?.low ?? 0);
    expect(inTime.summary.durationMs).toBeLessThanOrEqual(120_000);
    expect(free.summary.durationMs).toBeGreaterThan(120_000);
    expect(inTime.summary.maxPacketRatePps).not.toBeNull();
    expect(widthOf(inTime.summary)).toBeGreaterThan(widthOf(free.summary));
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
      edge: { low: 4.9, middle: 5.5, high: 6.1 },
      packetRatePps: null,
      interval: null,
      limitedBy: 'unknown',
      cpuPerPacketUs: null,
      steps: [],
      durationMs: 1,
    } as const;
    expect(summariseRepeats([{ ...repeat, steps: [] }], OPTIONS)).toMatchObject({
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
