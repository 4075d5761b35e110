import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseGridStatus, sessionsOf } from '../../src/participants/browser/grid/status.ts';
import { processTree } from '../../src/participants/browser/process-tree.ts';
import { RunReader } from '../../src/results/reader.ts';
import type { TimelineRecord } from '../../src/results/records.ts';
import { commandLine } from '../support/browser-processes.ts';
import { leftoversOf, runCli, startCli, withFolder } from '../support/cli.ts';
import { startTestGrid, type TestGrid } from './servers/selenium.ts';
import { type SignedHub, startSignedHub } from './servers/signed-hub.ts';

/** scenarios/grid.yaml as a user runs it, its stages shortened, on a real grid of two slots. */
const SCENARIO = new URL('../../scenarios/grid.yaml', import.meta.url);
const PATIENCE_MS = 60_000;

let grid: TestGrid;
/** The grid behind an address that is a secret, as AWS Device Farm's is. */
let hub: SignedHub;

beforeAll(async () => {
  grid = await startTestGrid();
  hub = await startSignedHub(grid.url);
});
afterAll(async () => {
  await hub.close();
  await grid.close();
});

type Stage = Record<string, string | number>;
interface Scenario {
  participants: { count: number }[];
  load: { stages: Stage[] };
}

/** Writes the scenario with these stages into the folder, after what `change` does to it. */
async function scenario(
  folder: string,
  stages: Stage[],
  change: (it: Scenario) => void = () => {},
): Promise<string> {
  const it = parse(await readFile(SCENARIO, 'utf8')) as Scenario;
  it.load.stages = stages;
  change(it);
  const file = join(folder, 'grid.yaml');
  await writeFile(file, stringify(it));
  return file;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come to that');
    await delay(100);
  }
}

async function sessions(): Promise<string[]> {
  const status = parseGridStatus(await (await fetch(`${grid.url}/status`)).json());
  if (status === null) throw new Error('no grid answers');
  return sessionsOf(status).map(({ id }) => id);
}

async function timeline(dir: string): Promise<TimelineRecord[]> {
  if (!existsSync(join(dir, 'timeline.ndjson'))) return [];
  const records: TimelineRecord[] = [];
  await (await RunReader.open(dir)).timeline((record) => records.push(record));
  return records;
}

/** Who decoded video from how many others, by `tracks.csv`, in the stage. */
async function watching(dir: string, stage: string): Promise<Map<string, number>> {
  const [head = '', ...lines] = (await readFile(join(dir, 'tracks.csv'), 'utf8')).split('\n');
  const at = (name: string) => head.split(',').indexOf(name);
  const seen = new Map<string, Set<string>>();
  for (const line of lines) {
    const cell = (name: string) => line.split(',')[at(name)] ?? '';
    if (cell('stage') !== stage || cell('endpoint') !== 'chromium' || cell('direction') !== 'down') continue;
    if (cell('kind') !== 'video' || !(Number(cell('frames_per_second')) > 0)) continue;
    const participant = cell('participant');
    seen.set(participant, (seen.get(participant) ?? new Set()).add(cell('track')));
  }
  return new Map([...seen].map(([participant, tracks]) => [participant, tracks.size]));
}

