import { setTimeout as delay } from 'node:timers/promises';
import { type BrowserSettings, createBrowserEngine } from '../../src/participants/browser/index.ts';
import type { System } from '../../src/system/types.ts';
import type { EngineBench } from '../participants/contract.ts';
import type { TestCluster } from './cluster.ts';
import { clusterAccess } from './cluster-access.ts';

const PATIENCE_MS = 20_000;

/** What the engine contract needs of real browsers in a real cluster. */
export function browserBench(
  system: System,
  cluster: TestCluster,
  room: string,
  settings: Partial<BrowserSettings> = {},
): EngineBench {
  return {
    create: (options) => createBrowserEngine(system, options, settings),
    access: (plan) => clusterAccess(cluster, plan.id, `${plan.roomId}-${room}`),
    pass: (ms) => delay(ms),
    async until(condition) {
      const deadline = performance.now() + PATIENCE_MS;
      while (!(await condition())) {
        if (performance.now() > deadline) throw new Error(`it did not come to that within ${PATIENCE_MS} ms`);
        await delay(50);
      }
    },
    async loseBridge(_engine, bridgeId) {
      const bridge = cluster.bridges.find((candidate) => candidate.bridgeId === bridgeId);
      process.kill(bridge?.pid ?? 0, 'SIGKILL');
    },
  };
}
