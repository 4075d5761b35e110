import type { GateResult, Manifest } from '../../../src/results/records.ts';
import type { StagePlan } from '../../../src/scenario/plan-types.ts';
import { roomId } from './people.ts';

export interface RecordedRunOptions {
  name?: string;
  participants: number;
  rooms: number;
  bridges: number;
  /** Seconds of the run; the stages are shares of it. */
  durationS: number;
  /** 1: a quiet host; above that, load, delay and loss grow. */
  strain?: number;
  /** The bridge that dies, and at which share of the run. */
  death?: { bridge: number; at: number } | null;
  /** Stops without an end, as SIGKILL would. */
  killedAt?: number | null;
  roomNames?: (index: number) => string;
  startedAt?: string;
  gates?: GateResult[];
  verdict?: Manifest['verdict'];
  trust?: Manifest['trust'];
  maxPacketRatePps?: number;
  seed?: number;
  version?: string;
}

/** Warm-up, ramp, hold and ramp-down, as shares of the run. */
export function stagesOf(durationMs: number): StagePlan[] {
  const shares = [
    ['warm-up', 'warm-up', 0.04, false],
    ['ramp', 'ramp', 0.22, false],
    ['hold', 'hold', 0.68, true],
    ['ramp-down', 'ramp-down', 0.06, false],
  ] as const;
  let startMs = 0;
  return shares.map(([name, kind, share, steady]) => {
    const stage = {
      name,
      kind,
      startMs,
      endMs: Math.round(startMs + share * durationMs),
      steady,
      participantsAtEnd: 0,
    };
    startMs = stage.endMs;
    return stage;
  });
}

/** The manifest with which the run begins. */
export function firstManifest(options: RecordedRunOptions, startedAt: string): Manifest {
  const { participants, rooms, name = 'recorded-hour', version = '0.1.0' } = options;
  const roomName = options.roomNames ?? ((index: number) => `room ${index + 1}`);
  return {
    schemaVersion: 1,
    tool: { version: version },
    scenario: {
      name,
      sha256: '5c1f0f4d7b0e0d6d4f7a6f8b2f0f5f3f1c5b6a7d8e9f0a1b2c3d4e5f60718293',
      path: `scenarios/${name}.yaml`,
    },
    command: ['rtc-bench', 'run', `scenarios/${name}.yaml`, '--seed', '7'],
    startedAt,
    endedAt: null,
    status: 'running',
    statusReason: null,
    verdict: null,
    exitCode: null,
    seed: 7,
    steadyWindow: null,
    target: { kind: 'mediasoup', notOffered: ['bridge.memory_bytes'] },
    participants: { planned: participants, joined: 0, failed: 0 },
    rooms: Object.fromEntries(Array.from({ length: rooms }, (_, i) => [roomId(i), roomName(i)])),
    bridges: [],
    gates: [],
    trust: null,
    accounting: null,
    sampling: { intervalMs: 1000, trackRowIntervalMs: 1000, participantRowIntervalMs: 1000 },
    host: {
      hostname: 'bench-1',
      kernel: 'Linux 6.1.0-28-amd64',
      cpuModel: 'AMD EPYC 7B13',
      cores: 8,
      memoryTotalBytes: 33_548_419_072,
      udpReceiveBufferMaxBytes: 212_992,
      openFilesLimit: 1_048_576,
    },
    versions: {
      'rtc-bench': version,
      node: '24.21.0',
      mediasoup: '3.27.1',
      chromium: '156.0.8078.73',
    },
    warnings: [],
    files: [],
  };
}
