import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import { createSystem } from '../../src/system/real.ts';
import type { JanusTarget } from '../../src/targets/janus/target.ts';
import { engineContract } from '../participants/contract.ts';
import { janusBench, janusTarget } from '../support/janus.ts';

const system = createSystem();
let room = 0;
let target: JanusTarget;

beforeAll(async () => {
  target = janusTarget(system, { onEvent: () => {} });
  await target.start(new AbortController().signal);
});
// What the test before has left behind must not be in the room of this one.
beforeEach(() => {
  room += 1;
});
afterAll(() => target.close());

engineContract('browser on Janus', () =>
  janusBench(target, String(room), (options) => createBrowserEngine(system, options)),
);
