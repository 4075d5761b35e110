import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createSystem } from '../../src/system/real.ts';
import { engineContract } from '../participants/contract.ts';
import { browserBench } from '../support/browser-bench.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';

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

engineContract('browser', () => browserBench(system, cluster, String(room)));
