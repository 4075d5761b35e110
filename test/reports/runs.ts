import { join } from 'node:path';
import { type RecordedRunOptions, writeRecordedRun } from '../../bench/lib/recorded-run.ts';
import { buildReport } from '../../src/reports/model/build.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { RunReader } from '../../src/results/reader.ts';

/** Names that a room may have and that must do no harm anywhere. */
export const HOSTILE_NAMES = [
  '<script>alert(1)</script>',
  '=cmd()',
  '\u001b[31mred\u001b[0m',
  'a|b`c"d\'e',
  '\u202egnp.exe',
  ']]>&lt;\u0000\ud800',
];

export const PASSING: RecordedRunOptions = {
  name: 'two-rooms',
  participants: 24,
  rooms: 6,
  bridges: 2,
  durationS: 120,
  roomNames: (index) => HOSTILE_NAMES[index] ?? `room ${index}`,
  gates: [
    {
      expression: 'max(bridge.stress) < 0.8',
      level: 'error',
      value: 0.753,
      samples: 162,
      outcome: 'passed',
      note: null,
    },
    {
      expression: 'p95(participant.rtt_ms) < 1',
      level: 'warn',
      value: 1.98,
      samples: 1944,
      outcome: 'failed',
      note: null,
    },
  ],
};

export const FAILING: RecordedRunOptions = {
  ...PASSING,
  bridges: 3,
  strain: 1.9,
  maxPacketRatePps: 3000,
  death: { bridge: 2, at: 0.6 },
  verdict: 'fail',
  gates: [
    {
      expression: 'max(bridge.stress) < 0.8',
      level: 'error',
      value: 1.9,
      samples: 214,
      outcome: 'failed',
      note: null,
    },
    {
      expression: 'mean(track.one_way_delay_ms) < 20',
      level: 'error',
      value: null,
      samples: 0,
      outcome: 'inconclusive',
      note: 'no samples of track.one_way_delay_ms in the steady window',
    },
  ],
  trust: {
    verdict: 'suspect',
    reasons: [
      {
        code: 'EVENT_LOOP',
        message: 'the event loop of synthetic was held up for 42 ms',
        value: 42,
        bound: 20,
      },
    ],
  },
};

export const KILLED: RecordedRunOptions = { ...PASSING, killedAt: 0.6 };

/** Records a run below `parent` and gathers its report. */
export async function recorded(
  parent: string,
  options: RecordedRunOptions,
  name = 'run',
): Promise<RunReport> {
  const dir = join(parent, name);
  await writeRecordedRun(dir, options);
  return buildReport(await RunReader.open(dir));
}
