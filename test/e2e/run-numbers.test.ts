import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/results/records.ts';
import type { BridgeSample } from '../../src/targets/types.ts';
import { runCli, startCli } from '../support/cli.ts';

/** A run's numbers beside whoever else counts the same packets: the SFU asked directly, and the kernel. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-numbers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HOLD_S = 15;

function scenarioText(target: string): string {
  return `version: 1
name: numbers
target: { ${target}, maxPacketRatePps: 12345 }
participants:
  - { name: speakers, count: 3, publish: { audio: { pattern: continuous }, video: { height: 360 } } }
  - { name: listeners, count: 9, publish: { audio: false } }
load: { stages: [ { kind: ramp, rate: 6 }, { kind: warm-up, duration: 4s }, { kind: hold, duration: ${HOLD_S}s } ] }
`;
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
  it('agree with what the SFU says when asked directly, within 1 %', async () => {
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
    const read = async () => (await (await fetch(`${url}/samples`)).json()) as BridgeSample[];
    const path = join(folder, 'numbers.yaml');
    await writeFile(path, scenarioText(`url: "${url}"`));
    const run = startCli(['run', path, '--out', out]);
    await run.output(/hold .*joined 12/);
    const before = await read();
    await new Promise((resolve) => setTimeout(resolve, (HOLD_S - 3) * 1000));
    const after = await read();
    await run.ended;
    cluster.child.kill('SIGINT');
    await cluster.ended;

    const manifest: Manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ status: 'completed', participants: { joined: 12 } });
    const steady = rows(await readFile(join(out, 'bridges.csv'), 'utf8')).filter(
      (row) => row.steady === 'true',
    );
    for (const bridge of manifest.bridges) {
      const own = steady.filter((row) => row.bridge === bridge.id);
      const [first, last] = [before, after].map((samples) =>
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
    }
    const { accounting } = manifest;
    expect(Math.abs(accounting?.differenceUpRatio ?? 1)).toBeLessThan(0.01);
    expect(Math.abs(accounting?.differenceDownRatio ?? 1)).toBeLessThan(0.01);
  });

  it('agree with the kernel’s datagrams within 3 %, with control traffic and without', async () => {
    const path = join(folder, 'kernel.yaml');
    await writeFile(path, scenarioText('bridges: 2, maxParticipantsPerBridgeAndRoom: 6'));
    const out = join(folder, 'kernel');
    await startCli(['run', path, '--out', out], { ownNetwork: true }).ended;
    const { accounting, participants }: Manifest = JSON.parse(
      await readFile(join(out, 'manifest.json'), 'utf8'),
    );
    expect(participants.joined).toBe(12);
    expect(Math.abs(accounting?.kernelDifferenceRatio ?? 1)).toBeLessThan(0.03);
    const { bridgesIn = 0, bridgesOut = 0, relayPackets = 0, kernelDatagramsOut = 0 } = accounting ?? {};
    const rtp = bridgesIn + bridgesOut + relayPackets;
    expect(Math.abs(rtp / (kernelDatagramsOut ?? 0) - 1), `${rtp} of ${kernelDatagramsOut}`).toBeLessThan(
      0.03,
    );
  });

  it('are the same document on stdout as in the folder', async () => {
    const out = join(folder, 'json');
    const path = join(folder, 'small.yaml');
    await writeFile(
      path,
      'version: 1\nname: small\nparticipants: [ { name: a, count: 2, publish: { video: { height: 180 } } } ]\nload: { stages: [ { kind: ramp }, { kind: hold, duration: 4s } ] }\n',
    );
    const { stdout, exitCode } = await runCli(['run', path, '--out', out, '--json', '--quiet']);
    const document: Manifest = JSON.parse(stdout);
    expect(document).toEqual(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));
    expect(document.exitCode).toBe(exitCode);
  });
});
