import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CapacityFile } from '../../src/capacity/capacity-file.ts';
import type { Manifest } from '../../src/results/records.ts';
import { leftoversOf, processesOf, type RunningCli, runCli, startCli } from '../support/cli.ts';

/** Janus as its user has it: by the command line, which moves into a network namespace for it. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-janus-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SCENARIO = fileURLToPath(new URL('../../scenarios/janus.yaml', import.meta.url));
const ASK = fileURLToPath(new URL('../support/ask-janus.ts', import.meta.url));

const manifestOf = async (out: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));

function rowsOf(csv: string): Record<string, string>[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])));
}

function janusOf(run: RunningCli): number {
  const found = processesOf(run.mark).find(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'janus';
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no Janus runs: ${run.text()}`);
  return found.pid;
}

/** By a program of the test's own, in the namespace of the run. */
function askJanus(run: RunningCli): { atMs: number; packets: number } {
  const pid = janusOf(run);
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const configuration = words[words.indexOf('-F') + 1] ?? '';
  const asWhom = process.getuid?.() === 0 ? [] : ['--preserve-credentials', '-U'];
  const args = [...asWhom, '-n', '-t', String(pid), process.execPath, ASK, configuration];
  return JSON.parse(execFileSync('nsenter', args, { encoding: 'utf8' }));
}

/** Packets that the run's own readings had counted at a time, between two of them by their rate. */
function countedAt(rows: readonly Record<string, string>[], originMs: number, atMs: number): number {
  const points = rows.map((row) => ({
    atMs: originMs + Number(row.t_ms),
    packets: Number(row.packets_in) + Number(row.packets_out),
  }));
  const after = points.findIndex((point) => point.atMs >= atMs);
  const [a, b] = [points[after - 1], points[after]];
  if (a === undefined || b === undefined) throw new Error('not within the readings');
  return a.packets + ((b.packets - a.packets) * (atMs - a.atMs)) / (b.atMs - a.atMs);
}

describe('scenarios/janus.yaml', () => {
  it('carries quickstart’s load and agrees with its handles and with the kernel', async () => {
    const out = join(folder, 'out');
    const run = startCli(['run', SCENARIO, '--out', out]);
    await run.output(/hold .*joined 22/);
    const first = askJanus(run);
    await delay(12_000);
    const second = askJanus(run);
    const { exitCode, stdout } = await run.ended;
    expect(exitCode, stdout).toBe(0);
    const manifest = await manifestOf(out);
    expect(manifest.participants).toEqual({ planned: 22, joined: 22, failed: 0 });
    expect(manifest.target.kind).toBe('janus');
    expect(manifest.target.notOffered.length).toBeGreaterThan(0);
    const [bridge] = manifest.bridges;
    expect(bridge?.cpuRatio.mean).toBeGreaterThan(0);
    const rows = rowsOf(await readFile(join(out, 'bridges.csv'), 'utf8'));
    const originMs = await originOf(out);
    const ours = countedAt(rows, originMs, second.atMs) - countedAt(rows, originMs, first.atMs);
    const theirs = second.packets - first.packets;
    expect(theirs).toBeGreaterThan(20_000);
    expect(Math.abs(ours - theirs) / theirs).toBeLessThan(0.01);
    const { accounting } = manifest;
    expect(Math.abs(accounting?.kernelDifferenceRatio ?? 1)).toBeLessThan(0.03);
    const decoding = rowsOf(await readFile(join(out, 'tracks.csv'), 'utf8')).filter(
      ({ engine, direction, frames_per_second: rate }) =>
        engine === 'browser' && direction === 'down' && Number(rate) > 5,
    );
    expect(new Set(decoding.map(({ participant }) => participant)).size).toBe(2);
    expect(await leftoversOf(run.mark)).toEqual([]);
  });
});

async function originOf(out: string): Promise<number> {
  const lines = (await readFile(join(out, 'timeline.ndjson'), 'utf8')).trim().split('\n');
  const started = lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'run-started');
  return Date.parse(started.startedAt);
}

const small = (target: string, rest: string) => `version: 1
name: small
target: ${target}
participants:
  - { name: all, count: 4, publish: { audio: { pattern: continuous }, video: { height: 180 } } }
${rest}`;
const HOLD = 'load: { stages: [ { kind: ramp, rate: 4 }, { kind: hold, duration: 30s } ] }\n';

