import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityOf, isRemovable, nodeFor, type PoolNode } from '../../src/capacity/node-pool.ts';
import { costOf, loadOf, parseCostMap } from '../../src/capacity/points.ts';
import { bounded, nodesOf, parsePolicy, scaleIn, scaleOut } from '../../src/capacity/policy.ts';
import { absoluteScaler, CLASSIC_CPU_RULE, cpuScaler, pointsScaler } from '../../src/capacity/scalers.ts';

describe("elasticRTC's worked examples", () => {
  it('cost = 100 / elements that a CPU carries', () => {
    expect(costOf(100)).toBe(1);
    expect(costOf(4)).toBe(25);
    expect(costOf(300)).toBeCloseTo(0.333, 3);
  });

  it('reads --cost-map WebRtcEndpoint=1,WebRtcSfu=25, decimals allowed', () => {
    expect(parseCostMap('WebRtcEndpoint=1,WebRtcSfu=25')).toEqual(
      new Map([
        ['WebRtcEndpoint', 1],
        ['WebRtcSfu', 25],
      ]),
    );
    expect(parseCostMap('WebRtcEndpoint=0.5').get('WebRtcEndpoint')).toBe(0.5);
    expect(() => parseCostMap('WebRtcEndpoint')).toThrow('is no cost');
  });

  it('LOAD = sum of the costs / CPUs', () => {
    const costs = [...Array.from({ length: 50 }, () => 1), 25, 25];
    expect(loadOf(costs, 2)).toBe(50);
    expect(loadOf(costs, 1)).toBe(100);
  });

  it.each([
    ['75=10', 74.9, 10, 0],
    ['75=10', 75, 10, 1],
    ['75=10', 90, 5, 1],
    ['75=10', 90, 25, 2],
    ['65=10,85=40', 70, 10, 1],
    ['65=10,85=40', 85, 10, 4],
    ['85=40,65=10', 70, 10, 1],
  ])('--scale-out-policy %s at load %d of %d nodes adds %d', (policy, load, nodes, added) => {
    expect(scaleOut(parsePolicy(policy), load, nodes)).toBe(added);
  });

  it.each([
    ['25=10', 25.1, 10, 0],
    ['25=10', 25, 10, 1],
    ['25=10', 10, 3, 1],
    ['25=10', 10, 19, 1],
    ['15=40,35=10', 30, 10, 1],
    ['15=40,35=10', 15, 10, 4],
  ])('--scale-in-policy %s at load %d of %d nodes removes %d', (policy, load, nodes, removed) => {
    expect(scaleIn(parsePolicy(policy), load, nodes)).toBe(removed);
  });

  it('rounds down, but never from something to nothing', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 0, max: 500 }),
        (percent, nodes) => {
          const exact = (percent * nodes) / 100;
          const told = nodesOf(percent, nodes);
          expect(Number.isInteger(told)).toBe(true);
          if (exact === 0) expect(told).toBe(0);
          else if (exact < 1) expect(told).toBe(1);
          else expect(exact - told).toBeLessThan(1);
        },
      ),
    );
  });

  it.each(['', '75', '75=', '75=10,', '75=10,75=20', 'a=b', '-1=10'])('refuses the policy "%s"', (policy) => {
    expect(() => parsePolicy(policy)).toThrow();
  });

  it('keeps the pool within its minimum and maximum', () => {
    const bounds = { minimum: 2, maximum: 10 };
    expect(bounded(5, 8, bounds)).toBe(2);
    expect(bounded(-5, 4, bounds)).toBe(-2);
    expect(bounded(1, 4, bounds)).toBe(1);
    expect(bounded(0, 1, bounds)).toBe(1);
  });
});

describe("NUBOMEDIA's rules", () => {
  const node = (id: number, cpus: number, usedPoints: number, draining = false): PoolNode => ({
    id,
    cpus,
    usedPoints,
    draining,
  });

  it('a node has 100 points a core', () => {
    expect(capacityOf(node(1, 4, 0))).toBe(400);
  });

  it('an application goes to the node with the fewest used points', () => {
    expect(nodeFor([node(1, 2, 120), node(2, 2, 80), node(3, 2, 90)], 50)?.id).toBe(2);
  });

  it('which needs room for it: a full first candidate is no reason to refuse', () => {
    expect(nodeFor([node(1, 1, 40), node(2, 4, 50)], 80)?.id).toBe(2);
  });

  it('there are not enough resources when none has room, or all that have are draining', () => {
    expect(nodeFor([node(1, 1, 90), node(2, 1, 50)], 60)).toBeNull();
    expect(nodeFor([node(1, 4, 0, true)], 60)).toBeNull();
    expect(nodeFor([], 1)).toBeNull();
  });

  it('a node may go only when nobody uses it', () => {
    expect(isRemovable(node(1, 1, 0))).toBe(true);
    expect(isRemovable(node(1, 1, 0.5))).toBe(false);
  });
});

describe('scalers', () => {
  const view = { active: 10, booting: 0, load: 50, meanPoints: 200, idle: 0 };

  it('of points: thresholds in per cent of the pool', () => {
    const scaler = pointsScaler(parsePolicy('75=10'), parsePolicy('25=10'));
    expect([80, 50, 20].map((load) => scaler.decide({ ...view, load }))).toEqual([1, 0, -1]);
    expect(scaler.decide({ ...view, load: 80, booting: 1 })).toBe(0);
  });

  it('of points in numbers: over 300 on average three more, a node with none goes', () => {
    const scaler = absoluteScaler(300, 3);
    expect(scaler.decide({ ...view, meanPoints: 301 })).toBe(3);
    expect(scaler.decide({ ...view, meanPoints: 300 })).toBe(0);
    expect(scaler.decide({ ...view, idle: 2 })).toBe(-2);
  });

  it('of CPU: over 60 % three more, under 30 % one less, after five minutes of it', () => {
    const decisions = (load: number) => {
      const scaler = cpuScaler(CLASSIC_CPU_RULE);
      return Array.from({ length: 6 }, () => scaler.decide({ ...view, load }));
    };
    expect(decisions(250)).toEqual([0, 0, 0, 0, 3, 0]);
    expect(decisions(29)).toEqual([0, 0, 0, 0, -1, 0]);
    expect(decisions(45)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
