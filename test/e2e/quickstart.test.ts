import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { Manifest } from '../../src/results/records.ts';
import { leftoversOf, startCli } from '../support/cli.ts';

const SCENARIO = fileURLToPath(new URL('../../scenarios/quickstart.yaml', import.meta.url));

/** The main job as the README has it: everything real, everybody in, video decoded in each browser. */
it('the quickstart loads two bridges, with a room on both, browsers and synthetic participants', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rtcb-quickstart-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const out = join(folder, 'out');
  const startedMs = performance.now();
  const run = startCli(['run', SCENARIO, '--out', out]);
  const { exitCode, stdout } = await run.ended;
  expect(performance.now() - startedMs).toBeLessThan(90_000);
  expect(exitCode, stdout).toBe(0);

  const manifest: Manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
  expect(manifest.participants).toEqual({ planned: 22, joined: 22, failed: 0 });
  expect(manifest.bridges).toHaveLength(2);
  for (const bridge of manifest.bridges) {
    // The room that spans both is heard on either: packets go between them.
    expect(bridge.relayPacketRatePps.mean).toBeGreaterThan(100);
    expect(bridge.stress.mean).toBeGreaterThan(0);
  }
  const [header = '', ...rows] = (await readFile(join(out, 'tracks.csv'), 'utf8')).trim().split('\n');
  const column = (name: string) => header.split(',').indexOf(name);
  const seenBy = new Set(
    rows
      .map((row) => row.split(','))
      .filter((cells) => cells[column('engine')] === 'browser' && cells[column('direction')] === 'down')
      .filter((cells) => Number(cells[column('frames_per_second')]) > 5)
      .map((cells) => cells[column('participant')]),
  );
  expect(seenBy.size).toBe(2);
  expect(await leftoversOf(run.mark)).toEqual([]);
});
