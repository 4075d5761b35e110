import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SignallingClient } from '../../src/cluster/signalling/client.ts';
import { startTestCluster } from '../support/cluster.ts';
import { allEnded, descendants, running } from '../support/processes.ts';
import { join, next } from '../support/rtp-peer.ts';

const RTC_BENCH = new URL('../../bin/rtc-bench.js', import.meta.url).pathname;

interface Started {
  child: ChildProcess;
  exited: Promise<{ code: number | null; stderr: string }>;
}

function rtcBench(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [RTC_BENCH, 'cluster', 'start', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += String(text);
  });
  const exited = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { child, exited };
}

/** The command, once its cluster is up: bridges' and workers' process ids are among `family`. */
async function up(args: readonly string[] = []) {
  const started = rtcBench(args);
  const { stdout, pid } = started.child;
  if (stdout === null || pid === undefined) throw new Error('not started');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  const { url, bridges } = JSON.parse(line) as { url: string; bridges: { bridgeId: string; pid: number }[] };
  const family = descendants(pid);
  for (const bridge of bridges) expect(family).toContain(bridge.pid);
  expect(family).toHaveLength(bridges.length * 2);
  const bridgeProcesses = family.filter((candidate) => !bridges.some((bridge) => bridge.pid === candidate));
  return { ...started, pid, url, bridges, bridgeProcesses, family };
}

describe('rtc-bench cluster start', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends on %s with everything that it started', async (signal, code) => {
    const { child, family, exited } = await up();
    child.kill(signal);
    expect((await exited).code).toBe(code);
    expect(running(family)).toEqual([]);
  });

  it('leaves nothing running when it is killed', async () => {
    const { child, family } = await up();
    child.kill('SIGKILL');
    await allEnded(family);
  });

  it('loses the worker with its bridge process, and goes on with the others', async () => {
    const { family, bridgeProcesses, url } = await up();
    const [first = 0] = bridgeProcesses;
    const ending = [first, ...descendants(first)];
    process.kill(first, 'SIGKILL');
    await allEnded(ending);
    expect(running(family)).toHaveLength(2);
    await expect
      .poll(async () => (await fetch(`${url}/health`)).json())
      .toMatchObject({
        status: 'degraded',
        bridges: { living: 1, total: 2 },
      });
    expect(await (await fetch(`${url}/samples`)).json()).toHaveLength(1);
  });

  it('ends, as a matter of the environment, when the last bridge has died', async () => {
    const { bridges, exited, family } = await up(['--bridges', '1']);
    process.kill(bridges[0]?.pid ?? 0, 'SIGKILL');
    const { code, stderr } = await exited;
    expect(code).toBe(3);
    expect(stderr).toContain('bridge-0 died');
    expect(running(family)).toEqual([]);
  });

  it('says so when the port is taken, and leaves nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stderr } = await rtcBench(['--port', String(port)]).exited;
    expect(code).toBe(3);
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is taken`);
  });

  it('says so when the worker does not start', async () => {
    const { code, stderr } = await rtcBench([], { MEDIASOUP_WORKER_BIN: '/nowhere/mediasoup-worker' }).exited;
    expect(code).toBe(3);
    expect(stderr).toContain('npx rtc-bench setup');
  });
});

describe('a bridge that dies', () => {
  it('is told to its participants, whose room finds another place', async () => {
    const cluster = await startTestCluster({ bridges: 2 });
    onTestFinished(() => cluster.close());
    const lost = await join(cluster, 'r', 'p1', 0);
    const kept = await join(cluster, 'r', 'p2', 1);
    const told = next(lost.client, 'bridgeLost');
    process.kill(cluster.bridges[0]?.pid ?? 0, 'SIGKILL');
    expect((await told).bridgeId).toBe('bridge-0');
    expect((await lost.client.closed).code).toBe(4001);

    const again = await join(cluster, 'r', 'p1', 0);
    expect(again.joined.bridgeId).toBe('bridge-1');
    expect(kept.client.isOpen).toBe(true);
    expect(cluster.events.filter(({ type }) => type !== 'bridge-up')).toEqual([
      { type: 'room-placed', room: 'r', bridgeId: 'bridge-0', reason: 'first' },
      { type: 'room-placed', room: 'r', bridgeId: 'bridge-1', reason: 'spread' },
      { type: 'bridge-died', bridgeId: 'bridge-0', reason: expect.stringContaining('SIGKILL') },
      { type: 'room-placed', room: 'r', bridgeId: 'bridge-1', reason: 'bridge-died' },
    ]);
  });

  it('takes in none of those who were on their way to it', async () => {
    const cluster = await startTestCluster({ bridges: 2 });
    onTestFinished(() => cluster.close());
    const { url, bridgeId } = await cluster.invite({ room: 'r', participantId: 'p1', pinnedBridge: 0 });
    expect(bridgeId).toBe('bridge-0');
    process.kill(cluster.bridges[0]?.pid ?? 0, 'SIGKILL');
    await expect.poll(() => cluster.events.some(({ type }) => type === 'bridge-died')).toBe(true);
    const client = await SignallingClient.connect(url);
    expect((await client.request('join', {})).bridgeId).toBe('bridge-1');
  });
});
