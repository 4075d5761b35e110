import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { TuneResult } from '../../src/probe/tune/types.ts';
import { drawn } from '../netns/drawn.ts';
import { createPath } from '../netns/path.ts';

const RTC_BENCH = fileURLToPath(new URL('../../bin/rtc-bench.js', import.meta.url));
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('a sweep against another host', () => {
  it('tells a full receive buffer, a full send buffer and the network apart', async () => {
    const draw = drawn();
    const lossRatio = draw(0.01, 0.05);
    // Room for the mean of 40 Mbit/s but not for a key frame at once: it waits in the device's queue.
    const path = await createPath({ lossRatio, rateBps: draw(55e6, 70e6), queueMs: 400 });
    closing.push(() => path.close());
    const serving = ['probe', 'serve', '--listen', path.b.address, '--json', '--stop-after', '120'];
    const server = path.spawn('b', process.execPath, [RTC_BENCH, ...serving]);
    server.stderr?.resume();
    if (server.stdout === null) throw new Error('the server has no output');
    await once(server.stdout, 'data');
    const burst = [
      '--rate',
      '4000',
      '--senders',
      '8',
      '--pause',
      '60',
      '--pause-every',
      '200',
      '--trial',
      '0.5',
    ];
    const tuning = [
      'tune',
      'udp-buffers',
      '--server',
      `${path.b.address}:45678`,
      '--json',
      '--quiet',
      ...burst,
    ];
    const { code, stdout, stderr } = await path.run('a', process.execPath, [RTC_BENCH, ...tuning]);
    expect(code, stderr).toBe(0);
    const { sweep, advice, server: told, warnings } = JSON.parse(stdout) as TuneResult;

    expect(told).toEqual({ host: path.b.address, port: 45_678 });
    // 240 packets of a pause cost 550 kB.
    expect(sweep.receive[0]).toMatchObject({ askedBytes: 65_536, grantedBytes: 131_072, passed: false });
    expect(sweep.receive[0]?.drops.socketDrops).toBeGreaterThan(0);
    expect(sweep.unasked.grantedBytes).toBe(sweep.limits.rmemDefault);
    expect(sweep.smallestReceiveBytes).toBeGreaterThan(65_536);
    expect(sweep.receive.at(-1)).toMatchObject({ passed: true, drops: { socketDrops: 0 } });
    // No buffer mends what nftables drops, and no size is blamed for it.
    expect(Math.abs((sweep.networkLossRatio ?? 0) - lossRatio), draw.seed).toBeLessThan(0.01);
    expect(warnings.join()).toContain('the network lost');
    // A key frame of 100 packets does not fit 32 KiB of send buffer while the device is busy.
    expect(sweep.send[0]).toMatchObject({ grantedBytes: 32_768, passed: false });
    expect(sweep.send.at(-1)).toMatchObject({ passed: true });
    expect(
      advice.sysctl.filter(({ name }) => name.includes('rmem')).every(({ host }) => host === 'server'),
    ).toBe(true);
  });

  it('refuses to apply here what was found for there', async () => {
    const path = await createPath();
    closing.push(() => path.close());
    const args = ['tune', 'udp-buffers', '--server', '10.0.0.9', '--apply'];
    const { code, stderr } = await path.run('a', process.execPath, [RTC_BENCH, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain('the receive buffers are those of the other one');
  });
});

describe('--apply and --revert', () => {
  const CORE = '/proc/sys/net/core';
  const NAMES = ['rmem_max', 'rmem_default', 'wmem_max', 'wmem_default', 'netdev_max_backlog'];

  /** The command line where the kernel's settings are files of a folder: whatever it writes, this host keeps its own. */
  async function withSettings(folder: string, script: string): Promise<string> {
    const mounted = `mount --bind ${folder}/core ${CORE} && ${script}`;
    const { stdout } = await promisify(execFile)('unshare', [
      ...[process.getuid?.() === 0 ? '-m' : '-Urm', '--propagation', 'private'],
      ...['sh', '-ec', mounted],
    ]);
    return stdout;
  }

  it('write, load, sweep again, and leave everything as it was before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rtcb-apply-'));
    closing.push(() => rm(folder, { recursive: true }));
    const real = await Promise.all(NAMES.map((name) => readFile(join(CORE, name), 'utf8').catch(() => null)));
    await mkdir(join(folder, 'core'));
    // A host whose limit holds nothing.
    for (const name of NAMES) await writeFile(join(folder, 'core', name), '131072\n');
    const bench = `${process.execPath} ${RTC_BENCH} tune udp-buffers --drop-in ${folder}/60-test.conf --quiet --json`;
    const burst = '--rate 4000 --senders 8 --pause 60 --pause-every 200 --trial 0.5';
    const result = JSON.parse(await withSettings(folder, `${bench} ${burst} --apply`)) as TuneResult;
    const { sweep, advice, applied, after } = result;

    expect(sweep.limits.rmemMax).toBe(131_072);
    expect(sweep.smallestReceiveBytes).toBeNull();
    expect(advice.isEstimate).toBe(true);
    expect(applied?.lines.map(({ name }) => name)).toContain('net.core.rmem_max');
    expect(after?.limits.rmemMax).toBe(advice.recommendedBytes);
    expect(after?.receive.at(-1)?.askedBytes).toBeGreaterThan(131_072);
    expect(after?.smallestReceiveBytes).toBeLessThanOrEqual(advice.recommendedBytes);
    const setting = async (name: string) => Number(await readFile(join(folder, 'core', name), 'utf8'));
    expect(await setting('rmem_max')).toBe(advice.recommendedBytes);
    expect(await readFile(join(folder, '60-test.conf'), 'utf8')).toContain(
      '# was net.core.rmem_max = 131072',
    );

    const reverted = JSON.parse(await withSettings(folder, `${bench} --revert`)) as { restored: object };
    expect(reverted.restored).toMatchObject({ 'net.core.rmem_max': 131_072 });
    for (const name of NAMES) expect(await setting(name)).toBe(131_072);
    expect(await readdir(folder)).toEqual(['core']);
    expect(
      await Promise.all(NAMES.map((name) => readFile(join(CORE, name), 'utf8').catch(() => null))),
    ).toEqual(real);
  });
});