describe('a run with browsers on a grid', () => {
  it('measures two sessions of two beside 20 others, outlives one that is killed, and keeps the hub a secret', () =>
    withFolder(async (folder) => {
      const file = await scenario(folder, [
        { kind: 'ramp', rate: 6 },
        { kind: 'warm-up', duration: '3s' },
        { kind: 'hold', name: 'whole', duration: '6s' },
        { kind: 'hold', name: 'broken', duration: '5s' },
      ]);
      const dir = join(folder, 'run');
      const cli = startCli(['run', file, '--out', dir, '--verbose'], { env: { RTC_BENCH_GRID: hub.url } });
      const stageBegan = async (stage: string) =>
        (await timeline(dir)).some((record) => record.type === 'stage-started' && record.stage === stage);
      await until(() => stageBegan('broken'));
      const browsers = processTree(grid.pid)
        .map(({ pid }) => pid)
        .filter((pid) => /chromium.*--headless/.test(commandLine(pid)))
        .filter((pid) => !/ --type=/.test(commandLine(pid)));
      expect(browsers).toHaveLength(2);
      process.kill(browsers[0] ?? 0, 'SIGKILL');
      const { exitCode, stdout, stderr } = await cli.ended;

      const reader = await RunReader.open(dir);
      const { manifest } = reader;
      expect(manifest).toMatchObject({
        status: 'completed',
        participants: { planned: 24, joined: 24, failed: 0 },
        exitCode,
      });
      expect(manifest.gates.map(({ expression, outcome }) => [expression, outcome])).toEqual(
        manifest.gates.map(({ expression }) => [expression, 'passed']),
      );
      expect(manifest.versions['grid-chrome']).toMatch(/^\d+\./);
      const decoded = await watching(dir, 'whole');
      expect(decoded.size).toBe(4);
      for (const tracks of decoded.values()) expect(tracks).toBeGreaterThanOrEqual(2);

      const records = await timeline(dir);
      const lost = records.flatMap((record) => (record.type === 'participant-left' ? record : []));
      const early = lost.filter(({ reason }) => !/^(engine closed|the run ended)$/.test(reason));
      expect(early).toHaveLength(2);
      expect(records).toContainEqual(
        expect.objectContaining({ type: 'warning', code: 'RTCB_ENGINE_FAILED' }),
      );
      expect(stdout).toContain('Who received whom');
      expect(await sessions()).toEqual([]);

      expect(hub.requests).toBeGreaterThan(50);
      expect(stdout + stderr).not.toContain(hub.secret);
      for (const name of await readdir(dir, { recursive: true }))
        if (/\.\w+$/.test(name)) expect(await readFile(join(dir, name), 'utf8')).not.toContain(hub.secret);
    }));

  it('is refused before anything starts when the grid has too few slots, and told how many are missing', () =>
    withFolder(async (folder) => {
      const file = await scenario(folder, [{ kind: 'ramp', rate: 6 }], ({ participants: [remote] }) => {
        if (remote !== undefined) remote.count = 60;
      });
      const { exitCode, stderr } = await runCli(['run', file, '--out', join(folder, 'run')], {
        env: { RTC_BENCH_GRID: hub.url },
      });
      expect(exitCode).toBe(3);
      expect(stderr).toContain('the plan needs 30 sessions of chrome on the grid, 2 are free: 28 missing');
      expect(stderr).not.toContain(hub.secret);
      expect(existsSync(join(folder, 'run'))).toBe(false);
      expect(await sessions()).toEqual([]);
    }));

  it('that is killed leaves sessions which the next one names, until the grid ends them', () =>
    withFolder(async (folder) => {
      const file = await scenario(
        folder,
        [
          { kind: 'ramp', rate: 6 },
          { kind: 'hold', duration: '60s' },
        ],
        (it) => {
          it.participants = it.participants.slice(0, 1);
        },
      );
      const env = { RTC_BENCH_GRID: hub.url };
      const dir = join(folder, 'run');
      const cli = startCli(['run', file, '--out', dir], { env });
      const joined = async () =>
        (await timeline(dir)).filter(({ type }) => type === 'participant-joined').length;
      await until(async () => (await joined()) === 4);
      const left = await sessions();
      expect(left).toHaveLength(2);
      cli.child.kill('SIGKILL');
      const next = await runCli(['run', file, '--out', join(folder, 'next')], { env });
      expect(next.exitCode).toBe(3);
      for (const id of left) expect(next.stderr).toContain(id);
      expect(next.stderr).toContain('--clear-grid deletes');
      expect(next.stderr).not.toContain(hub.secret);
      expect(await leftoversOf(cli.mark)).toEqual([]);
      // Nobody deletes them: this is the grid's own time limit.
      await until(async () => (await sessions()).length === 0);
    }));

  it('says of a hub that refuses it no more than that it does', () =>
    withFolder(async (folder) => {
      const file = await scenario(folder, [{ kind: 'ramp', rate: 6 }]);
      const wrong = hub.url.replace(hub.secret, `${hub.secret}-expired`);
      const { exitCode, stdout, stderr } = await runCli(
        ['run', file, '--out', join(folder, 'run'), '--verbose'],
        { env: { RTC_BENCH_GRID: wrong } },
      );
      expect(exitCode).toBe(3);
      expect(stderr).toContain('the grid gives no session');
      expect(stdout + stderr).not.toContain(hub.secret);
      const malformed = await runCli(['run', file], { env: { RTC_BENCH_GRID: hub.secret } });
      expect(malformed.exitCode).toBe(2);
      expect(malformed.stderr).toContain('RTC_BENCH_GRID holds no http address');
      expect(malformed.stdout + malformed.stderr).not.toContain(hub.secret);
    }));
});
