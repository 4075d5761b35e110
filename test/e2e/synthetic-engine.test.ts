import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createSyntheticEngine } from '../../src/participants/synthetic/index.ts';
import { createSystem } from '../../src/system/real.ts';
import { engineContract } from '../participants/contract.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { clusterAccess } from '../support/cluster-access.ts';

const PATIENCE_MS = 20_000;

const system = createSystem();
let cluster: TestCluster;
let room = 0;

beforeAll(async () => {
  cluster = await startTestCluster({ bridges: 2 });
});
// What the test before has left behind in the cluster must not be in the room of this one.
beforeEach(() => {
  room += 1;
});
afterAll(() => cluster.close());

engineContract('synthetic', () => ({
  create: (options) => createSyntheticEngine(system, options),
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
}));
