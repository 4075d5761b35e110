import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../src/participants/fake/engine.ts';
import type { Engine, EngineOptions } from '../../src/participants/types.ts';
import type { TimelineRecord } from '../../src/results/records.ts';
import { executeRun, Interrupted, type RunEnd, type RunParts } from '../../src/run/runner.ts';
import type { RunSink } from '../../src/run/sink.ts';
import type { ParticipantPlan, RunPlan } from '../../src/scenario/plan-types.ts';
import { FakeTarget } from '../../src/targets/fake/target.ts';
import { type FakeSystem, fakeSystem } from '../support/fake-system.ts';

/** The conductor on fake parts whose every number is known; the same endings on real parts are in test/e2e. */
const PACKET_RATE_PPS = 100;

function participant(n: number, leaveAtMs: number | null = null): ParticipantPlan {
  return {
    id: `p${n}`,
    group: 'all',
    roomId: 'r1',
    engine: 'synthetic',
    joinAtMs: n * 500,
    leaveAtMs,
    publish: { audio: { pattern: 'continuous' }, video: null, screen: null },
    subscribe: { audio: 'all', video: 'all', preferredSpatialLayer: null },
    pinnedBridge: null,
  };
}

const PLAN: RunPlan = {
  scenarioName: 'fake',
  seed: 1,
  rooms: [{ id: 'r1', name: 'room', pinnedBridge: null }],
  participants: [participant(0), participant(1), participant(2, 9500)],
  stages: [
    { name: 'ramp', kind: 'ramp', startMs: 0, endMs: 2000, steady: false, participantsAtEnd: 3 },
    { name: 'hold', kind: 'hold', startMs: 2000, endMs: 8000, steady: true, participantsAtEnd: 3 },
    {
      name: 'ramp-down',
      kind: 'ramp-down',
      startMs: 8000,
      endMs: 10_000,
      steady: false,
      participantsAtEnd: 2,
    },
  ],
  durationMs: 10_000,
  expected: [],
};

interface Scene {
  system: FakeSystem;
  records: TimelineRecord[];
  stages: string[];
  rates: { bridgeId: string; stage: string; pps: number; stress: number | null }[];
  stop: AbortController;
  target(): FakeTarget;
  engineOptions(): EngineOptions;
  closed: string[];
  end: Promise<RunEnd>;
}

function begin(change: Partial<RunParts> = {}): Scene {
  const system = fakeSystem();
  const records: TimelineRecord[] = [];
  const stages: string[] = [];
  const rates: Scene['rates'] = [];
  const closed: string[] = [];
  let target: FakeTarget | undefined;
  let options: EngineOptions | undefined;
  const sink: RunSink = {
    record: (record) => records.push(record),
    bridgeRow: (_tMs, row) =>
      rates.push({ bridgeId: row.bridgeId, stage: row.stage, pps: row.packetRatePps, stress: row.stress }),
    participantRow: () => {},
    trackRow: () => {},
    observe: () => {},
    startStage: (stage) => stages.push(stage),
    drain: async () => {},
  };
  const stop = new AbortController();
  const end = executeRun(
    {
      system,
      plan: PLAN,
      sink,
      samplingIntervalMs: 1000,
      async createTarget(targetOptions) {
        target = new FakeTarget({
          ...targetOptions,
          clock: system.clock,
          bridges: 2,
          packetRatePps: PACKET_RATE_PPS,
        });
        const close = target.close.bind(target);
        target.close = async () => {
          closed.push('target');
          await close();
        };
        return target;
      },
      async createEngines(engineOptions) {
        options = engineOptions;
        const engine: Engine = new FakeEngine(engineOptions, { clock: system.clock });
        const close = engine.close.bind(engine);
        engine.close = async () => {
          closed.push('engine');
          await close();
        };
        return [engine];
      },
      maxPacketRatePps: () => 1000,
      onProgress: () => {},
      ...change,
    },
    stop.signal,
  );
  const given = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('not started');
    return value;
  };
  return {
    system,
    records,
    stages,
    rates,
    stop,
    closed,
    end,
    target: () => given(target),
    engineOptions: () => given(options),
  };
}

const types = (records: TimelineRecord[]) => records.map(({ type }) => type);

