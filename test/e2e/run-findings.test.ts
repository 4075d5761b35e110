import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCapacityFile } from '../../src/capacity/capacity-file.ts';
import { parseProbe } from '../../src/reports/model/probed.ts';
import type { Manifest } from '../../src/results/records.ts';
import { runCli, withFolder } from '../support/cli.ts';

/** What real commands leave beside the record, and that their pages show it. */

const TRAFFIC = `version: 1
name: findings
target: { bridges: BRIDGES, maxPacketRatePps: 20000 }
rooms: [{ name: hall }]
participants:
  - { name: speakers, count: 1, publish: { video: { height: 180, simulcast: false } } }
  - { name: audience, count: 3, publish: { audio: false } }
load: { stages: [ { kind: ramp, rate: 4 }, { kind: hold, duration: 6s } ] }
`;

test('a run with a probe shows the path, the calls and what still fits', () =>
  withFolder(async (folder) => {
    const scenario = join(folder, 'probed.yaml');
    await writeFile(
      scenario,
      `${TRAFFIC.replace('BRIDGES', '2')}probe: { duration: 1s, rate: 2000, size: 200 }\n`,
    );
    const out = join(folder, 'run');
    const run = await runCli(['run', scenario, '--out', out]);
    // A busy host makes a run inconclusive; what it leaves is the same.
    expect([0, 4], run.stderr).toContain(run.exitCode);
    expect(run.stderr).toContain('measuring the UDP path, before anybody joins');
    expect(run.stdout).toMatch(/Headroom[\s\S]*spare packets\/s[\s\S]*the loss of the fullest bridge/);
    expect(parseProbe(await readFile(join(out, 'probe.json'), 'utf8')).total.packetRatePps).toBeGreaterThan(
      1000,
    );
    const { files } = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')) as Manifest;
    expect(files).toEqual(expect.arrayContaining(['probe.json', 'observer/summary.json']));
    const page = await readFile(join(out, 'report.html'), 'utf8');
    for (const words of ['id="calls"', 'Call timeline', 'id="path"', 'as a share of what the path carries'])
      expect(page).toContain(words);
    expect(page).toMatch(/aria-label="hall: 4 joins, 4 leaves, 4 clients"/);
  }));

test('a calibration leaves its page, and report makes it again', () =>
  withFolder(async (folder) => {
    const scenario = join(folder, 'calibrate.yaml');
    await writeFile(
      scenario,
      `${TRAFFIC.replace('BRIDGES', '1')}calibrate: { variable: participants, group: audience, start: 2, max: 4, settle: 1s, hold: 3s, repeats: 1 }\n`,
    );
    const out = join(folder, 'capacity');
    const calibration = await runCli(['calibrate', scenario, '--out', out]);
    // Four listeners are not the most that a bridge carries, so the bound is reached.
    expect(calibration.exitCode, calibration.stderr).toBe(4);
    expect(calibration.stdout).toContain('capacity/report.html');
    const capacity = parseCapacityFile(await readFile(join(out, 'capacity.json'), 'utf8'), 'capacity.json');
    const path = join(out, 'report.html');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const page = await readFile(path, 'utf8');
    expect(page).toContain('INCONCLUSIVE');
    expect(page.match(/<use href="#dot-\w+" x="[\d.]+%"/g)?.length).toBeGreaterThanOrEqual(
      capacity.curve.length,
    );
    expect((await runCli(['report', out])).exitCode).toBe(0);
    expect(await readFile(path, 'utf8')).toBe(page);
  }));
