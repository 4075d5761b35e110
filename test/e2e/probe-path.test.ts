import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { packetSentMs } from '../../src/probe/packet-format.ts';
import { probePath } from '../../src/probe/probe-path.ts';
import { serveProbe } from '../../src/probe/server/serve.ts';
import type { ProbeResult } from '../../src/probe/types.ts';
import { createSystem } from '../../src/system/real.ts';
import { drawn } from '../netns/drawn.ts';
import { createPath, hasNetem, type NetnsPath, type PathOptions } from '../netns/path.ts';
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

/** A path with faults of its kernel where that can, else through the relay; with what was really injected. */
async function throughFaults(
  faults: { delayMs: number; jitterMs: number; lossRatio: number; duplicateRatio: number },
  ratePps: number,
): Promise<{ result: ProbeResult; injected: { jitterMs: number; lost: number; duplicates: number | null } }> {
  if (!(await hasNetem())) {
    const { result, relay } = await throughRelay(
      { ...faults, allowReordering: true, sentMsOf: (data) => packetSentMs(data, 0) },
      ratePps,
    );
    const { injectedJitterMs, dropped, duplicated } = relay.counts;
    return { result, injected: { jitterMs: injectedJitterMs, lost: dropped, duplicates: duplicated } };
  }
  const { result, path } = await acrossPath(faults, ['--rate', String(ratePps), '--duration', '4']);
  // The mean difference of two values that are spread evenly over 2 J.
  const jitterMs = (2 / 3) * faults.jitterMs;
  return { result, injected: { jitterMs, lost: await path.dropped(), duplicates: null } };
}

describe('through faults of values that no code was written for', () => {
  it('finds jitter within 10 %, loss within 0.2 points, and sees what is late and what comes twice', async () => {
    const draw = drawn();
    const faults = {
      delayMs: draw(15, 30),
      jitterMs: draw(4, 9),
      lossRatio: draw(0.005, 0.08),
      duplicateRatio: draw(0.01, 0.05),
    };
    const { result, injected } = await throughFaults(faults, 500);
    const { total } = result;
    const told = `${draw.seed} ${JSON.stringify(faults)}`;
    expect(injected.jitterMs, told).toBeGreaterThan(2);
    expect(Math.abs((total.jitterMs ?? 0) / injected.jitterMs - 1), told).toBeLessThan(0.1);
    const injectedLoss = injected.lost / (total.sentPackets ?? 1);
    expect(Math.abs((total.lossRatio ?? 1) - injectedLoss), told).toBeLessThan(0.002);
    // At 2 ms a packet many overtake others.
    expect(total.outOfOrderPackets, told).toBeGreaterThan(100);
    if (injected.duplicates === null) expect(total.duplicatePackets, told).toBeGreaterThan(5);
    else expect(total.duplicatePackets, told).toBe(injected.duplicates);
  });

  it('counts exactly what a relay lost, doubled and held back', async () => {
    const draw = drawn();
    const faults = {
      lossRatio: draw(0.01, 0.05),
      duplicateRatio: draw(0.01, 0.05),
      reorderRatio: draw(0.005, 0.02),
    };
    const { result, relay } = await throughRelay(faults, 2000);
    const { dropped, duplicated } = relay.counts;
    expect(dropped, draw.seed).toBeGreaterThan(20);
    expect(result.total.lostPackets, draw.seed).toBe(dropped);
    expect(result.total.lossRatio).toBeCloseTo(dropped / 8000, 6);
    expect(result.total.duplicatePackets, draw.seed).toBe(duplicated);
    expect(result.drops).toMatchObject({ socketDrops: 0, networkLost: dropped });
  });

  it('counts what was overtaken as out of order', async () => {
    const draw = drawn();
    const { result, relay } = await throughRelay({ reorderRatio: draw(0.01, 0.04) }, 2000, 2000);
    expect(relay.counts.reordered, draw.seed).toBeGreaterThan(10);
    expect(result.total.outOfOrderPackets, draw.seed).toBe(relay.counts.reordered);
    expect(result.total.lostPackets).toBe(0);
  });
});

async function acrossPath(
  options: PathOptions,
  args: readonly string[],
): Promise<{ result: ProbeResult; path: NetnsPath }> {
  const path = await createPath(options);
  closing.push(() => path.close());
  await serverIn(path);
  const server = ['--server', `${path.b.address}:45678`];
  const { code, stdout, stderr } = await path.run('a', process.execPath, [
    ...[RTC_BENCH, 'probe', 'udp', ...server, '--json'],
    ...args,
  ]);
  expect(code, stderr).toBe(0);
  return { result: JSON.parse(stdout) as ProbeResult, path };
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
    const draw = drawn();
    const lossRatio = draw(0.002, 0.09);
    const { result, path } = await acrossPath({ lossRatio }, ['--rate', '20000', '--duration', '3']);
    const { total, drops } = result;
    const injected = (await path.dropped()) / (total.sentPackets ?? 1);
    expect(Math.abs(injected - lossRatio), draw.seed).toBeLessThan(0.005);
    expect(Math.abs((total.lossRatio ?? 0) - injected), draw.seed).toBeLessThan(0.002);
    expect(drops?.networkLost).toBe(total.lostPackets);
  });

  // Ethernet's 14 bytes and the 28 of IP and UDP count for the bucket.
  it.each([
    [10e6, 24e6, 900, 1300, undefined],
    [4e6, 8e6, 100, 300, 20],
  ])(
    'finds a limit of %i to %i bit/s with packets of %i to %i bytes within 5 %% (queue: %s ms)',
    async (low, high, smallest, largest, queueMs) => {
      const draw = drawn();
      const [rateBps, size] = [Math.round(draw(low, high)), Math.round(draw(smallest, largest))];
      const path = queueMs === undefined ? { rateBps } : { rateBps, queueMs };
      const { result } = await acrossPath(path, ['--find-max', '--size', String(size), '--repeat', '2']);
      const { findMax } = result;
      const limitPps = rateBps / 8 / (size + 42);
      const told = `${draw.seed}: ${rateBps} bit/s, ${size} bytes`;
      expect(Math.abs((findMax?.maxPacketRatePps ?? 0) / limitPps - 1), told).toBeLessThan(0.05);
      expect(findMax?.senderLimited, told).toBe(false);
      expect(findMax?.spreadRatio, told).toBeLessThan(0.1);
    },
  );

  it('measures as an ordinary user would, through a user namespace', async () => {
    const options = { lossRatio: 0.1, throughUserNamespace: true };
    const { result, path } = await acrossPath(options, ['--rate', '10000', '--duration', '2']);
    expect(result.total.lostPackets).toBe(await path.dropped());
    expect(Math.abs((result.total.lossRatio ?? 0) - 0.1)).toBeLessThan(0.01);
  });
});
