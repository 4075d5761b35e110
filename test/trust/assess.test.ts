import { describe, expect, it } from 'vitest';
import type { GeneratorRow, HostRow, KernelDrops, PacketAccounting } from '../../src/results/records.ts';
import { assessTrust, type TrustInput } from '../../src/trust/assess.ts';
import { DEFAULT_TRUST_BOUNDS } from '../../src/trust/bounds.ts';
import { generatorRow, hostRow } from '../support/rows.ts';

function accounting(part: Partial<PacketAccounting> = {}): PacketAccounting {
  return {
    windowMs: 20_000,
    bridgesIn: 20_000,
    bridgesOut: 100_000,
    participantsSent: 20_000,
    participantsReceived: 100_000,
    differenceUpRatio: 0,
    differenceDownRatio: 0,
    relayPackets: 0,
    controlDatagrams: 100,
    kernelDatagramsOut: 120_100,
    kernelDifferenceRatio: 0,
    ...part,
  };
}

function kernelDrops(part: Partial<KernelDrops> = {}): KernelDrops {
  return {
    bridges: [{ bridgeId: 'bridge-1', socketDrops: 0, relaySocketDrops: 0 }],
    generatorSocketDrops: 0,
    otherSocketDrops: 0,
    receiveBufferErrors: 0,
    sendBufferErrors: 0,
    backlogDrops: 0,
    ...part,
  };
}

const twenty = <Row>(row: Row): Row[] => Array.from({ length: 20 }, () => row);

const HEALTHY: TrustInput = {
  bounds: DEFAULT_TRUST_BOUNDS,
  generator: twenty(generatorRow()),
  host: twenty(hostRow()),
  readingsPerBridge: [20, 20],
  accounting: accounting(),
  kernelDrops: kernelDrops(),
  startLagsMs: Array.from({ length: 22 }, () => 3),
  clockJumpMs: 1,
  sharedHost: true,
  likeParticipantsPps: [[100, 101, 102, 103, 104]],
};

const late = { lateSendRatio: 0.2 };
const generator = (part: Partial<GeneratorRow>) => ({ generator: twenty(generatorRow(part)) });
const host = (part: Partial<HostRow>) => ({ host: twenty(hostRow(part)) });

it('trusts a generator that was on time', () => {
  expect(assessTrust(HEALTHY)).toEqual({ verdict: 'trusted', reasons: [] });
});

describe('each reason', () => {
  it.each<[string, Partial<TrustInput>, string, string]>([
    ['late packets', generator(late), 'late-sends', 'saturated'],
    ['somewhat late packets', generator({ lateSendRatio: 0.02 }), 'late-sends', 'suspect'],
    ['a long tail of lateness', generator({ lateSendP99Ms: 150 }), 'late-sends', 'saturated'],
    ['a ticker that slips', generator({ packetsSent: 900 }), 'offered-less-than-scheduled', 'saturated'],
    ['a blocked event loop', generator({ eventLoopDelayMaxMs: 900 }), 'event-loop-delay', 'saturated'],
    ['a busy event loop', generator({ eventLoopUtilisationRatio: 0.99 }), 'event-loop-busy', 'saturated'],
    ['CPU of the generator', generator({ cpuRatio: 0.95 }), 'generator-cpu', 'saturated'],
    ['drops at its own sockets', generator({ socketDrops: 100 }), 'socket-drops', 'saturated'],
    ['a few drops', generator({ socketDrops: 1 }), 'socket-drops', 'suspect'],
    [
      'drops at browsers',
      { kernelDrops: kernelDrops({ otherSocketDrops: 900 }) },
      'other-socket-drops',
      'suspect',
    ],
    ['a full backlog', { kernelDrops: kernelDrops({ backlogDrops: 900 }) }, 'backlog-drops', 'suspect'],
    ['CPU of the host', host({ cpuRatio: 1 }), 'host-cpu', 'suspect'],
    ['steal', host({ stealRatio: 0.3 }), 'host-steal', 'saturated'],
    ['a clock that stepped', { clockJumpMs: 5000 }, 'clock-jump', 'saturated'],
    ['joins begun late', { startLagsMs: twenty(5000) }, 'late-joins', 'saturated'],
    [
      'unequal participants',
      { likeParticipantsPps: [[10, 100, 100, 100, 100]] },
      'unequal-participants',
      'suspect',
    ],
    ['too few readings', { readingsPerBridge: [20, 2] }, 'too-few-samples', 'saturated'],
    ['no readings', { readingsPerBridge: [] }, 'too-few-samples', 'saturated'],
    ['no measurement', { generator: [] }, 'generator-not-measured', 'suspect'],
    [
      'packets lost inside the generator',
      { accounting: accounting({ participantsReceived: 90_000, differenceDownRatio: -0.1 }) },
      'received-less-than-sent',
      'saturated',
    ],
  ])('%s', (_what, part, code, verdict) => {
    const told = assessTrust({ ...HEALTHY, ...part });
    expect(told.verdict).toBe(verdict);
    expect(told.reasons.map((reason) => reason.code)).toEqual([code]);
    expect(told.reasons[0]?.message).not.toMatch(/NaN|undefined|null/);
  });
});

