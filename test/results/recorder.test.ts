import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TRACK_COLUMNS } from '../../src/results/csv.ts';
import { type AppendFile, nodeFiles, type ResultFiles } from '../../src/results/files.ts';
import { RunReader } from '../../src/results/reader.ts';
import { RunRecorder } from '../../src/results/recorder.ts';
import type { TimelineRecord } from '../../src/results/records.ts';
import { bridgeRow, manifest, participantRow, trackRow } from './fixtures.ts';
import { tempDirs } from './temp-dir.ts';

const tempDir = tempDirs();

async function lines(dir: string, file: string): Promise<string[]> {
  return (await readFile(join(dir, file), 'utf8')).trimEnd().split('\n');
}

async function timelineOf(dir: string): Promise<TimelineRecord[]> {
  const records: TimelineRecord[] = [];
  const reader = await RunReader.open(dir);
  await reader.timeline((record) => records.push(record));
  return records;
}

/** A steady stage of `seconds`, one bridge, one participant, one track, a value a second. */
function measure(recorder: RunRecorder, seconds: number): void {
  recorder.startStage('hold', true, 0);
  for (let second = 1; second <= seconds; second += 1) {
    const row = bridgeRow({ packetRatePps: 1000 + second, stress: (1000 + second) / 10_000 });
    recorder.record({ tMs: second * 1000, type: 'bridge', sample: row });
    recorder.bridgeRow(second * 1000, row);
    recorder.participantRow(second * 1000, participantRow());
    recorder.trackRow(second * 1000, trackRow());
    recorder.observe(
      'track.jitter_ms',
      { engine: 'synthetic', kind: 'video', source: 'camera', direction: 'down', bridge: 'b1', room: 'r001' },
      second,
    );
  }
}

test('a run leaves a folder with every file, readable by its user only', async () => {
  const dir = join(await tempDir(), 'deep', 'run');
  const recorder = await RunRecorder.create(dir, manifest());
  measure(recorder, 30);
  expect(
    await recorder.finish(30_000, {
      status: 'completed',
      verdict: 'pass',
      bridges: recorder.bridgeSummaries(),
    }),
  ).toBeNull();

  expect((await readdir(dir)).sort()).toEqual([
    'bridges.csv',
    'distributions.ndjson',
    'manifest.json',
    'participants.csv',
    'timeline.ndjson',
    'tracks.csv',
  ]);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
  expect(await timelineOf(dir)).toHaveLength(32);
  expect((await RunReader.open(dir)).manifest).toMatchObject({ status: 'completed', verdict: 'pass' });
});

test('stress in the manifest is the CSV rows divided again', async () => {
  const dir = join(await tempDir(), 'run');
  const recorder = await RunRecorder.create(dir, manifest());
  measure(recorder, 30);
  await recorder.finish(30_000, { status: 'completed', bridges: recorder.bridgeSummaries() });

  const [header = '', ...rows] = await lines(dir, 'bridges.csv');
  const columns = header.split(',');
  const column = (name: string) => rows.map((row) => Number(row.split(',')[columns.indexOf(name)]));
  const divided = column('packet_rate_pps').map((rate, i) => rate / (column('max_packet_rate_pps')[i] ?? 0));
  const [bridge] = (await RunReader.open(dir)).manifest.bridges;
  expect(bridge?.stress.mean).toBeCloseTo(divided.reduce((a, b) => a + b) / divided.length, 12);
  expect(bridge?.stress.max).toBe(Math.max(...divided));
  expect(bridge?.stress.p95).toBe(divided.toSorted((a, b) => a - b)[28]);
});

test('names of rooms are escaped for spreadsheets, and negative numbers stay numbers', async () => {
  const dir = join(await tempDir(), 'run');
  const recorder = await RunRecorder.create(dir, manifest());
  recorder.participantRow(1000, participantRow({ roomId: 'r002', group: '-1+2', rttMs: -3.5 }));
  await recorder.finish(1000, { status: 'completed' });
  const [, row] = await lines(dir, 'participants.csv');
  expect(row).toContain(",'-1+2,r002,'=cmd(),b1,");
  expect(row).toContain(',-3.5,');
});

