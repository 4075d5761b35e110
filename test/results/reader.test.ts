import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildReport } from '../../src/reports/model/build.ts';
import { formatManifest } from '../../src/results/manifest.ts';
import { RunReader } from '../../src/results/reader.ts';
import { RunRecorder } from '../../src/results/recorder.ts';
import { bridgeRow, manifest } from './fixtures.ts';
import { tempDirs } from './temp-dir.ts';

const tempDir = tempDirs();
const joinSteps = { signallingMs: 5, iceMs: 5, dtlsMs: 5, firstPacketMs: null, firstFrameMs: null };

/** What a killed run leaves: the first manifest and the streams as far as they came. */
async function killedRun(): Promise<string> {
  const dir = join(await tempDir(), 'run');
  const recorder = await RunRecorder.create(
    dir,
    manifest({ participants: { planned: 3, joined: 0, failed: 0 } }),
  );
  recorder.startStage('ramp', false, 0);
  recorder.record({
    tMs: 500,
    type: 'participant-joined',
    participantId: 'p1',
    roomId: 'r001',
    bridgeId: 'b1',
    engine: 'synthetic',
    attempt: 1,
    startLagMs: 0,
    joinMs: 15,
    steps: joinSteps,
  });
  recorder.record({
    tMs: 600,
    type: 'participant-failed',
    participantId: 'p2',
    roomId: 'r001',
    engine: 'synthetic',
    attempt: 1,
    reason: 'ICE did not connect',
  });
  recorder.observe('participant.join_ms', { room: 'r001', engine: 'synthetic' }, 15);
  recorder.startStage('hold', true, 1000);
  for (let second = 2; second <= 26; second += 1) {
    recorder.record({
      tMs: second * 1000,
      type: 'bridge',
      sample: bridgeRow({ stress: second / 100, packetRatePps: second * 100 }),
    });
    recorder.observe('bridge.stress', { bridge: 'b1' }, second / 100);
  }
  await new Promise((resolve) => setImmediate(resolve));
  await recorder.drain();
  await expect
    .poll(async () => (await readFile(join(dir, 'timeline.ndjson'), 'utf8')).split('\n').length)
    .toBe(30);
  const killed = join(dir, '..', 'killed');
  await cp(dir, killed, { recursive: true });
  await recorder.finish(26_000, { status: 'completed' });
  return killed;
}

test('a killed run is interrupted and inconclusive, with what its timeline tells', async () => {
  const reader = await RunReader.open(await killedRun());
  expect(reader.died).toBe(true);
  expect(reader.warnings).toEqual([]);
  expect(reader.manifest).toMatchObject({
    status: 'interrupted',
    verdict: 'inconclusive',
    endedAt: '2026-11-21T10:00:26.000Z',
    participants: { planned: 3, joined: 1, failed: 1 },
    steadyWindow: { startMs: 1000, endMs: 26_000 },
    bridges: [{ id: 'b1', stress: { mean: 0.14, p95: 0.25, max: 0.26 } }],
  });
  expect(reader.manifest.statusReason).toContain('its last record is at 26.0 s');
});

test('the distributions of a killed run are those of its last flush', async () => {
  const store = await (await RunReader.open(await killedRun())).loadDistributions();
  expect(store.query('participant.join_ms', {}, 'all').count).toBe(1);
  // Windows of ten seconds from 1 s on: what was observed until 21 s is there.
  expect(store.query('bridge.stress', {}, 'steady').max).toBeCloseTo(0.2, 9);
});

test('a record cut off at any byte is read up to its last whole line', async () => {
  const dir = await killedRun();
  const path = join(dir, 'timeline.ndjson');
  const whole = await readFile(path);
  const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([i]) => i);
  for (let length = whole.length - 1; length >= whole.length - 1400 && length >= 0; length -= 1) {
    await truncate(path, length);
    const reader = await RunReader.open(dir);
    let read = 0;
    await reader.timeline(() => {
      read += 1;
    });
    const complete = ends.filter((end) => end < length).length;
    // A line that lacks nothing but its line feed is whole as well.
    const onlyFeedMissing = ends.includes(length);
    expect(read).toBe(complete + (onlyFeedMissing ? 1 : 0));
    const cut = length > 0 && !ends.includes(length - 1) && !onlyFeedMissing;
    expect(reader.warnings).toEqual(
      cut ? ['timeline.ndjson ends in the middle of a line, which was skipped'] : [],
    );
  }
});

test('whatever is in the files, a report comes of it', async () => {
  const dir = join(await tempDir(), 'run');
  await mkdir(dir);
  await writeFile(join(dir, 'manifest.json'), formatManifest(manifest()));
  const types = [
    'run-started',
    'stage-started',
    'participant-joined',
    'participant-failed',
    'participant-summary',
    'bridge',
    'host',
    'generator',
    'quality',
    'room-placed',
    'bridge-up',
    'bridge-died',
    'warning',
    'gate',
    'run-ended',
    'unheard-of',
  ];
  const value = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.object({ maxDepth: 2 }),
  );
  const record = fc
    .tuple(
      fc.constantFrom(...types),
      fc.oneof(fc.nat(60_000), value),
      fc.dictionary(
        fc.constantFrom(
          'sample',
          'summary',
          'stages',
          'stage',
          'steady',
          'participantId',
          'roomId',
          'bridgeId',
          'engine',
          'reason',
          'message',
          'joinMs',
        ),
        value,
      ),
    )
    .map(([type, tMs, fields]) => JSON.stringify({ tMs, type, ...fields }));
  const line = fc.oneof(record, fc.string(), fc.json());
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.array(
        fc.oneof(
          line,
          fc.constant(
            '{"metric":"track.jitter_ms","labels":{"room":"r"},"stage":"s","steady":true,"startMs":0,"endMs":1,"data":{"count":1,"sum":1,"min":1,"max":1,"exact":[1]}}',
          ),
        ),
        { maxLength: 10 },
      ),
      async (timeline, distributions) => {
        await writeFile(join(dir, 'timeline.ndjson'), timeline.join('\n'));
        await writeFile(join(dir, 'distributions.ndjson'), distributions.join('\n'));
        const report = await buildReport(await RunReader.open(dir));
        expect(report.manifest.verdict).toBe('inconclusive');
      },
    ),
    { numRuns: 60 },
  );
});

test('a run that was killed before it wrote anything is still told', async () => {
  const dir = join(await tempDir(), 'run');
  await mkdir(dir);
  await writeFile(join(dir, 'manifest.json'), formatManifest(manifest()));
  const report = await buildReport(await RunReader.open(dir));
  expect(report.warnings).toEqual(['timeline.ndjson is missing', 'distributions.ndjson is missing']);
});

test('a folder without a manifest is no run', async () => {
  await expect(RunReader.open(await tempDir())).rejects.toMatchObject({
    code: 'RTCB_NOT_A_RUN',
    exitCode: 2,
  });
});

for (const [what, text, code] of [
  ['text that is no JSON', '{"schemaVersion":1,', 'RTCB_MANIFEST_INVALID'],
  ['a document of another kind', '{"schemaVersion":1,"name":"x"}', 'RTCB_MANIFEST_INVALID'],
  ['JSON that is no object', 'null', 'RTCB_MANIFEST_INVALID'],
  ['a later version', '{"schemaVersion":2}', 'RTCB_MANIFEST_NEWER'],
] as const) {
  test(`a manifest that is ${what} is refused`, async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'manifest.json'), text);
    await expect(RunReader.open(dir)).rejects.toMatchObject({ code, exitCode: 2 });
  });
}
