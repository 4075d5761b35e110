import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import type { Engine, ParticipantEvent } from '../../src/participants/types.ts';
import { createSystem } from '../../src/system/real.ts';
import { participantPlan } from '../participants/contract.ts';
import { browserProcesses, isBrowser } from '../support/browser-processes.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { clusterAccess } from '../support/cluster-access.ts';
import { ownAddress } from '../support/own-address.ts';
import { ensureProgram } from './servers/provide.ts';

const signal = new AbortController().signal;
const system = createSystem();
let cluster: TestCluster;
let engine: Engine;
const events: ParticipantEvent[] = [];

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come to that: ${JSON.stringify(events)}`);
    await delay(200);
  }
}

beforeAll(async () => {
  await ensureProgram('firefox-esr', ['--version'], ['firefox-esr']);
  const advertise = ownAddress();
  cluster = await startTestCluster({ bridges: 1, host: advertise });
  engine = createBrowserEngine(
    system,
    { onEvent: (event) => events.push(event), access: (plan) => clusterAccess(cluster, plan.id, 'babel') },
    { participants: { chromium: 1, firefox: 1 }, advertise },
  );
  await engine.start(signal);
});
afterAll(async () => {
  await engine.close();
  await cluster.close();
});

describe('Firefox and Chromium in one room', () => {
  it('hear and see each other, measured by the same rows', async () => {
    await engine.join(participantPlan('chromium', { browser: 'chromium' }), signal);
    await engine.join(participantPlan('firefox', { browser: 'firefox' }), signal);
    expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
    await until(async () => {
      const flowing = (await engine.sample()).map(({ tracks }) =>
        tracks.filter(({ packets, framesDecoded }) => packets > 20 && (framesDecoded ?? 11) > 10),
      );
      return flowing.length === 2 && flowing.every((tracks) => tracks.length === 4);
    });
    const samples = await engine.sample();
    const firefox = samples.find(({ participantId }) => participantId === 'firefox');
    // What it does not report is missing, not zero.
    expect(firefox).toMatchObject({ datagramsSent: null, availableOutgoingBitrateBps: null });
    expect(engine.versions()).toMatchObject({ chromium: expect.any(String), firefox: expect.any(String) });
    expect((await engine.sampleGenerator()).rssBytes).toBeGreaterThan(100e6);
  });

  it('end with the engine', async () => {
    expect(browserProcesses(process.pid).length).toBeGreaterThan(2);
    await engine.close();
    await until(() => browserProcesses(process.pid).length === 0);
  });

  it('end with its owner, when that is killed without a chance to clean up', async () => {
    const host = spawn(
      process.execPath,
      [fileURLToPath(import.meta.resolve('../support/browser-host.ts')), 'firefox'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(host.stdout, 'data');
    const processes = browserProcesses(host.pid ?? 0).map(({ pid }) => pid);
    expect(processes.length).toBeGreaterThan(1);
    host.kill('SIGKILL');
    await until(() => !processes.some(isBrowser));
  });
});