describe('executeRun', () => {
  it('carries a plan out: stages, joins, leaves, one reading a second, rates as the target made them', async () => {
    const scene = begin();
    await scene.system.clock.advance(30_000);
    const end = await scene.end;
    expect(end).toMatchObject({
      status: 'completed',
      cause: null,
      participants: { planned: 3, joined: 3, failed: 0 },
    });
    expect(scene.stages).toEqual(['ramp', 'hold', 'ramp-down']);
    // Joined at 1.1 s and left at 9.5 s, between two ticks: its summary has everything that it sent at 50 packets/s.
    const leaver = scene.records.find(
      (record) => record.type === 'participant-summary' && record.summary.participantId === 'p2',
    );
    expect(leaver).toMatchObject({ summary: { leftAtMs: 9500, up: { audio: { packets: 420 } } } });
    // Two on one bridge, one on the other, each sending and receiving 100 packets a second.
    const hold = scene.rates.filter(({ stage }) => stage === 'hold');
    expect(hold).toHaveLength(12);
    for (const { pps, stress } of hold) {
      expect([400, 200]).toContain(Math.round(pps));
      expect(stress).toBeCloseTo(pps / 1000, 9);
    }
    expect(types(scene.records).filter((type) => type === 'participant-joined')).toHaveLength(3);
    expect(scene.records.find(({ type }) => type === 'participant-left')?.tMs).toBe(9500);
    expect(types(scene.records).filter((type) => type === 'participant-summary')).toHaveLength(3);
    expect(end.accounting?.windowMs).toBe(6000);
  });

  it('closes engines before the target, so that leaving still works', async () => {
    const scene = begin();
    await scene.system.clock.advance(30_000);
    await scene.end;
    expect(scene.closed).toEqual(['engine', 'target']);
  });

  it('keeps what was measured when it is interrupted, and says so', async () => {
    const scene = begin();
    await scene.system.clock.advance(4500);
    scene.stop.abort(new Interrupted('SIGINT'));
    const end = await scene.end;
    expect(end.status).toBe('interrupted');
    expect(end.cause).toBeInstanceOf(Interrupted);
    expect(scene.rates.length).toBeGreaterThan(4);
    expect(scene.closed).toEqual(['engine', 'target']);
  });

  it('goes on when one bridge dies, and remembers which', async () => {
    const scene = begin();
    await scene.system.clock.advance(4500);
    scene.target().kill('bridge-1', 'killed');
    await scene.system.clock.advance(30_000);
    const end = await scene.end;
    expect(end).toMatchObject({ status: 'completed', deadBridges: ['bridge-1'] });
    expect(types(scene.records)).toContain('bridge-died');
    expect(
      scene.records.find((record) => record.type === 'room-placed' && record.reason === 'bridge-died'),
    ).toBeDefined();
  });

  it('fails with exit 3 when the last bridge dies', async () => {
    const scene = begin();
    await scene.system.clock.advance(4500);
    for (const bridge of ['bridge-0', 'bridge-1']) scene.target().kill(bridge, 'killed');
    const end = await scene.end;
    expect(end).toMatchObject({ status: 'failed', cause: { code: 'RTCB_TARGET_LOST', exitCode: 3 } });
  });

  it('remembers an engine that failed', async () => {
    const scene = begin();
    await scene.system.clock.advance(4500);
    scene
      .engineOptions()
      .onEvent({ type: 'engine-failed', engine: 'synthetic', reason: 'crashed', participantIds: [] });
    await scene.system.clock.advance(30_000);
    expect((await scene.end).lostEngines).toEqual(['synthetic']);
  });

  it('closes what it had started when an engine cannot start', async () => {
    const scene = begin({
      createEngines: () => Promise.reject(new Error('no browser')),
    });
    await scene.system.clock.advance(1000);
    const end = await scene.end;
    expect(end).toMatchObject({ status: 'failed', begun: false, cause: { message: 'no browser' } });
    expect(scene.closed).toEqual(['target']);
  });

  it('leaves a reading out that gets no answer, and counts it', async () => {
    const scene = begin();
    await scene.system.clock.advance(3500);
    const target = scene.target();
    target.sampleBridges = () => new Promise(() => {});
    await scene.system.clock.advance(60_000);
    const end = await scene.end;
    expect(end.status).toBe('completed');
    expect(end.missedReadings).toBeGreaterThan(0);
    expect(
      scene.records.some((record) => record.type === 'warning' && record.code === 'RTCB_READING_MISSED'),
    ).toBe(true);
  });
});
