import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CapacityFile, type CurveStep, formatCapacityFile } from '../../src/capacity/capacity-file.ts';
import type { Manifest } from '../../src/results/records.ts';

type Phase = CurveStep['phase'];

function step(repeat: number, phase: Phase, load: number, change: Partial<CurveStep> = {}): CurveStep {
  const packetRatePps = load * 190;
  const past = Math.max(0, load - 260);
  return {
    repeat,
    phase,
    load,
    participants: load + 4,
    packetRateInPps: 580,
    packetRateOutPps: packetRatePps - 580,
    packetRatePps,
    bridgeCpuRatio: Math.min(0.99, load / 290),
    delayP95Ms: 2 + load / 60 + past * past * 0.11,
    lossRatio: past > 20 ? 0.02 : 0,
    freezeRatio: past > 20 ? 0.05 : 0.001,
    holds: true,
    reason: null,
    ...change,
  };
}

/** The steps of one search; each repeat a little apart from the others. */
function search(repeat: number): CurveStep[] {
  const shift = 2 * repeat;
  const breaks = { holds: false, reason: 'p95(track.one_way_delay_ms) <= 50: 97.1' };
  return [
    step(repeat, 'bracket', 40 + shift),
    step(repeat, 'bracket', 160 + shift),
    step(repeat, 'bracket', 320 + shift, { ...breaks, packetRatePps: 52_000 }),
    step(repeat, 'bisect', 240 + shift),
    step(repeat, 'bisect', 280 + shift, { ...breaks }),
    step(repeat, 'bisect', 262 + shift, {
      holds: null,
      reason: '5.6 % of the packets left more than 20 ms late <bound 5.0 %>',
    }),
    step(repeat, 'confirm-under', 264 + shift),
    step(repeat, 'confirm-over', 272 + shift, breaks),
  ];
}

export function sampleCapacity(change: Partial<CapacityFile> = {}): CapacityFile {
  return {
    schemaVersion: 1,
    tool: { version: '0.1.0' },
    createdAt: '2026-11-20T09:00:00.000Z',
    scenario: {
      name: 'hall <b>',
      sha256: '5c1f0f4d7b0e0d6d4f7a6f8b2f0f5f3f1c5b6a7d8e9f0a1b2c3d4e5f60718293',
    },
    traffic: ['synthetic sends continuous audio, vp8 360p30, receives none audio and none video'],
    bridge: { kind: 'mediasoup', software: 'mediasoup 3.27.1' },
    machine: { cpuModel: 'Example CPU', cores: 8, memoryTotalBytes: 33_548_419_072, cpuGovernor: null },
    versions: { node: '24.21.0', mediasoup: '3.27.1' },
    objective: ['mean(track.loss_ratio) <= 0.01', 'p95(track.one_way_delay_ms) <= 50'],
    variable: 'participants',
    maxPacketRatePps: 50_920,
    interval: { low: 49_400, high: 53_100, confidence: 0.95 },
    spreadRatio: 0.015,
    repeats: [1, 2, 3].map((repeat) => ({
      maxPacketRatePps: (264 + 2 * repeat) * 190,
      load: 264 + 2 * repeat,
      limitedBy: 'bridge-cpu' as const,
      steps: 8,
      durationMs: 52_000,
    })),
    limitedBy: 'bridge-cpu',
    perParticipant: { packetRatePps: 190, bridgeCpuRatio: 0.0034 },
    perConsumer: { packetRatePps: 24, bridgeCpuRatio: 0.0004 },
    curve: [1, 2, 3].flatMap(search),
    knee: { packetRatePps: 50_100, method: 'segmented-regression', band: { low: 49_000, high: 51_000 } },
    search: { durationMs: 156_000, linearRampMs: 702_000 },
    trust: {
      verdict: 'suspect',
      reasons: [
        {
          code: 'generator-saturated',
          message: '5.6 % of the packets left more than 20 ms late',
          value: null,
          bound: null,
        },
      ],
    },
    ...change,
  };
}

/** A folder as a calibration leaves it, without the rows that its report does not read. */
export async function writeCalibrationFolder(
  dir: string,
  capacity: CapacityFile,
  statusReason: string | null = null,
): Promise<void> {
  const manifest: Manifest = {
    schemaVersion: 1,
    tool: capacity.tool,
    scenario: { ...capacity.scenario, path: 'scenarios/hall.yaml' },
    command: ['npx', 'rtc-bench', 'calibrate', 'scenarios/hall.yaml'],
    startedAt: '2026-11-20T08:57:00.000Z',
    endedAt: capacity.createdAt,
    status: 'completed',
    statusReason,
    verdict: capacity.maxPacketRatePps === null ? 'inconclusive' : 'pass',
    exitCode: capacity.maxPacketRatePps === null ? 4 : 0,
    seed: 1,
    steadyWindow: null,
    target: { kind: 'mediasoup', notOffered: [] },
    participants: { planned: 0, joined: 0, failed: 0 },
    bridges: [],
    gates: [],
    trust: capacity.trust,
    accounting: null,
    sampling: { intervalMs: 1000, trackRowIntervalMs: 1000, participantRowIntervalMs: 1000 },
    host: capacity.machine,
    versions: capacity.versions,
    warnings: [],
    files: ['manifest.json', 'timeline.ndjson', 'capacity.json', 'curve.csv'],
  };
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(dir, 'timeline.ndjson'), '');
  await writeFile(join(dir, 'capacity.json'), formatCapacityFile(capacity));
}