test('a folder with anything in it is refused and left alone', async () => {
  const dir = await tempDir();
  await writeFile(join(dir, 'holiday.jpg'), 'x');
  await expect(RunRecorder.create(dir, manifest())).rejects.toMatchObject({
    code: 'RTCB_OUT_NOT_EMPTY',
    exitCode: 2,
  });
  expect(await readdir(dir)).toEqual(['holiday.jpg']);
});

test('a folder that cannot be made is a fault of the environment', async () => {
  const dir = await tempDir();
  await writeFile(join(dir, 'file'), '');
  await expect(RunRecorder.create(join(dir, 'file', 'run'), manifest())).rejects.toMatchObject({
    code: 'RTCB_OUT_UNWRITABLE',
    exitCode: 3,
  });
});

test('a question is answered alike live, at the end, and from the folder', async () => {
  const dir = join(await tempDir(), 'run');
  const recorder = await RunRecorder.create(dir, manifest());
  measure(recorder, 45);
  const live = recorder.query().query('track.jitter_ms', { kind: 'video' }, 'steady');
  await recorder.finish(45_000, { status: 'completed' });
  const atEnd = recorder.query().query('track.jitter_ms', { kind: 'video' }, 'steady');
  const reader = await RunReader.open(dir);
  const store = await reader.loadDistributions({ rooms: 'all' });
  const read = store.query('track.jitter_ms', { kind: 'video' }, 'steady');
  for (const answer of [live, atEnd, read]) {
    expect(answer.count).toBe(45);
    expect(answer.quantile(0.95)).toBe(43);
    expect(answer.max).toBe(45);
  }
  expect(store.query('track.jitter_ms', { room: 'r001', kind: 'video' }, 'steady').count).toBe(45);
  expect(store.query('track.jitter_ms', { room: 'daily' }, 'steady').count).toBe(45);
  expect(recorder.query().query('track.jitter_ms', { room: 'daily' }, 'steady').count).toBe(45);
  expect(store.query('track.jitter_ms', { room: 'r002' }, 'steady').count).toBe(0);
  expect(store.query('track.jitter_ms', {}, { stage: 'hold' }).count).toBe(45);
  expect(store.query('track.jitter_ms', {}, { stage: 'ramp' }).count).toBe(0);
});

test('windows end with their stage, so the steady window is a choice of lines', async () => {
  const dir = join(await tempDir(), 'run');
  const recorder = await RunRecorder.create(dir, manifest());
  recorder.startStage('ramp', false, 0);
  recorder.record({ tMs: 3000, type: 'warning', code: 'X', message: 'tick' });
  recorder.observe('host.cpu_ratio', {}, 0.9);
  recorder.startStage('hold', true, 4000);
  recorder.observe('host.cpu_ratio', {}, 0.1);
  expect(recorder.query().query('host.cpu_ratio', {}, 'steady').max).toBe(0.1);
  expect(recorder.query().query('host.cpu_ratio', {}, 'all').max).toBe(0.9);
  await recorder.finish(5000, { status: 'completed' });
  const records = (await lines(dir, 'distributions.ndjson')).map((line) => JSON.parse(line) as object);
  expect(records).toMatchObject([
    { stage: 'ramp', steady: false, startMs: 0, endMs: 4000 },
    { stage: 'hold', steady: true, startMs: 4000, endMs: 5000 },
  ]);
});

