import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { packetSentMs } from '../../src/probe/packet-format.ts';
import { probePath } from '../../src/probe/probe-path.ts';
import { serveProbe } from '../../src/probe/server/serve.ts';
import type { ProbeResult } from '../../src/probe/types.ts';
import { createSystem } from '../../src/system/real.ts';
import { createPath, type NetnsPath, type PathOptions } from '../netns/path.ts';
import { createRelay, type RelayOptions } from '../netns/relay.ts';

const RTC_BENCH = fileURLToPath(new URL('../../bin/rtc-bench.js', import.meta.url));
const system = createSystem();
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function throughRelay(faults: Omit<RelayOptions, 'target'>, ratePps: number, durationMs = 4000) {
  const server = await serveProbe(system, {
    address: '127.0.0.1',
    port: 0,
    limits: { maxDurationMs: 20_000, maxPacketRatePps: 50_000 },
    log: () => {},
  });
  closing.push(() => server.close());
  const relay = await createRelay({ target: { host: '127.0.0.1', port: server.port }, ...faults });
  closing.push(() => relay.close());
  const result = await probePath(system, {
    server: { host: '127.0.0.1', port: relay.port },
    shape: { kind: 'constant', sizeBytes: 200, ratePps },
    durationMs,
  });
  return { result, relay };
}

describe('through a relay with faults', () => {
  it('finds the jitter that was injected within 10 %', async () => {
    const { result, relay } = await throughRelay(
      { delayMs: 20, jitterMs: 6, allowReordering: true, sentMsOf: (data) => packetSentMs(data, 0) },
      500,
    );
    const { injectedJitterMs } = relay.counts;
    expect(injectedJitterMs).toBeGreaterThan(3);
    expect(Math.abs((result.total.jitterMs ?? 0) - injectedJitterMs) / injectedJitterMs).toBeLessThan(0.1);
  });

  it('counts exactly the packets that were lost, doubled and held back', async () => {
    const { result, relay } = await throughRelay(
      { lossRatio: 0.02, duplicateRatio: 0.03, reorderRatio: 0.01 },
      2000,
    );
    const { dropped, duplicated } = relay.counts;
    expect(dropped).toBeGreaterThan(50);
    expect(result.total.lostPackets).toBe(dropped);
    expect(result.total.lossRatio).toBeCloseTo(dropped / 8000, 6);
    expect(result.total.duplicatePackets).toBe(duplicated);
    expect(result.drops).toMatchObject({ socketDrops: 0, networkLost: dropped });
  });

  it('counts what was overtaken as out of order', async () => {
    const { result, relay } = await throughRelay({ reorderRatio: 0.02 }, 2000, 2000);
    expect(relay.counts.reordered).toBeGreaterThan(20);
    expect(result.total.outOfOrderPackets).toBe(relay.counts.reordered);
    expect(result.total.lostPackets).toBe(0);
  });
});

async function acrossPath(options: PathOptions, args: readonly string[]): Promise<ProbeResult> {
  const path = await createPath(options);
  closing.push(() => path.close());
  await serverIn(path);
  const { code, stdout, stderr } = await path.run('a', process.execPath, [
    RTC_BENCH,
    'probe',
    'udp',
    '--server',
    `${path.b.address}:45678`,
    '--json',
    ...args,
  ]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as ProbeResult;
}

async function serverIn(path: NetnsPath): Promise<ChildProcess> {
  const args = ['probe', 'serve', '--listen', path.b.address, '--json', '--stop-after', '150'];
  const server = path.spawn('b', process.execPath, [RTC_BENCH, ...args]);
  server.stderr?.resume();
  if (server.stdout === null) throw new Error('the server has no output');
  await once(server.stdout, 'data');
  return server;
}

describe('across network namespaces', () => {
  it('finds a loss within 0.2 points', async () => {
    const { total, drops } = await acrossPath({ lossRatio: 0.037 }, ['--rate', '20000', '--duration', '5']);
    expect(Math.abs((total.lossRatio ?? 0) - 0.037)).toBeLessThan(0.002);
    expect(drops?.networkLost).toBe(total.lostPackets);
  });

  // Ethernet's 14 bytes and the 28 of IP and UDP count for the bucket.
  it.each([
    [15_000_000, 1200, undefined],
    [6_000_000, 160, 20],
  ])('finds a limit of %i bit/s with packets of %i bytes within 5 %%', async (rateBps, size, queueMs) => {
    const path = queueMs === undefined ? { rateBps } : { rateBps, queueMs };
    const { findMax } = await acrossPath(path, ['--find-max', '--size', String(size), '--repeat', '2']);
    const limitPps = rateBps / 8 / (size + 42);
    expect(Math.abs((findMax?.maxPacketRatePps ?? 0) - limitPps) / limitPps).toBeLessThan(0.05);
    expect(findMax?.senderLimited).toBe(false);
    expect(findMax?.spreadRatio).toBeLessThan(0.1);
  });

  it('measures as an ordinary user would, through a user namespace', async () => {
    const { total } = await acrossPath({ lossRatio: 0.1, throughUserNamespace: true }, [
      '--rate',
      '10000',
      '--duration',
      '2',
    ]);
    expect(Math.abs((total.lossRatio ?? 0) - 0.1)).toBeLessThan(0.01);
  });
});
