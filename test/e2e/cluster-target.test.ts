import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { CLUSTER_DEFAULTS } from '../../src/cluster/settings.ts';
import { createSystem } from '../../src/system/real.ts';
import { MediasoupTarget } from '../../src/targets/mediasoup/target.ts';
import type { TargetEvent } from '../../src/targets/types.ts';
import { startTestCluster } from '../support/cluster.ts';
import { allEnded, descendants } from '../support/processes.ts';
import { describeTargetContract } from '../targets/contract.ts';

function create(url: string | null, onEvent: (event: TargetEvent) => void = () => {}): MediasoupTarget {
  const target = new MediasoupTarget({
    onEvent,
    system,
    url,
    placement: 'least-stressed',
    settings: CLUSTER_DEFAULTS,
  });
  onTestFinished(() => target.close());
  return target;
}
const { signal } = new AbortController();
const system = createSystem();

describeTargetContract('mediasoup', {
  protocol: 'rtc-bench-v1',
  create: (options) =>
    new MediasoupTarget({
      ...options,
      system,
      url: null,
      placement: 'least-stressed',
      settings: CLUSTER_DEFAULTS,
    }),
  kill(target, bridgeId) {
    const pid = target.bridges().find((bridge) => bridge.bridgeId === bridgeId)?.pid;
    if (typeof pid !== 'number') throw new Error(`no process of ${bridgeId} is known`);
    process.kill(pid, 'SIGKILL');
  },
});

it('uses a running cluster, also for a second run, and leaves it running', async () => {
  const cluster = await startTestCluster({ bridges: 1 });
  onTestFinished(() => cluster.close());
  for (const room of ['first', 'second']) {
    const target = create(cluster.url.replace('http', 'ws'));
    await target.start(signal);
    expect(target.bridges()).toHaveLength(1);
    expect(target.versions()).toEqual({ mediasoup: expect.stringMatching(/^3\./) });
    await target.access({ roomId: 'r', roomName: room, participantId: 'p', pinnedBridge: null }, signal);
    await target.close();
  }
  expect(await (await fetch(`${cluster.url}/health`)).json()).toMatchObject({ status: 'ok' });
});

it.each([
  ['nobody', 'http://127.0.0.1:9'],
  ['something else', null],
])('says so when %s answers at the address', async (_who, address) => {
  const { createServer } = await import('node:http');
  const other = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const bound = other.address();
  const port = typeof bound === 'object' ? bound?.port : 0;
  await expect(create(address ?? `http://127.0.0.1:${port}`).start(signal)).rejects.toMatchObject({
    code: 'RTCB_TARGET_UNREACHABLE',
    exitCode: 3,
  });
});

it('is lost, and leaves nothing running, when its coordinator is killed', async () => {
  let lost: (event: TargetEvent) => void = () => {};
  const told = new Promise<TargetEvent>((resolve) => {
    lost = resolve;
  });
  const before = descendants(process.pid);
  const target = create(null, (event) => {
    if (event.type === 'target-lost') lost(event);
  });
  await target.start(signal);
  const family = descendants(process.pid).filter((pid) => !before.includes(pid));
  const [coordinator = 0] = family;
  expect(family).toHaveLength(5);
  process.kill(coordinator, 'SIGKILL');
  expect((await told).type).toBe('target-lost');
  await allEnded(family);
  expect(await target.sampleBridges()).toEqual([]);
});

it('leaves nothing running when the process that started it is killed', async () => {
  const script = `
    const { MediasoupTarget } = await import(${JSON.stringify(new URL('../../src/targets/mediasoup/target.ts', import.meta.url).href)});
    const { createSystem } = await import(${JSON.stringify(new URL('../../src/system/real.ts', import.meta.url).href)});
    const settings = ${JSON.stringify(CLUSTER_DEFAULTS)};
    const target = new MediasoupTarget({ system: createSystem(), url: null, placement: 'spread', settings, onEvent() {} });
    await target.start(new AbortController().signal);
    console.log('up');`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface(parent.stdout), 'line');
  const family = descendants(parent.pid ?? 0);
  expect(family).toHaveLength(5);
  parent.kill('SIGKILL');
  await allEnded(family);
});