test('with too many tracks rows become rarer, and distributions get every sample all the same', async () => {
  const dir = join(await tempDir(), 'run');
  const tracks = 50;
  // 50 tracks for 40,000 s would be 2,000,000 rows: ten times the budget.
  const recorder = await RunRecorder.create(dir, manifest(), {
    durationMs: 40_000_000,
    expectedTracks: tracks,
  });
  recorder.startStage('hold', true, 0);
  for (let second = 1; second <= 60; second += 1) {
    for (let track = 0; track < tracks; track += 1) {
      recorder.trackRow(second * 1000, trackRow({ trackId: `t${track}` }));
      recorder.observe('track.jitter_ms', { room: 'r001' }, second);
    }
  }
  await recorder.finish(60_000, { status: 'completed' });
  const [, ...rows] = await lines(dir, 'tracks.csv');
  const reader = await RunReader.open(dir);
  expect(reader.manifest.sampling).toMatchObject({
    trackRowIntervalMs: 10_000,
    participantRowIntervalMs: 1000,
  });
  // At 1 s (the first seen), then at 10, 20, … 60 s.
  expect(rows).toHaveLength(tracks * 7);
  expect((await reader.loadDistributions()).query('track.jitter_ms', {}, 'all').count).toBe(60 * tracks);
});

/** Real files until the `failAt`-th write to `name`; from then on every write fails until the reserve is removed. */
function fullDisk(name: string, failAt: number): ResultFiles & { freed: boolean } {
  let writes = 0;
  const files = {
    ...nodeFiles,
    freed: false,
    async create(path: string): Promise<AppendFile> {
      const real = await nodeFiles.create(path);
      return {
        ...real,
        async append(text: string) {
          if (path.endsWith(name)) writes += 1;
          if (writes >= failAt && !files.freed) {
            await real.append(text.slice(0, text.length / 2));
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
          }
          await real.append(text);
        },
      };
    },
    async remove(path: string) {
      if (path.endsWith('.reserve')) files.freed = true;
      await nodeFiles.remove(path);
    },
  };
  return files;
}

for (const name of [
  'timeline.ndjson',
  'distributions.ndjson',
  'bridges.csv',
  'participants.csv',
  'tracks.csv',
]) {
  test(`a disk that is full at any write to ${name} ends the run with its answer kept`, async () => {
    // The first write to a CSV is its header, before the run starts: see the next test.
    for (let failAt = name.endsWith('.csv') ? 2 : 1; failAt <= 4; failAt += 1) {
      const dir = join(await tempDir(), 'run');
      const told: string[] = [];
      const recorder = await RunRecorder.create(dir, manifest(), {
        files: fullDisk(name, failAt),
        onFailure: (error) => told.push(error.code),
      });
      measure(recorder, 15);
      await new Promise((resolve) => setImmediate(resolve));
      measureMore(recorder, 16, 40);
      const failure = await recorder.finish(40_000, { status: 'failed', verdict: 'inconclusive' });

      expect(told.length).toBeLessThanOrEqual(1);
      const reader = await RunReader.open(dir);
      const records = await timelineOf(dir);
      if (failure !== null) {
        expect(failure).toMatchObject({ code: 'RTCB_RESULTS_WRITE_FAILED', exitCode: 3 });
        expect(reader.manifest.warnings.join()).toContain('ENOSPC');
      }
      expect(reader.manifest).toMatchObject({ status: 'failed', verdict: 'inconclusive' });
      expect(records.at(-1)?.type).toBe('run-ended');
      expect(reader.warnings).toEqual([]);
      expect((await reader.loadDistributions()).query('track.jitter_ms', {}, 'all').count).toBe(40);
      for (const line of await lines(dir, 'tracks.csv'))
        expect(line.split(',').length === TRACK_COLUMNS.length || line === '').toBe(true);
    }
  });
}

test('a disk that is full before the start is told before the start', async () => {
  const create = RunRecorder.create(join(await tempDir(), 'run'), manifest(), {
    files: fullDisk('tracks.csv', 1),
  });
  await expect(create).rejects.toMatchObject({ code: 'RTCB_RESULTS_WRITE_FAILED', exitCode: 3 });
});

function measureMore(recorder: RunRecorder, from: number, to: number): void {
  for (let second = from; second <= to; second += 1) {
    recorder.record({ tMs: second * 1000, type: 'bridge', sample: bridgeRow() });
    recorder.trackRow(second * 1000, trackRow());
    recorder.observe('track.jitter_ms', { kind: 'video', room: 'r001' }, second);
  }
}
