import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/results/records.ts';
import { leftoversOf, processesOf, runCli, startCli } from '../support/cli.ts';

/** Every way a run can end, on the real cluster. Synthetic participants: the endings are the same for all. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-endings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Endings are tested here, not this machine: however busy it is, the generator is not to decide. */
const UNDISTURBED = {
  lateSendRatio: 1,
  lateSendP99Ms: 60_000,
  offeredShortfallRatio: 1,
  eventLoopDelayMs: 60_000,
  eventLoopUtilisationRatio: 1,
  generatorCpuRatio: 1,
  socketDropRatio: 1,
  unexplainedLossRatio: 1,
  stealRatio: 1,
  clockJumpMs: 60_000,
  startLagMs: 60_000,
};

interface Ending {
  hold?: string;
  gates?: string[];
  target?: string;
  room?: string;
}

async function scenario(
  name: string,
  { hold = '6s', gates = [], target = '', room = 'room' }: Ending = {},
): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  await writeFile(
    path,
    [
      'version: 1',
      `name: ${name}`,
      `target: { bridges: 2, placement: spread, maxPacketRatePps: 20000, maxParticipantsPerBridgeAndRoom: 2${target} }`,
      `rooms: { name: ${JSON.stringify(room)} }`,
      'participants:',
      '  - { name: all, count: 4, publish: { video: { height: 180 } } }',
      `load: { stages: [ { kind: ramp, rate: 4 }, { kind: hold, duration: ${hold} } ] }`,
      `gates: ${JSON.stringify(gates)}`,
      `trust: ${JSON.stringify(UNDISTURBED)}`,
      '',
    ].join('\n'),
  );
  return path;
}

async function manifestOf(dir: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
}

