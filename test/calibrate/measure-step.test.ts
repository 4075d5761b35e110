import { describe, expect, it } from 'vitest';
import { measureStep, type StepReadings } from '../../src/calibrate/measure-step.ts';
import { parseGate } from '../../src/gates/expression.ts';
import type { GateSpec } from '../../src/gates/types.ts';
import type { KernelDrops, TrustVerdict } from '../../src/results/records.ts';
import type { Snapshot } from '../../src/run/measurements.ts';
import { Distribution } from '../../src/stats/distribution.ts';
import { bridgeRow } from '../results/fixtures.ts';

function gate(text: string): GateSpec {
  const parse = parseGate(text);
  if (!parse.ok) throw new Error(parse.problem.message);
  return { ...parse.gate, level: 'error', minSamples: null, window: 'steady', line: null, column: null };
}

const TRUSTED: TrustVerdict = { verdict: 'trusted', reasons: [] };
const TOO_FEW = { code: 'too-few-samples', message: 'only 1 readings', value: 1, bound: 3 };
const LATE = { code: 'late-sends', message: 'late', value: 1, bound: 0.05 };

function step(change: Partial<StepReadings> & { lossRatio?: number } = {}) {
  const snapshot = { bridges: [bridgeRow({ cpuRatio: 0.95 })], host: null } as unknown as Snapshot;
  return measureStep({
    stages: { joining: 'j', hold: 'h' },
    objective: [gate('mean(track.loss_ratio) <= 0.01')],
    query: {
      query(metric) {
        const distribution = new Distribution();
        if (metric === 'track.loss_ratio') distribution.add(change.lossRatio ?? 0);
        return distribution;
      },
    },
    trust: TRUSTED,
    failedJoins: 0,
    unansweredReadings: 0,
    participants: 10,
    bridgeCpuWaitRatio: null,
    bridgeCpuLimit: 1,
    kernelDrops: null,
    snapshots: [snapshot, snapshot, snapshot],
    ...change,
  });
}

describe('measureStep', () => {
  it('holds while the objective does', () => {
    expect(step()).toMatchObject({
      verdict: 'holds',
      reason: null,
      participants: 10,
      bridgeCpuRatio: expect.closeTo(0.95),
    });
  });

  it('breaks with the objective, and names what was at its end', () => {
    expect(step({ lossRatio: 0.2 })).toMatchObject({ verdict: 'breaks', limitedBy: 'bridge-cpu' });
  });

  it('names the CPU where it was full in some seconds only', () => {
    const at = (cpuRatio: number) =>
      ({ bridges: [bridgeRow({ cpuRatio })], host: null }) as unknown as Snapshot;
    const snapshots = [at(0.46), at(0.4), at(0.38), at(0.35)];
    expect(step({ lossRatio: 0.2, snapshots, bridgeCpuLimit: 0.5 }).limitedBy).toBe('bridge-cpu');
    expect(step({ lossRatio: 0.2, snapshots, bridgeCpuLimit: 1 }).limitedBy).toBe('network');
  });

  it('is judged by what participants lost, whatever the SFU says of itself; its NACK rate is kept beside', () => {
    const row = { ...bridgeRow({ cpuRatio: 0.5, nackRatePps: 400 }), packetsLostIn: 0, packetsLostOut: 0 };
    const lossless = { bridges: [row], host: null } as unknown as Snapshot;
    expect(step({ lossRatio: 0.5, snapshots: [lossless] })).toMatchObject({
      verdict: 'breaks',
      nackRatePps: 400,
    });
    const lossy = { ...lossless, bridges: [{ ...row, packetsLostIn: 9e9, packetsLostOut: 9e9 }] };
    expect(step({ lossRatio: 0, snapshots: [lossy as Snapshot] }).verdict).toBe('holds');
  });

  it("puts it down to the kernel when the bridge's own sockets dropped, and not when the generator's did", () => {
    const dropped = (bridge: number, generator: number): KernelDrops => ({
      bridges: [{ bridgeId: 'bridge-1', socketDrops: bridge, relaySocketDrops: 0 }],
      generatorSocketDrops: generator,
      otherSocketDrops: 0,
      receiveBufferErrors: bridge + generator,
      sendBufferErrors: 0,
      backlogDrops: 0,
    });
    const idle = { bridges: [bridgeRow({ cpuRatio: 0.5 })], host: null } as unknown as Snapshot;
    const limit = (kernelDrops: KernelDrops) =>
      step({ lossRatio: 0.2, snapshots: [idle], kernelDrops }).limitedBy;
    expect(limit(dropped(7, 0))).toBe('kernel-drops');
    expect(limit(dropped(0, 7))).toBe('network');
  });

  it('does not hold when somebody could not join', () => {
    expect(step({ failedJoins: 3 })).toMatchObject({ verdict: 'breaks', reason: '3 could not join' });
  });

  it('holds a bridge that fell silent against the bridge, not against the generator', () => {
    const silent = step({ unansweredReadings: 2, trust: { verdict: 'saturated', reasons: [TOO_FEW] } });
    expect(silent).toMatchObject({
      verdict: 'breaks',
      limitedBy: 'bridge-cpu',
      reason: 'the bridge left 2 of 3 readings unanswered',
    });
  });

  it('lets quality decide when a reading went missing now and then', () => {
    expect(step({ unansweredReadings: 1 }).verdict).toBe('holds');
    expect(step({ unansweredReadings: 1, lossRatio: 0.2 }).verdict).toBe('breaks');
  });

  it('believes no step of a saturated generator, whether the bridge answered or not', () => {
    const trust: TrustVerdict = { verdict: 'saturated', reasons: [LATE, TOO_FEW] };
    expect(step({ trust, unansweredReadings: 2 }).verdict).toBe('saturated');
    expect(step({ trust: { verdict: 'saturated', reasons: [LATE] } }).limitedBy).toBe('generator');
  });

  it('carries the trust verdict of its generator with all reasons', () => {
    const trust: TrustVerdict = { verdict: 'saturated', reasons: [LATE, TOO_FEW] };
    expect(step({ trust }).trust).toEqual(trust);
  });

  it('blames nobody else when a bridge that answered was read too seldom', () => {
    expect(step({ trust: { verdict: 'saturated', reasons: [TOO_FEW] } }).verdict).toBe('saturated');
  });
});
