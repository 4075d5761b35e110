import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviseBuffers, estimatedNeed } from '../../../src/probe/tune/advice.ts';
import {
  between,
  roundUp,
  smallestPassing,
  splitByLimit,
  truesizeBytes,
} from '../../../src/probe/tune/sizes.ts';
import type { BurstSettings, SizeTrial, SweepResult } from '../../../src/probe/tune/types.ts';

const MIB = 1024 * 1024;
const burst: BurstSettings = {
  ratePps: 20_000,
  sizeBytes: 1200,
  senders: 32,
  pauseMs: 50,
  pauseEveryMs: 500,
  trialMs: 2000,
};

function trial(askedBytes: number, passed: boolean, drops: Partial<SizeTrial['drops']> = {}): SizeTrial {
  return {
    askedBytes,
    grantedBytes: askedBytes * 2,
    clamped: false,
    sentPackets: 40_000,
    lostPackets: passed ? 0 : 100,
    lossRatio: passed ? 0 : 0.0025,
    drops: {
      socketDrops: passed ? 0 : 100,
      receiveBufferErrors: 0,
      sendBufferErrors: 0,
      backlogDrops: 0,
      networkLost: 0,
      ...drops,
    },
    passed,
  };
}

const limits = {
  rmemMax: 212_992,
  wmemMax: 212_992,
  rmemDefault: 212_992,
  wmemDefault: 212_992,
  netdevMaxBacklog: 1000,
};

function sweep(overrides: Partial<SweepResult> = {}): SweepResult {
  return {
    limits,
    unasked: trial(0, false),
    receive: [trial(MIB, false), trial(2 * MIB, true)],
    send: [],
    smallestReceiveBytes: 2 * MIB,
    networkLossRatio: 0,
    notTested: [],
    ...overrides,
  };
}

describe('smallestPassing', () => {
  it('takes no size that passed by luck below one that failed', () => {
    const trials = [trial(1, true), trial(2, false), trial(3, true), trial(4, true)];
    expect(smallestPassing(trials)).toEqual({ passing: 3, failing: 2 });
  });

  it('tells when nothing passed, and when everything did', () => {
    expect(smallestPassing([trial(1, false)])).toEqual({ passing: null, failing: 1 });
    expect(smallestPassing([trial(2, true), trial(1, true)])).toEqual({ passing: 1, failing: null });
  });
});

it('looks between a failure and a pass until they are close', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 65_536, max: 33_554_432 }),
      fc.integer({ min: 2, max: 64 }),
      (failing, factor) => {
        const middle = between(failing, failing * factor);
        if (middle === null) return;
        expect(middle).toBeGreaterThan(failing);
        expect(middle).toBeLessThan(failing * factor);
        expect(middle % 4096).toBe(0);
      },
    ),
  );
  expect(between(1_000_000, 1_100_000)).toBeNull();
});

it('tries the limit itself and leaves out what it would clamp', () => {
  expect(splitByLimit([100, 200, 400], 250)).toEqual({ possible: [100, 200, 250], clamped: [400] });
  expect(splitByLimit([100, 200], 500)).toEqual({ possible: [100, 200], clamped: [] });
  expect(splitByLimit([100, 200], null)).toEqual({ possible: [100, 200], clamped: [] });
});

it('charges a datagram what the kernel does', () => {
  expect(truesizeBytes(1200)).toBe(2304);
  expect(truesizeBytes(100)).toBe(768);
});

describe('adviseBuffers', () => {
  it('takes the smallest size with a margin, on 64 KiB, and what it can cost', () => {
    const advice = adviseBuffers(sweep(), burst, { marginRatio: 1.5, sockets: 10 });
    expect(advice).toMatchObject({ recommendedBytes: 3 * MIB, isEstimate: false, memoryBytes: 60 * MIB });
    expect(advice.recommendedBytes).toBe(roundUp(advice.recommendedBytes));
  });

  it('estimates from the burst where no size held', () => {
    const advice = adviseBuffers(sweep({ smallestReceiveBytes: null }), burst);
    expect(advice.isEstimate).toBe(true);
    // 1000 packets of the pause and 125 of a key frame, 2304 bytes each, half of it asked for.
    expect(estimatedNeed(burst)).toBeCloseTo(1125 * 2304, -3);
    expect(advice.recommendedBytes).toBeGreaterThanOrEqual((1125 * 2304 * 1.5) / 2);
  });

  it('holds what others ship against what is needed: a default is not doubled, a request is', () => {
    const verdicts = Object.fromEntries(
      adviseBuffers(sweep(), burst).comparisons.map(({ name, verdict, grantedBytes }) => [
        name,
        [verdict, grantedBytes],
      ]),
    );
    expect(verdicts).toMatchObject({
      'Jitsi Videobridge as shipped': ['enough', 20_971_520],
      'mediasoup forum, topic 4911': ['too small', 2_097_152],
      'Kurento post': ['too small', 1_048_576],
      'the receiving host, a program that asks for nothing': ['too small', 212_992],
    });
  });

  it('raises only what is too low, never lowers', () => {
    const generous = { ...limits, rmemMax: 64 * MIB, rmemDefault: 64 * MIB };
    expect(adviseBuffers(sweep({ limits: generous }), burst).sysctl).toEqual([]);
    expect(adviseBuffers(sweep(), burst).sysctl.map(({ name }) => name)).toEqual([
      'net.core.rmem_max',
      'net.core.rmem_default',
    ]);
  });

  it('adds the backlog and the send buffer only when they dropped', () => {
    const advice = adviseBuffers(
      sweep({
        receive: [trial(MIB, true, { backlogDrops: 3 })],
        send: [trial(MIB, false), trial(4 * MIB, true)],
      }),
      burst,
    );
    expect(advice.sysctl.map(({ name }) => name)).toEqual([
      'net.core.rmem_max',
      'net.core.rmem_default',
      'net.core.wmem_max',
      'net.core.wmem_default',
      'net.core.netdev_max_backlog',
    ]);
  });

  it('prints the setting of each SFU', () => {
    const { sfuSettings } = adviseBuffers(sweep(), burst);
    expect(sfuSettings.map(({ setting }) => setting).join('\n')).toMatch(
      /recvBufferSize: 3145728[\s\S]*receive-buffer-size = 3145728[\s\S]*rmem_default = 6291456/,
    );
  });
});