describe('a run that is carried out', () => {
  it('passes (0) and leaves a whole folder and nothing running', async () => {
    const out = join(folder, 'pass');
    const run = startCli([
      'run',
      await scenario('pass', { gates: ['max(bridge.stress) < 0.8'] }),
      '--out',
      out,
      '--quiet',
    ]);
    const { exitCode, stdout, stderr } = await run.ended;
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('PASS');
    expect(stdout).toContain('report.html');
    const manifest = await manifestOf(out);
    expect(manifest).toMatchObject({ status: 'completed', verdict: 'pass', exitCode: 0 });
    expect(manifest.participants).toEqual({ planned: 4, joined: 4, failed: 0 });
    for (const file of manifest.files) expect(existsSync(join(out, file)), file).toBe(true);
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('fails (99) when a gate fails', async () => {
    const out = join(folder, 'fail');
    const { exitCode, stdout } = await runCli([
      'run',
      await scenario('fail', { gates: ['max(bridge.stress) < 0.0001'] }),
      '--out',
      out,
    ]);
    expect(exitCode).toBe(99);
    expect(stdout).toContain('FAIL');
    expect((await manifestOf(out)).gates.find((gate) => gate.expression.includes('0.0001'))?.outcome).toBe(
      'failed',
    );
  });

  it('is inconclusive (4) when a gate’s metric has no samples', async () => {
    const path = await scenario('nothing', { gates: ['p95(participant.rtt_ms{engine=browser}) < 50'] });
    const { exitCode, stdout } = await runCli(['run', path, '--out', join(folder, 'nothing')]);
    expect(exitCode).toBe(4);
    expect(stdout).toContain('INCONCLUSIVE');
  });

  it('lets no name do harm, on the terminal, in CSV or in HTML', async () => {
    const out = join(folder, 'names');
    const room = '=cmd()<script>alert(1)</script>\u001b[2J';
    const { exitCode, stdout } = await runCli(['run', await scenario('names', { room }), '--out', out]);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('\u001b');
    const [csv, html] = await Promise.all(
      ['tracks.csv', 'report.html'].map((file) => readFile(join(out, file), 'utf8')),
    );
    expect(csv).not.toMatch(/(^|,)"?=cmd/m);
    expect(html).not.toContain('<script>alert(1)');
    expect(html).not.toContain('\u001b');
  });
});

describe('a run that is not started', () => {
  it('says file, line and column of a misspelt key and of a misspelt metric (2)', async () => {
    const path = await scenario('typo', { gates: ['max(bridge.stres) < 1'] });
    await writeFile(path, (await readFile(path, 'utf8')).replace('placement:', 'placemnt:'));
    const out = join(folder, 'typo');
    const { exitCode, stderr } = await runCli(['run', path, '--out', out]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/typo\.yaml:3:23.*placemnt/s);
    expect(stderr).toMatch(/typo\.yaml:8:\d+.*bridge\.stress/s);
    expect(existsSync(out)).toBe(false);
  });

  it('names the worker that is missing and what gets it (3)', async () => {
    const { exitCode, stderr } = await runCli(
      ['run', await scenario('no-worker'), '--out', join(folder, 'no-worker')],
      {
        env: { MEDIASOUP_WORKER_BIN: join(folder, 'absent') },
      },
    );
    expect(exitCode).toBe(3);
    expect(stderr).toContain('rtc-bench setup');
  });

  it('says that a target cannot be reached (3)', async () => {
    const path = await scenario('nobody', { target: ', url: "http://127.0.0.1:9"' });
    const { exitCode, stderr } = await runCli(['run', path, '--out', join(folder, 'nobody')]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('127.0.0.1:9');
  });

  it('does not write into a folder that holds something (2)', async () => {
    const { exitCode, stderr } = await runCli(['run', await scenario('twice'), '--out', folder]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--out');
  });
});

describe('a run that is stopped', () => {
  it('drains at the first Ctrl-C and keeps what was measured (130)', async () => {
    const out = join(folder, 'once');
    const run = startCli(['run', await scenario('once', { hold: '10m' }), '--out', out]);
    await run.output(/hold .*joined 4/);
    run.child.kill('SIGINT');
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('kept');
    expect(await manifestOf(out)).toMatchObject({
      status: 'interrupted',
      verdict: 'inconclusive',
      exitCode: 130,
    });
    expect(existsSync(join(out, 'report.html'))).toBe(true);
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('ends at once at the second, and nothing is left running', async () => {
    const run = startCli(['run', await scenario('again', { hold: '10m' }), '--out', join(folder, 'again')]);
    await run.output(/hold .*joined 4/);
    run.child.kill('SIGINT');
    await run.output(/once more/);
    run.child.kill('SIGINT');
    expect((await run.ended).exitCode).toBe(130);
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('ends with 143 for SIGTERM', async () => {
    const run = startCli(['run', await scenario('term', { hold: '10m' }), '--out', join(folder, 'term')]);
    await run.output(/hold .*joined 4/);
    run.child.kill('SIGTERM');
    expect((await run.ended).exitCode).toBe(143);
  });

  it('is still reportable after SIGKILL, and nothing is left running', async () => {
    const out = join(folder, 'killed');
    const run = startCli(['run', await scenario('killed', { hold: '10m' }), '--out', out]);
    await run.output(/hold .*joined 4/);
    run.child.kill('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    expect(await leftoversOf(run.mark)).toEqual([]);
    const report = await runCli(['report', out]);
    expect(report.exitCode).toBe(0);
    expect(report.stdout).toContain('INCONCLUSIVE');
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('killed');
  });
});

describe('a run to which something happens', () => {
  it('records a bridge that dies, places its rooms again and fails (99)', async () => {
    const out = join(folder, 'bridge');
    const run = startCli(['run', await scenario('bridge', { hold: '15s' }), '--out', out]);
    await run.output(/hold .*joined 4/);
    const worker = processesOf(run.mark).find(({ command }) => command.includes('mediasoup-worker'));
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    const { exitCode } = await run.ended;
    expect(exitCode).toBe(99);
    const timeline = await readFile(join(out, 'timeline.ndjson'), 'utf8');
    expect(timeline).toContain('"bridge-died"');
    expect(timeline).toMatch(/"participant-joined".*"attempt":2/);
    expect((await manifestOf(out)).bridges.filter((bridge) => bridge.diedAtMs !== null)).toHaveLength(1);
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('gives up when every bridge has died (3)', async () => {
    const out = join(folder, 'bridges');
    const run = startCli(['run', await scenario('bridges', { hold: '10m' }), '--out', out]);
    await run.output(/hold .*joined 4/);
    for (const { pid, command } of processesOf(run.mark))
      if (command.includes('mediasoup-worker')) process.kill(pid, 'SIGKILL');
    const { exitCode, stderr } = await run.ended;
    expect(exitCode).toBe(3);
    expect(stderr).toContain('every bridge has died');
    expect(await manifestOf(out)).toMatchObject({ status: 'failed', verdict: 'inconclusive' });
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('ends and says so when the disk is full (3), and what was written is reportable', async () => {
    const disk = join(folder, 'disk');
    execFileSync('mkdir', ['-p', disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2500k', 'tmpfs', disk]);
    try {
      const run = startCli(['run', await scenario('full', { hold: '5m' }), '--out', join(disk, 'out')]);
      const { exitCode, stderr } = await run.ended;
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/no space/i);
      expect(await manifestOf(join(disk, 'out'))).toMatchObject({ status: 'failed' });
      expect(await leftoversOf(run.mark)).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
