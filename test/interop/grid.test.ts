import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseGridStatus, sessionsOf } from '../../src/participants/browser/grid/status.ts';
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import type { Engine, ParticipantEvent, ParticipantSample } from '../../src/participants/types.ts';
import { createSystem } from '../../src/system/real.ts';
import type { System } from '../../src/system/types.ts';
import { participantPlan } from '../participants/contract.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { clusterAccess } from '../support/cluster-access.ts';
import { gridSettings } from '../support/grid-settings.ts';
import { startTestGrid, type TestGrid } from './servers/selenium.ts';

const PATIENCE_MS = 40_000;
const signal = new AbortController().signal;
let said = '';
const real = createSystem();
const stderr = {
  ...real.stderr,
  write(text: string) {
    said += text;
  },
};
const system: System = { ...real, stderr };
let cluster: TestCluster;
let grid: TestGrid;
let engine: Engine | null = null;
let events: ParticipantEvent[] = [];

beforeAll(async () => {
  [cluster, grid] = await Promise.all([startTestCluster({ bridges: 1 }), startTestGrid()]);
});
afterEach(async () => {
  await engine?.close();
  engine = null;
  await until(async () => (await sessions()).length === 0);
});
afterAll(() => Promise.all([cluster.close(), grid.close()]));

function gridEngine(participants: number, clearLeftovers = false, url = grid.url): Engine {
  events = [];
  said = '';
  engine = createBrowserEngine(
    system,
    { onEvent: (event) => events.push(event), access: (plan) => clusterAccess(cluster, plan.id, 'grid') },
    gridSettings(url, participants, clearLeftovers),
  );
  return engine;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come to that: ${JSON.stringify(events)}`);
    await delay(100);
  }
}

async function sessions() {
  const status = parseGridStatus(await (await fetch(`${grid.url}/status`)).json());
  if (status === null) throw new Error('no grid answers');
  return sessionsOf(status);
}

const decoded = ({ tracks }: ParticipantSample) =>
  tracks.filter(({ framesDecoded }) => framesDecoded !== null && framesDecoded > 10).length;

describe('browsers of a Selenium Grid', () => {
  it('carry two participants a session, who see each other', async () => {
    const running = gridEngine(4);
    await running.start(signal);
    expect(await sessions()).toHaveLength(2);
    await Promise.all(['p1', 'p2', 'p3', 'p4'].map((id) => running.join(participantPlan(id), signal)));
    expect(events.filter(({ type }) => type === 'joined')).toHaveLength(4);
    await until(async () => {
      const samples = await running.sample();
      return samples.length === 4 && samples.every((sample) => decoded(sample) === 3);
    });
    expect(running.versions()['grid-chrome']).toMatch(/^\d+\./);
    expect((await running.sampleGenerator()).cpuSeconds).toBeNull();
    await running.close();
    await until(async () => (await sessions()).length === 0);
  });

  it('are counted before anything starts', async () => {
    await expect(gridEngine(60).start(signal)).rejects.toMatchObject({
      code: 'RTCB_GRID_SLOTS',
      exitCode: 3,
      message: 'the plan needs 30 sessions of chrome on the grid, 2 are free: 28 missing',
    });
  });

  it('are lost with their browser, told and not waited for', async () => {
    const running = gridEngine(4);
    await running.start(signal);
    await Promise.all(['p1', 'p2', 'p3'].map((id) => running.join(participantPlan(id), signal)));
    const [first] = await sessions();
    await fetch(`${grid.url}/session/${first?.id}`, { method: 'DELETE' });
    await until(() => events.some(({ type }) => type === 'left'));
    const [failed] = events.filter((event) => event.type === 'engine-failed');
    expect(failed?.reason).toBe('its session on the grid has ended');
    const gone = new Set(failed?.participantIds);
    expect(gone.size).toBeGreaterThan(0);
    const present = (await running.sample()).map(({ participantId }) => participantId);
    expect(present).toEqual(['p1', 'p2', 'p3'].filter((id) => !gone.has(id)));
  });

  it('that a killed run has left are named, and deleted when asked', async () => {
    const host = spawn(
      process.execPath,
      [fileURLToPath(import.meta.resolve('../support/grid-host.ts')), grid.url],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(host.stdout, 'data');
    host.kill('SIGKILL');
    await once(host, 'exit');
    const left = (await sessions()).map(({ id }) => id);
    expect(left).toHaveLength(2);
    await expect(gridEngine(4).start(signal)).rejects.toMatchObject({
      code: 'RTCB_GRID_SLOTS',
      hint: expect.stringContaining('--clear-grid'),
    });
    for (const id of left) expect(said).toContain(id);
    await gridEngine(4, true).start(signal);
    expect(said).toContain('deleted');
    const now = (await sessions()).map(({ id }) => id);
    expect(now).toHaveLength(2);
    expect(now.filter((id) => left.includes(id))).toEqual([]);
  });

  it('are out of reach without their address being told', async () => {
    const secret = 'http://127.0.0.1:9/wd/hub?X-Amz-Signature=0123456789abcdef';
    const failure = await gridEngine(2, false, secret)
      .start(signal)
      .then(
        () => null,
        (error: Error) => error,
      );
    expect(failure).toMatchObject({ code: 'RTCB_GRID_UNREACHABLE', exitCode: 3 });
    expect(failure?.message).not.toMatch(/0123456789abcdef|wd\/hub|127\.0\.0\.1/);
    expect(said).not.toContain('0123456789abcdef');
  });
});
