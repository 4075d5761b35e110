import { describe, expect, it } from 'vitest';
import { adviseConfiguration } from '../../src/capacity/advice.ts';
import {
  type CapacityFile,
  formatCapacityFile,
  parseCapacityFile,
} from '../../src/capacity/capacity-file.ts';
import { capacityMismatches } from '../../src/capacity/match.ts';
import { participantCost } from '../../src/capacity/points.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { describeTraffic } from '../../src/scenario/traffic.ts';

const CAPACITY: CapacityFile = {
  schemaVersion: 1,
  tool: { version: '0.1.0' },
  createdAt: '2026-11-21T07:00:00.000Z',
  scenario: { name: 'calibrate-bridge', sha256: 'abc' },
  traffic: ['synthetic sends nothing, receives all audio and all video'],
  bridge: { kind: 'mediasoup', software: 'mediasoup 3.27.1' },
  machine: { cpuModel: 'Some CPU', cores: 2 },
  versions: { node: '24.21.0' },
  objective: ['mean(track.loss_ratio) <= 0.01'],
  variable: 'participants',
  maxPacketRatePps: 40_000,
  interval: { low: 39_000, high: 41_000, confidence: 0.95 },
  spreadRatio: 0.02,
  repeats: [{ maxPacketRatePps: 40_000, load: 400, limitedBy: 'bridge-cpu', steps: 12, durationMs: 90_000 }],
  limitedBy: 'bridge-cpu',
  perParticipant: { packetRatePps: 100, bridgeCpuRatio: 0.0024 },
  perConsumer: { packetRatePps: 64, bridgeCpuRatio: 0.0015 },
  curve: [],
  knee: null,
  search: { durationMs: 90_000, linearRampMs: 400_000 },
  trust: { verdict: 'trusted', reasons: [] },
};

describe('a capacity file', () => {
  it('comes back as it was written', () => {
    expect(parseCapacityFile(formatCapacityFile(CAPACITY), 'capacity.json')).toEqual(CAPACITY);
  });

  it.each([
    ['nonsense', '{', 'capacity.json is no JSON'],
    ['something else', '{"a": 1}', 'capacity.json: schemaVersion'],
    [
      'a rate below zero',
      JSON.stringify({ ...CAPACITY, maxPacketRatePps: -1 }),
      'capacity.json: maxPacketRatePps',
    ],
    ['a later format', JSON.stringify({ ...CAPACITY, schemaVersion: 2 }), 'capacity.json: schemaVersion'],
  ])('that is %s is refused', (_what, text, message) => {
    expect(() => parseCapacityFile(text, 'capacity.json')).toThrow(message);
  });

  it('of a later version may know more', () => {
    expect(parseCapacityFile(JSON.stringify({ ...CAPACITY, more: 1 }), 'x').maxPacketRatePps).toBe(40_000);
  });
});

describe('the cost of a participant', () => {
  it('is its measured CPU in points', () => {
    expect(participantCost(CAPACITY)).toBeCloseTo(0.24, 9);
  });

  it('is its share of the packet rate where CPU was not measured', () => {
    expect(
      participantCost({ ...CAPACITY, perParticipant: { packetRatePps: 100, bridgeCpuRatio: null } }),
    ).toBe(0.25);
  });

  it('is not guessed', () => {
    expect(participantCost({ ...CAPACITY, perParticipant: null })).toBeNull();
  });
});

describe('advice', () => {
  const lines = (capacity: CapacityFile) => adviseConfiguration(capacity).flatMap((advice) => advice.lines);

  it('is what goes into each configuration', () => {
    expect(lines(CAPACITY)).toEqual([
      'videobridge.load-management.load-measurements.load-measurement = "packet-rate"',
      'videobridge.load-management.load-measurements.packet-rate.load-threshold = 40000',
      'videobridge.load-management.load-measurements.packet-rate.recovery-threshold = 32000',
      'videobridge.load-management.average-participant-stress = 0.0025',
      'jicofo.bridge.stress-threshold = 0.8',
      'jicofo.bridge.average-participant-stress = 0.0025',
      'consumers per worker = 500',
      'limit:',
      '  num_tracks: 500',
    ]);
  });

  it('says for which SFU it was not measured', () => {
    const notes = new Map(adviseConfiguration(CAPACITY).map((advice) => [advice.system, advice.note]));
    expect(notes.get('jitsi-videobridge')).toContain('Measured on mediasoup 3.27.1');
    expect(notes.get('mediasoup')).not.toContain('Measured on');
  });

  it('says that the bridge had a share of a core', () => {
    const half = { ...CAPACITY, bridge: { ...CAPACITY.bridge, cpuShare: 0.5 } };
    for (const { system, note } of adviseConfiguration(half))
      expect(note, system).toContain('For a bridge that has 0.5 of a core');
  });

  it('is none without a capacity', () => {
    expect(adviseConfiguration({ ...CAPACITY, maxPacketRatePps: null })).toEqual([]);
  });
});

describe('a capacity that may not hold here', () => {
  const same = { cpuModel: 'Some CPU', cores: 2, software: 'mediasoup 3.27.1', traffic: CAPACITY.traffic };

  it('is told for another machine, version and traffic', () => {
    expect(capacityMismatches(CAPACITY, same)).toEqual([]);
    expect(capacityMismatches(CAPACITY, {})).toEqual([]);
    expect(capacityMismatches(CAPACITY, { ...same, cpuModel: 'Other' })).toEqual([
      'the capacity was measured on Some CPU, this is Other',
    ]);
    expect(capacityMismatches(CAPACITY, { ...same, cores: 8, software: 'mediasoup 4' })).toHaveLength(2);
    const halfCore = { ...CAPACITY, bridge: { ...CAPACITY.bridge, cpuShare: 0.5 } };
    expect(capacityMismatches(halfCore, { ...same, cpuShare: 0.5 })).toEqual([]);
    expect(capacityMismatches(halfCore, same)).toEqual([]);
    expect(capacityMismatches(halfCore, { ...same, cpuShare: null })).toEqual([
      'the capacity was measured with 0.5 of a core for a bridge, this run has a whole core for a bridge',
    ]);
    const [told] = capacityMismatches(CAPACITY, { ...same, traffic: ['browser sends nothing'] });
    expect(told).toContain('other traffic');
  });

  it('tells kinds of traffic, not numbers of participants', () => {
    const of = (count: number) =>
      describeTraffic(
        loadScenario(
          `version: 1\nname: x\nparticipants: [{ count: ${count}, publish: { video: true } }, { count: 3, subscribe: { video: 2, preferredLayer: 0 } }]\n`,
          'x.yaml',
        ),
      );
    expect(of(5)).toEqual(of(50));
    expect(of(5)).toEqual([
      'synthetic sends speech audio, receives all audio and 2 video layer 0',
      'synthetic sends speech audio, vp8 360p30 simulcast, receives all audio and all video',
    ]);
  });
});
