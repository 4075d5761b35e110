import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { createSystem } from '../../src/system/real.ts';
import { engineContract } from '../participants/contract.ts';
import { browserBench } from '../support/browser-bench.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { gridSettings } from '../support/grid-settings.ts';
import { ownAddress } from '../support/own-address.ts';
import { ensureProgram } from './servers/provide.ts';
import { startTestGrid, type TestGrid } from './servers/selenium.ts';

const system = createSystem();
let room = 0;
beforeEach(() => {
  room += 1;
});

describe('Firefox', () => {
  const advertise = ownAddress();
  let cluster: TestCluster;
  beforeAll(async () => {
    await ensureProgram('firefox-esr', ['--version'], ['firefox-esr']);
    cluster = await startTestCluster({ bridges: 2, host: advertise });
  });
  afterAll(() => cluster.close());

  engineContract('browser, Firefox', () =>
    browserBench(system, cluster, String(room), { participants: { firefox: 4 }, advertise }),
  );
});

describe('a grid', () => {
  let cluster: TestCluster;
  let grid: TestGrid;
  beforeAll(async () => {
    [cluster, grid] = await Promise.all([startTestCluster({ bridges: 2 }), startTestGrid()]);
  });
  afterAll(() => Promise.all([cluster.close(), grid.close()]));

  engineContract('browser, on a grid', () => ({
    ...browserBench(system, cluster, String(room), { ...gridSettings(grid.url, 2), participantsPerPage: 4 }),
    elsewhere: true,
  }));
});