async function written(name: string, text: string): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, text);
  return path;
}

describe('a run on Janus', () => {
  it('goes on when one of two servers is killed, and tells of it', async () => {
    const out = join(folder, 'killed');
    const stages = 'load: { stages: [ { kind: ramp, rate: 4 }, { kind: hold, duration: 5s } ] }\n';
    const path = await written('killed', small('{ kind: janus, start: true, bridges: 2 }', stages));
    const run = startCli(['run', path, '--out', out]);
    await run.output(/hold .*joined 4/);
    // All four are in one room, so one server has nothing to lose: whichever dies, the report is whole.
    process.kill(janusOf(run), 'SIGKILL');
    const { exitCode, stdout } = await run.ended;
    // bridge.up_ratio is a gate of every run.
    expect(exitCode, stdout).toBe(99);
    const manifest = await manifestOf(out);
    expect(manifest.status).toBe('completed');
    expect(manifest.bridges.filter(({ diedAtMs }) => diedAtMs !== null)).toHaveLength(1);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('janus');
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('leaves no Janus behind when it is killed itself', async () => {
    const path = await written('orphan', small('{ kind: janus, start: true }', HOLD));
    const run = startCli(['run', path, '--out', join(folder, 'orphan')]);
    await run.output(/joined 4/);
    run.child.kill('SIGKILL');
    expect(await leftoversOf(run.mark)).toEqual([]);
  });

  it('ends with exit 3 before anything is sent where nobody answers, or the secret is missing', async () => {
    const nobody =
      '{ kind: janus, servers: [ { url: "ws://127.0.0.1:9", admin: "http://127.0.0.1:9/admin" } ] }';
    const path = await written('nobody', small(nobody, HOLD));
    const missing = await runCli(['run', path, '--out', join(folder, 'no-secret')]);
    expect([missing.exitCode, missing.stderr]).toEqual([
      3,
      expect.stringContaining('RTC_BENCH_JANUS_ADMIN_SECRET'),
    ]);
    const unreachable = await runCli(['run', path, '--out', join(folder, 'nobody')], {
      env: { RTC_BENCH_JANUS_ADMIN_SECRET: 'not-to-be-seen' },
    });
    expect([unreachable.exitCode, unreachable.stderr]).toEqual([3, expect.stringContaining('no admin API')]);
    expect(unreachable.stdout + unreachable.stderr).not.toContain('not-to-be-seen');
  });

  it('is calibrated as any bridge is', async () => {
    const out = join(folder, 'calibration');
    const path = await written(
      'calibration',
      small(
        '{ kind: janus, start: true }',
        'calibrate: { start: 3, max: 4, maxSteps: 5, repeats: 1, settle: 1s, hold: 3s, drain: 0s }\n',
      ),
    );
    const { exitCode, stdout, stderr } = await runCli(['calibrate', path, '--out', out]);
    expect([0, 4], stdout + stderr).toContain(exitCode);
    const capacity: CapacityFile = JSON.parse(await readFile(join(out, 'capacity.json'), 'utf8'));
    expect(capacity.bridge).toEqual({
      kind: 'janus',
      software: expect.stringMatching(/^janus \d/),
      cpuShare: null,
    });
    expect(capacity.curve[0]?.packetRatePps).toBeGreaterThan(0);
  });

  it('has a report with the same sections as one on mediasoup', async () => {
    const stages = 'load: { stages: [ { kind: ramp, rate: 4 }, { kind: hold, duration: 3s } ] }\n';
    const sections: string[][] = [];
    for (const [kind, target] of [
      ['janus', '{ kind: janus, start: true }'],
      ['mediasoup', '{ kind: mediasoup }'],
    ] as const) {
      const out = join(folder, `same-${kind}`);
      const path = await written(`same-${kind}`, small(target, stages));
      const { exitCode, stdout, stderr } = await runCli(['run', path, '--out', out]);
      expect(exitCode, stdout + stderr).not.toBe(3);
      const html = await readFile(join(out, 'report.html'), 'utf8');
      sections.push([...html.matchAll(/<h2[^>]*>(.*?)<\/h2>/g)].map(([, title]) => title ?? ''));
    }
    expect(sections[0]?.length).toBeGreaterThan(3);
    expect(sections[0]).toEqual(sections[1]);
  });
});
