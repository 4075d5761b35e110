import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatCapacityFile, parseCapacityFile } from '../../src/capacity/capacity-file.ts';
import type { Manifest } from '../../src/results/records.ts';
import { groupParents } from '../../src/system/cpu-quota.ts';
import { runCli, startCli, withFolder } from '../support/cli.ts';

/** A bridge that is held to a share of a core, from its calibration to the run that goes by it. */

const SHARE = 0.1;

function scenario(target: string, audience: number, rest: string, audioOnly = false): string {
  const video = audioOnly ? '' : ', video: { height: 360, fps: 30, simulcast: false }';
  return `version: 1
name: shared-core
target: { ${target} }
rooms: { name: hall }
participants:
  - { name: speakers, count: 4, publish: { audio: { pattern: continuous }${video} }, subscribe: { audio: none, video: none } }
  - { name: audience, count: ${audience}, publish: { audio: false } }
${rest}`;
}

/** Three readings are the fewest that a hold is judged by. */
const CALIBRATE =
  'sampling: { interval: 500ms }\ncalibrate: { group: audience, start: 4, max: 200, joinRate: 30, settle: 500ms, hold: 2s, drain: 500ms, repeats: 1, resolution: 0.2, maxSteps: 8 }\n';
const LOAD = 'load: { stages: [ { kind: ramp, rate: 10 }, { kind: hold, duration: 4s } ] }\n';

test('a cluster gives its bridges the share that was asked for, and takes the control groups away', async () => {
  const cli = startCli(['cluster', 'start', '--bridges', '2', '--cpu-share', '0.25', '--json']);
  await cli.output(/"url"/);
  const { bridges } = JSON.parse(cli.text()) as { bridges: { pid: number }[] };
  const folders = bridges.map(({ pid }) => {
    const [group] = groupParents(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
    ).filter(({ folder }) => folder.endsWith(`/rtc-bench-${pid}`));
    if (group === undefined) throw new Error(`bridge ${pid} is in no group of its own`);
    return group;
  });
  for (const { folder, version } of folders) {
    const [quota, period = '10000'] =
      version === 2
        ? readFileSync(join(folder, 'cpu.max'), 'utf8').split(/\s/)
        : [readFileSync(join(folder, 'cpu.cfs_quota_us'), 'utf8')];
    expect(Number(quota) / Number(period)).toBe(0.25);
  }
  cli.child.kill('SIGINT');
  expect((await cli.ended).exitCode).toBe(130);
  for (const { folder } of folders) expect(existsSync(folder), folder).toBe(false);
});

test('what a bridge with a tenth of a core carries is found, and a run tells stress and headroom by it', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'shared.yaml');
    await writeFile(file, scenario(`bridges: 1, cpuShare: ${SHARE}`, 4, CALIBRATE + LOAD));
    const out = join(folder, 'capacity');
    const calibration = await runCli(['calibrate', file, '--out', out]);
    const told = `${calibration.stdout}${calibration.stderr}`;
    expect(calibration.exitCode, told).toBe(0);
    const capacity = parseCapacityFile(await readFile(join(out, 'capacity.json'), 'utf8'), 'capacity.json');
    expect(capacity).toMatchObject({ limitedBy: 'bridge-cpu', bridge: { cpuShare: SHARE } });
    for (const { bridgeCpuRatio } of capacity.curve)
      expect(bridgeCpuRatio ?? 0, told).toBeLessThan(1.3 * SHARE);
    expect(calibration.stdout).toContain('One bridge with 0.1 of a core carries');
    expect(calibration.stdout).toMatch(
      /load-threshold = \d+[\s\S]*stress-threshold = 0\.8[\s\S]*consumers per worker = \d+[\s\S]*num_tracks: \d+/,
    );

    const using = join(folder, 'using.yaml');
    const target = `bridges: 2, placement: spread, cpuShare: ${SHARE}, maxPacketRatePps: capacity/capacity.json`;
    await writeFile(using, scenario(target, 4, LOAD));
    const run = await runCli(['run', using, '--out', join(folder, 'run')]);
    // A busy host makes a run inconclusive; what it tells of the bridges is the same.
    expect([0, 4], run.stderr).toContain(run.exitCode);
    expect(run.stdout).toMatch(/Headroom[\s\S]*spare packets\/s[\s\S]*the loss of the fullest bridge/);
    const { bridges, warnings } = await manifestOf(join(folder, 'run'));
    expect(warnings).toEqual([]);
    for (const bridge of bridges) {
      expect(bridge).toMatchObject({
        maxPacketRatePps: capacity.maxPacketRatePps,
        maxPacketRateSource: 'capacity/capacity.json',
      });
      const { mean } = bridge.stress;
      expect(mean).toBeCloseTo((bridge.packetRatePps.mean ?? 0) / (capacity.maxPacketRatePps ?? 1), 9);
      expect(mean).toBeGreaterThan(0);
    }
    expect(await readFile(join(folder, 'run', 'report.html'), 'utf8')).toContain(
      'Headroom, until a bridge’s stress is 0.8',
    );

    // Somebody else's capacity: another machine and version, all of a core, other traffic.
    const foreign = {
      ...capacity,
      machine: { ...capacity.machine, cpuModel: 'Another CPU', cores: 64 },
      bridge: { ...capacity.bridge, software: 'mediasoup 3.0.0' },
    };
    await writeFile(join(out, 'capacity.json'), formatCapacityFile(foreign));
    await writeFile(using, scenario('bridges: 1, maxPacketRatePps: capacity/capacity.json', 2, LOAD, true));
    const other = await runCli(['run', using, '--out', join(folder, 'other')]);
    const mismatches = (await manifestOf(join(folder, 'other'))).warnings.join('\n');
    for (const words of [
      'on Another CPU',
      '64 cores',
      'mediasoup 3.0.0',
      '0.1 of a core for a bridge',
      'other traffic',
    ]) {
      expect(mismatches).toContain(words);
      expect(other.stdout).toContain(words);
    }
  }));

async function manifestOf(dir: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
}
