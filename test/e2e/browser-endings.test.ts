import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import type { Engine, ParticipantEvent } from '../../src/participants/types.ts';
import { createSystem } from '../../src/system/real.ts';
import { participantPlan } from '../participants/contract.ts';
import { browserProcesses, commandLine, isBrowser } from '../support/browser-processes.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { clusterAccess } from '../support/cluster-access.ts';

const system = createSystem();
const signal = new AbortController().signal;
let cluster: TestCluster;
let engine: Engine | null = null;
let events: ParticipantEvent[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({ bridges: 1 });
});
afterEach(async () => {
  await engine?.close();
  engine = null;
});
afterAll(() => cluster.close());

async function startedEngine(participantsPerPage: number): Promise<Engine> {
  events = [];
  engine = createBrowserEngine(
    system,
    {
      onEvent: (event) => events.push(event),
      access: (plan) => clusterAccess(cluster, plan.id, 'endings'),
    },
    { participantsPerPage },
  );
  await engine.start(signal);
  return engine;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`it did not come to that: ${JSON.stringify(events)}`);
    await delay(50);
  }
}

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rtc-bench-browser-'));

const ownerOf = (folder: string) => {
  try {
    return Number.parseInt(readFileSync(join(tmpdir(), folder, 'pid'), 'utf8'), 10);
  } catch {
    return null;
  }
};

describe('a browser ends', () => {
  it('in order: no process and no folder stays', async () => {
    const running = await startedEngine(4);
    await running.join(participantPlan('p1'), signal);
    expect(browserProcesses(process.pid).length).toBeGreaterThan(2);
    await running.close();
    await until(() => browserProcesses(process.pid).length === 0);
    expect(folders().filter((name) => ownerOf(name) === process.pid)).toEqual([]);
  });

  it('killed: everybody in it is told as gone, new ones as failed, and nothing hangs', async () => {
    const running = await startedEngine(4);
    await Promise.all(['p1', 'p2'].map((id) => running.join(participantPlan(id), signal)));
    const browser = browserProcesses(process.pid).find(({ parentPid }) => parentPid === process.pid);
    process.kill(browser?.pid ?? 0, 'SIGKILL');
    await until(() => events.filter(({ type }) => type === 'left').length === 2);
    expect(events.filter(({ type }) => type === 'engine-failed')).toMatchObject([
      { engine: 'browser', participantIds: ['p1', 'p2'] },
    ]);
    expect(await running.sample()).toEqual([]);
    await running.join(participantPlan('p3'), signal);
    expect(events.at(-1)).toMatchObject({ type: 'failed', participantId: 'p3' });
    await running.close();
    await until(() => browserProcesses(process.pid).length === 0);
  });

  it('one page crashed: those in it are gone, the others stay', async () => {
    const running = await startedEngine(1);
    await Promise.all(['p1', 'p2'].map((id) => running.join(participantPlan(id), signal)));
    await until(() => events.filter(({ type }) => type === 'steps').length === 2);
    process.kill(busiestRenderer(), 'SIGKILL');
    await until(() => events.some(({ type }) => type === 'left'));
    const [failed] = events.filter((event) => event.type === 'engine-failed');
    expect(failed?.reason).toBe('the page crashed');
    expect(failed?.participantIds).toHaveLength(1);
    const [gone] = failed?.participantIds ?? [];
    expect(events.filter((event) => event.type === 'left')).toMatchObject([{ participantId: gone }]);
    const stayed = gone === 'p1' ? 'p2' : 'p1';
    expect((await running.sample()).map(({ participantId }) => participantId)).toEqual([stayed]);
  });

  it('with its owner, when that is killed without a chance to clean up', async () => {
    const host = spawn(process.execPath, [fileURLToPath(import.meta.resolve('../support/browser-host.ts'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(host.stdout, 'data');
    const processes = browserProcesses(host.pid ?? 0).map(({ pid }) => pid);
    expect(processes.length).toBeGreaterThan(2);
    host.kill('SIGKILL');
    await until(() => !processes.some(isBrowser));
    const left = folders().filter((name) => ownerOf(name) === host.pid);
    expect(left).toHaveLength(1);
    // The next start clears up what the killed one could not.
    await startedEngine(4);
    expect(folders()).not.toContain(left[0]);
  });
});

/** Chromium keeps a spare renderer, which is no page yet. */
function busiestRenderer(): number {
  const renderers = browserProcesses(process.pid).filter(({ pid }) =>
    commandLine(pid).includes('--type=renderer'),
  );
  return renderers.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds)[0]?.pid ?? 0;
}
