import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMax } from '../../src/probe/find-max.ts';
import { median } from '../../src/probe/find-max-judge.ts';
import type { TrafficShape } from '../../src/probe/shapes.ts';
import { probeResult } from './result.ts';

interface FakePath {
  limitPps: number;
  /** Packets that a queue holds before it drops. */
  queuePackets?: number;
  senderPps?: number;
  lossRatio?: number;
  blocked?: boolean;
}

/** A path with a bottleneck and a queue, measured for two seconds. */
function measure({ limitPps, queuePackets = 0, senderPps = 1e6, lossRatio = 0, blocked = false }: FakePath) {
  return async (shape: TrafficShape) => {
    const seconds = 2;
    const offered = Math.min(shape.ratePps ?? Number.POSITIVE_INFINITY, senderPps);
    const sent = offered * seconds;
    const carried = Math.min(sent, limitPps * seconds + queuePackets) * (1 - lossRatio);
    const duration = Math.max(seconds, carried / limitPps);
    return probeResult({
      senderBlockedRatio: blocked ? 0.9 : 0,
      total: {
        offeredPacketRatePps: offered,
        packetRatePps: carried / duration,
        throughputBps: (carried / duration) * 800,
        lossRatio: 1 - carried / sent,
      },
    });
  };
}

const search = (path: FakePath, ceilingPps: number | null = null) =>
  findMax({
    shape: { kind: 'constant', sizeBytes: 100, ratePps: null },
    lossBoundRatio: 0.001,
    repetitions: 3,
    trialDurationMs: 2000,
    ceilingPps,
    trial: measure(path),
  });

describe('findMax', () => {
  it('finds any limit within 2 %, whatever the queue before it hides', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 50, max: 400_000 }),
        fc.integer({ min: 0, max: 2000 }),
        async (limitPps, queue) => {
          const { findMax: found } = await search({ limitPps, queuePackets: Math.min(queue, limitPps) });
          expect(Math.abs((found?.maxPacketRatePps ?? 0) - limitPps) / limitPps).toBeLessThan(0.02);
          expect(found?.perRepetitionPps).toHaveLength(3);
          expect(found?.spreadRatio).toBeLessThan(0.02);
          expect(found?.senderLimited).toBe(false);
        },
      ),
    );
  });

  it('says that the sender gave out first, and that the path carries at least that', async () => {
    const { findMax: found, warnings } = await search({ limitPps: 1e6, senderPps: 50_000 });
    expect(found).toMatchObject({ senderLimited: true, maxPacketRatePps: 50_000 });
    expect(warnings.join()).toContain('at least');
  });

  it('does not blame the sender for a queue of its own host that was full', async () => {
    const { findMax: found } = await search({ limitPps: 1e6, senderPps: 2000, blocked: true });
    expect(found).toMatchObject({ senderLimited: false, maxPacketRatePps: 2000 });
  });

  it('finds nothing where packets are lost at every rate, and ends', async () => {
    const { findMax: found, warnings } = await search({ limitPps: 10_000, lossRatio: 0.02 });
    expect(found?.maxPacketRatePps).toBeNull();
    expect(found?.trials.length).toBeLessThan(60);
    expect(warnings.join()).toContain('loses packets whatever is offered');
  });

  it('takes what was delivered under overload when this host is too busy to confirm it', async () => {
    const path = measure({ limitPps: 2000 });
    const { findMax: found, warnings } = await findMax({
      shape: { kind: 'constant', sizeBytes: 100, ratePps: null },
      lossBoundRatio: 0.001,
      repetitions: 1,
      trialDurationMs: 2000,
      ceilingPps: null,
      // Of every rate only four fifths are sent.
      trial: (shape) => path(shape.ratePps === null ? shape : { ...shape, ratePps: shape.ratePps * 0.8 }),
    });
    expect(found?.maxPacketRatePps).toBe(2000);
    expect(warnings.join()).toContain('too busy');
  });

  it('looks above what a drowning receiver delivered', async () => {
    // Flooded it delivers half of what it can.
    const trial = async (shape: TrafficShape) => {
      const offered = shape.ratePps ?? 1e6;
      const delivered = offered > 200_000 ? 50_000 : Math.min(offered, 100_000);
      return probeResult({
        drops: {
          socketDrops: 10,
          receiveBufferErrors: 10,
          sendBufferErrors: 0,
          backlogDrops: 0,
          networkLost: 0,
        },
        total: {
          offeredPacketRatePps: offered,
          packetRatePps: delivered,
          throughputBps: delivered * 800,
          lossRatio: 1 - delivered / offered,
        },
      });
    };
    const { findMax: found } = await findMax({
      shape: { kind: 'constant', sizeBytes: 100, ratePps: null },
      lossBoundRatio: 0.001,
      repetitions: 1,
      trialDurationMs: 2000,
      ceilingPps: null,
      trial,
    });
    expect(found?.maxPacketRatePps).toBeGreaterThan(98_000);
    expect(found?.maxPacketRatePps).toBeLessThanOrEqual(100_100);
  });

  it('never offers more than the ceiling', async () => {
    const { findMax: found } = await search({ limitPps: 100_000 }, 5000);
    expect(
      Math.max(...(found?.trials ?? []).map(({ offeredPacketRatePps }) => offeredPacketRatePps ?? 0)),
    ).toBe(5000);
    expect(found?.maxPacketRatePps).toBe(5000);
  });

  it('estimates sessions from the maximum', async () => {
    const result = await search({ limitPps: 10_000 });
    expect(result.estimatedSessions).toBe(Math.floor((result.findMax?.maxThroughputBps ?? 0) / 40_000));
  });
});

it.each([
  [[], null],
  [[3], 3],
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
])('the median of %j is %s', (values, expected) => {
  expect(median(values)).toBe(expected);
});
