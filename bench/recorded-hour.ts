import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeRecordedRun } from './lib/recorded-run.ts';

/** What `report` may take for an hour of 1,000 participants. */
const LIMITS = { seconds: 10, megabytes: 500, pageBytes: 500_000 };
const ROOMS_PER_PARTICIPANT = 0.1;

/**
 * Records an hour of 1,000 participants with five tracks each on four bridges, with the real recorder and a clock
 * that jumps, then measures `rtc-bench report` on it in a process of its own. Options: --keep DIR, --participants
 * N, --seconds N. Exit code 1 when a limit is passed.
 */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keep: { type: 'string' },
      participants: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '3600' },
    },
  });
  const parent = await mkdtemp(join(tmpdir(), 'rtc-bench-recorded-'));
  const dir = values.keep ?? join(parent, 'run');
  try {
    const participants = Number(values.participants);
    const began = performance.now();
    await writeRecordedRun(dir, {
      participants,
      rooms: Math.max(1, Math.round(participants * ROOMS_PER_PARTICIPANT)),
      bridges: 4,
      durationS: Number(values.seconds),
      gates: [
        {
          expression: 'max(bridge.stress) < 0.9',
          level: 'error',
          value: 0.86,
          samples: 9792,
          outcome: 'passed',
          note: null,
        },
        {
          expression: 'p95(participant.rtt_ms) < 50',
          level: 'error',
          value: 2.2,
          samples: 2_400_000,
          outcome: 'passed',
          note: null,
        },
      ],
    });
    console.log(`recorded in ${((performance.now() - began) / 1000).toFixed(1)} s: ${dir}`);
    for (const name of [
      'timeline.ndjson',
      'distributions.ndjson',
      'bridges.csv',
      'participants.csv',
      'tracks.csv',
    ])
      console.log(`  ${name.padEnd(22)} ${((await stat(join(dir, name))).size / 1e6).toFixed(1)} MB`);
    return await measure(dir);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

async function measure(dir: string): Promise<number> {
  const bin = fileURLToPath(new URL('../bin/rtc-bench.js', import.meta.url));
  const peak = fileURLToPath(new URL('./lib/print-peak-memory.mjs', import.meta.url));
  const began = performance.now();
  const child = spawnSync(process.execPath, ['--import', peak, bin, 'report', dir, '--quiet'], {
    encoding: 'utf8',
  });
  const seconds = (performance.now() - began) / 1000;
  if (child.status !== 0) {
    console.error(child.stdout, child.stderr);
    return 1;
  }
  const megabytes = Number(/peak-rss-kb=(\d+)/.exec(child.stderr)?.[1]) / 1024;
  const pageBytes = (await stat(join(dir, 'report.html'))).size;
  console.log(
    `report: ${seconds.toFixed(1)} s (at most ${LIMITS.seconds}), ${megabytes.toFixed(0)} MB (at most ${LIMITS.megabytes}), page ${(pageBytes / 1000).toFixed(0)} kB (at most ${LIMITS.pageBytes / 1000})`,
  );
  return seconds <= LIMITS.seconds && megabytes <= LIMITS.megabytes && pageBytes <= LIMITS.pageBytes ? 0 : 1;
}