describe('packets that the SFU sent and nobody received', () => {
  const lost = { accounting: accounting({ differenceDownRatio: -0.1 }) };
  const codes = (part: Partial<TrustInput>) =>
    assessTrust({ ...HEALTHY, ...lost, ...part }).reasons.map((reason) => reason.code);

  it.each<[string, Partial<KernelDrops>]>([
    ['at the sockets of participants', { generatorSocketDrops: 9_000 }],
    ['at those of browsers', { otherSocketDrops: 9_000 }],
    ['in the backlog', { backlogDrops: 9_000 }],
    ['it cannot be said where', { otherSocketDrops: null, receiveBufferErrors: 1 }],
  ])(
    'are not held against the generator as lost inside it when the kernel dropped them %s',
    (_where, part) => {
      expect(codes({ kernelDrops: kernelDrops(part) })).not.toContain('received-less-than-sent');
    },
  );

  it.each<[string, Partial<KernelDrops>]>([
    ['dropped far fewer', { generatorSocketDrops: 10 }],
    [
      'dropped them on the way to the SFU',
      {
        bridges: [{ bridgeId: 'bridge-1', socketDrops: 10_000, relaySocketDrops: 0 }],
        receiveBufferErrors: 10_000,
      },
    ],
  ])('are held against it when the kernel %s', (_what, part) => {
    expect(codes({ kernelDrops: kernelDrops(part) })).toContain('received-less-than-sent');
  });

  // A tenth of 100,000 in 20 s is 500 a second.
  it.each([
    ['never came out of the kernel: a policer, a queue', 5500, {}, false],
    ['came out but for a few', 5995, {}, true],
    ['were dropped on the way to the SFU, and not from it', 5500, { receiveBufferErrors: 10_000 }, true],
  ])('are held against it by what the kernel delivered: they %s', (_what, delivered, drops, isHeld) => {
    const told = codes({
      ...host({ udpDatagramsOutPps: 6000, udpDatagramsInPps: delivered }),
      kernelDrops: kernelDrops(drops),
    });
    expect(told.includes('received-less-than-sent')).toBe(isHeld);
  });

  it('nor when a network lies between', () => {
    expect(codes({ sharedHost: false })).not.toContain('received-less-than-sent');
  });

  it('and more received than sent is no loss', () => {
    expect(codes({ accounting: accounting({ differenceDownRatio: 0.1 }) })).toEqual([]);
  });
});

describe('what is missing', () => {
  it('gives no reason: a browser does not know how late it sends', () => {
    const unknown = generatorRow({
      packetsScheduled: null,
      packetsSent: null,
      lateSendRatio: null,
      lateSendP99Ms: null,
      socketDrops: null,
      eventLoopDelayMaxMs: null,
      eventLoopUtilisationRatio: null,
      cpuRatio: null,
    });
    const input = {
      ...HEALTHY,
      generator: [unknown],
      host: [hostRow({ cpuRatio: null, stealRatio: null, udpReceiveBufferErrors: null })],
      accounting: null,
      startLagsMs: [],
      clockJumpMs: null,
      likeParticipantsPps: [],
    };
    expect(assessTrust(input)).toEqual({ verdict: 'trusted', reasons: [] });
  });
});

describe('the whole', () => {
  it('tells all reasons, the decisive ones first', () => {
    const told = assessTrust({ ...HEALTHY, ...generator(late), ...host({ cpuRatio: 1 }), clockJumpMs: 300 });
    expect(told.verdict).toBe('saturated');
    expect(told.reasons.map((reason) => reason.code)).toEqual(['late-sends', 'host-cpu', 'clock-jump']);
  });

  it('lets one hiccup in twenty intervals pass', () => {
    const rows = [...twenty(generatorRow()).slice(1), generatorRow({ eventLoopDelayMaxMs: 5000 })];
    expect(assessTrust({ ...HEALTHY, generator: rows }).verdict).toBe('trusted');
  });

  it('adds up the CPU of the engines', () => {
    const rows = ['runner', 'synthetic', 'browser'].flatMap((engine) =>
      twenty(generatorRow({ engine, cpuRatio: 0.32 })),
    );
    expect(assessTrust({ ...HEALTHY, generator: rows }).reasons[0]?.code).toBe('generator-cpu');
  });

  it('goes by the bounds of the scenario', () => {
    const bounds = { ...DEFAULT_TRUST_BOUNDS, lateSendRatio: 0.5 };
    expect(assessTrust({ ...HEALTHY, bounds, ...generator({ lateSendRatio: 0.09 }) }).verdict).toBe(
      'trusted',
    );
  });
});
