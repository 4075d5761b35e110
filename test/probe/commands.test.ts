import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { createSystem } from '../../src/system/real.ts';
import type { System } from '../../src/system/types.ts';
import { fakeSystem } from '../support/fake-system.ts';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const real = createSystem();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rtcb-probe-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The command line with streams that are kept; clock, sockets and files are real. */
async function run(...argv: string[]) {
  const streams = fakeSystem();
  const exits: number[] = [];
  const system: System = {
    ...real,
    stdout: streams.stdout,
    stderr: streams.stderr,
    onSignal: () => () => {},
    exit: ((code: number) => exits.push(code)) as System['exit'],
  };
  const code = await main(argv, system);
  return { code, stdout: streams.stdout.text, stderr: streams.stderr.text };
}

describe('probe import', () => {
  it('prints a document with the sessions of the Kurento post', async () => {
    const { code, stdout } = await run('probe', 'import', fixture('iperf2-seed-host.txt'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'udp-probe',
      estimatedSessions: 1205,
      mode: 'imported',
    });
  });

  it('prints a table, with the session asked for', async () => {
    const { stdout } = await run(
      'probe',
      'import',
      fixture('iperf2-seed-vm-one-line.txt'),
      '--session-bitrate',
      '100k',
    );
    expect(stdout).toContain('20.9 Mbit/s');
    expect(stdout).toMatch(/estimated sessions +209 /);
  });

  it.each([
    ['iperf3-3.12-noserver.json', 3, 'iperf3-3.12-noserver.json: the iperf run failed: unable to connect'],
    ['iperf2-2.1.8-noserver.txt', 4, ''],
  ])('ends %s with %i', async (name, exitCode, message) => {
    const { code, stderr } = await run('probe', 'import', fixture(name), '--json');
    expect(code).toBe(exitCode);
    expect(stderr).toContain(message);
  });

  it('refuses a file that is not there, and a session of nothing', async () => {
    expect((await run('probe', 'import', join(folder, 'missing'))).code).toBe(2);
    expect(
      (await run('probe', 'import', fixture('iperf2-seed-host.txt'), '--session-bitrate', '0')).code,
    ).toBe(2);
  });

  it('makes what an iperf output says safe for a terminal', async () => {
    const file = join(folder, 'evil.json');
    const document = JSON.parse(readFileSync(fixture('iperf3-3.12-noserver.json'), 'utf8'));
    document.error = 'no \u001b[2Jway';
    writeFileSync(file, JSON.stringify(document));
    const { stderr } = await run('probe', 'import', file);
    expect(stderr).toContain('no \\u{1b}[2Jway');
    expect(stderr).not.toContain('\u001b');
  });

  it('writes a row an interval and one for the whole', async () => {
    const csv = join(folder, 'run.csv');
    await run('probe', 'import', fixture('iperf3-3.22-server-json.json'), '--csv', csv);
    const lines = readFileSync(csv, 'utf8').trim().split('\n');
    expect(lines[0]).toContain('row,startMs,endMs,sentPackets');
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual([
      'interval',
      'interval',
      'interval',
      'total',
    ]);
  });
});

describe('probe compare', () => {
  it('sets a saved probe beside an iperf output, as table, document and chart', async () => {
    const saved = join(folder, 'host.json');
    const svg = join(folder, 'chart.svg');
    await run('probe', 'import', fixture('iperf2-seed-host.txt'), '--label', 'physical', '--out', saved);
    const vm = fixture('iperf2-seed-vm-one-line.txt');
    const table = await run('probe', 'compare', saved, vm, '--svg', svg);
    expect(table.stdout).toMatch(/throughput +48\.2 Mbit\/s +20\.9 Mbit\/s +-56\.6 %/);
    expect(table.stdout).toContain('physical');
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [^>]*>.*48\.2 Mbit\/s.*<\/svg>$/s);
    const { stdout } = await run('probe', 'compare', saved, vm, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'udp-probe-comparison',
      labels: ['physical', 'iperf2-seed-vm-one-line.txt'],
    });
  });
});

describe('probe udp', () => {
  it('measures this host and saves what it printed', async () => {
    const saved = join(folder, 'here.json');
    const { code, stdout, stderr } = await run(
      'probe',
      'udp',
      '--duration',
      '1.2',
      '--rate',
      '2k',
      '--flows',
      '2',
      '--json',
      '--out',
      saved,
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).total).toMatchObject({ sentPackets: 2400, lostPackets: 0 });
    expect(readFileSync(saved, 'utf8')).toBe(stdout);
    expect(stderr).toContain('packets/s');
  });

  it.each([
    ['--size', '16'],
    ['--rate', 'fast'],
    ['--duration', '0'],
    ['--flows', '0'],
    ['--server', 'host:99999'],
    ['--shape', 'square'],
    ['--loss-bound', '2'],
  ])('refuses %s %s before anything is sent', async (flag, value) => {
    const { code, stdout } = await run('probe', 'udp', flag, value, '--json');
    expect(code).toBe(2);
    expect(stdout).toBe('');
  });

  it('says what to run where nobody answers', async () => {
    const { code, stderr } = await run('probe', 'udp', '--server', '127.0.0.1:1', '--duration', '1');
    expect(code).toBe(3);
    expect(stderr).toContain('rtc-bench probe serve');
  });
});

describe('tune udp-buffers', () => {
  it('restores what a drop-in file kept, and says when there is none', async () => {
    const { code, stderr } = await run(
      'tune',
      'udp-buffers',
      '--revert',
      '--drop-in',
      join(folder, 'none.conf'),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('nothing was applied');
  });

  it('refuses to apply and revert at once', async () => {
    expect((await run('tune', 'udp-buffers', '--revert', '--apply')).code).toBe(2);
  });
});
