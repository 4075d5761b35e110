import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Engine, EngineOptions } from '../../src/participants/types.ts';
import { ownNetworkAddress } from '../../src/system/own-network.ts';
import { createSystem } from '../../src/system/real.ts';
import type { System } from '../../src/system/types.ts';
import { JanusTarget } from '../../src/targets/janus/target.ts';
import type { TargetOptions } from '../../src/targets/types.ts';
import { type EngineBench, engineContract } from '../participants/contract.ts';

const PATIENCE_MS = 20_000;

/** Of the namespace that these tests run in: node tools/own-network.ts vitest run --project own-network */
export const MEDIA_ADDRESS = ownNetworkAddress(process.env) ?? 'not in a network of its own';

/** Two servers of Janus that the target starts. Close it. */
export function janusTarget(system: System, options: TargetOptions): JanusTarget {
  return new JanusTarget({
    ...options,
    system,
    servers: { start: true, count: 2, mediaAddress: MEDIA_ADDRESS },
    placement: 'least-stressed',
    maxPacketRatePps: 100_000,
  });
}

/** Holds an engine to the contract of all engines on real Janus servers, each test in a room of its own. */
export function janusEngineContract(
  name: string,
  create: (system: System, options: EngineOptions) => Engine,
): void {
  const system = createSystem();
  const target = janusTarget(system, { onEvent: () => {} });
  let room = 0;
  beforeAll(() => target.start(new AbortController().signal));
  // What the test before has left behind must not be in the room of this one.
  beforeEach(() => {
    room += 1;
  });
  afterAll(() => target.close());
  engineContract(name, () => janusBench(target, String(room), (options) => create(system, options)));
}

function janusBench(
  target: JanusTarget,
  room: string,
  create: (options: EngineOptions) => Engine,
): EngineBench {
  return {
    create,
    access: (plan, _attempt, signal) =>
      target.access(
        {
          roomId: plan.roomId,
          roomName: `${plan.roomId}-${room}`,
          participantId: plan.id,
          pinnedBridge: null,
        },
        signal,
      ),
    pass: (ms) => delay(ms),
    async until(condition) {
      const deadline = performance.now() + PATIENCE_MS;
      while (!(await condition())) {
        if (performance.now() > deadline) throw new Error(`it did not come to that within ${PATIENCE_MS} ms`);
        await delay(50);
      }
    },
    async loseBridge(_engine, bridgeId) {
      const bridge = target.bridges().find((candidate) => candidate.bridgeId === bridgeId);
      process.kill(bridge?.pid ?? 0, 'SIGKILL');
    },
  };
}
