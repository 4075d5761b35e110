import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/results/records.ts';
import { readHostCounters } from '../../src/system/host-counters.ts';
import type { BridgeSample } from '../../src/targets/types.ts';
import { runCli, startCli } from '../support/cli.ts';

/** The numbers of a run held against whoever else counts the same packets: the SFU asked directly, and the kernel. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-numbers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HOLD_S = 15;

async function scenario(url: string): Promise<string> {
  const path = join(folder, 'numbers.yaml');
  await writeFile(
    path,
    `version: 1
name: numbers
target: { url: "${url}", placement: least-stressed, maxPacketRatePps: 12345 }
participants:
  - { name: speakers, count: 3, publish: { audio: { pattern: continuous }, video: { height: 360 } } }
  - { name: listeners, count: 9, publish: { audio: false } }
load: { stages: [ { kind: ramp, rate: 6 }, { kind: warm-up, duration: 4s }, { kind: hold, duration: ${HOLD_S}s } ] }
`,
  );
  return path;
}

function rows(csv: string): Record<string, string>[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function packetsOf({ local, relay }: BridgeSample): number {
  return (local.packetsIn ?? 0) + (local.packetsOut ?? 0) + (relay.packetsIn ?? 0) + (relay.packetsOut ?? 0);
}

describe('the numbers of a run', () => {
  it('agree with the SFU’s own counters within 1 % and with the kernel’s within 3 %', async () => {
    const cluster = startCli([
      'cluster',
      'start',
      '--bridges',
      '2',
      '--max-participants-per-bridge-and-room',
      '6',
      '--json',
    ]);
    await cluster.output(/http:\/\/127\.0\.0\.1:\d+/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(cluster.text())?.[0] ?? '';
    const out = join(folder, 'out');
    const read = async () => {
      const samples = (await (await fetch(`${url}/samples`)).json()) as BridgeSample[];
      return { samples, kernel: readHostCounters().udp?.outDatagrams ?? 0 };
    };
    const run = startCli(['run', await scenario(url), '--out', out]);
    await run.output(/hold .*joined 12/);
    const before = await read();
    await new Promise((resolve) => setTimeout(resolve, (HOLD_S - 3) * 1000));
    const after = await read();
    const ended = await run.ended;
    expect(ended.exitCode, ended.stdout).toBe(0);
    cluster.child.kill('SIGINT');
    await cluster.ended;

    const manifest: Manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
    const steady = rows(await readFile(join(out, 'bridges.csv'), 'utf8')).filter(
      (row) => row.steady === 'true',
    );
    let total = 0;
    for (const bridge of manifest.bridges) {
      const own = steady.filter((row) => row.bridge === bridge.id);
      const [first, last] = [before, after].map(({ samples }) =>
        samples.find(({ bridgeId }) => bridgeId === bridge.id),
      );
      if (first === undefined || last === undefined) throw new Error(`no sample of ${bridge.id}`);
      const counted = ((packetsOf(last) - packetsOf(first)) * 1000) / (last.readAtMs - first.readAtMs);
      const reported = mean(own.map((row) => Number(row.packet_rate_pps)));
      expect(Math.abs(reported / counted - 1), `${bridge.id}: ${reported} of ${counted}`).toBeLessThan(0.01);
      // Stress is what anyone would compute from the CSV: the bridge's own rate over its own maximum.
      expect(bridge.stress.mean).toBeCloseTo(reported / 12_345, 6);
      expect(bridge.stress.max).toBeCloseTo(
        Math.max(...own.map((row) => Number(row.packet_rate_pps))) / 12_345,
        6,
      );
      // A packet between bridges is sent once and counted at both.
      total += reported - mean(own.map((row) => Number(row.relay_packet_rate_in_pps)));
    }
    const { accounting } = manifest;
    expect(Math.abs(accounting?.differenceUpRatio ?? 1)).toBeLessThan(0.01);
    expect(Math.abs(accounting?.differenceDownRatio ?? 1)).toBeLessThan(0.01);
    expect(Math.abs(accounting?.kernelDifferenceRatio ?? 1)).toBeLessThan(0.03);
    const kernel =
      ((after.kernel - before.kernel) /
        ((after.samples[0]?.readAtMs ?? 0) - (before.samples[0]?.readAtMs ?? 0))) *
      1000;
    expect(Math.abs(total / kernel - 1), `${total} of ${kernel}`).toBeLessThan(0.03);
  });

  it('are the same document on stdout as in the folder', async () => {
    const out = join(folder, 'json');
    const path = join(folder, 'small.yaml');
    await writeFile(
      path,
      'version: 1\nname: small\nparticipants: [ { name: a, count: 2, publish: { video: { height: 180 } } } ]\nload: { stages: [ { kind: hold, duration: 4s } ] }\n',
    );
    const { stdout, exitCode } = await runCli(['run', path, '--out', out, '--json', '--quiet']);
    const document: Manifest = JSON.parse(stdout);
    expect(document).toEqual(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));
    expect(document.exitCode).toBe(exitCode);
  });
});
