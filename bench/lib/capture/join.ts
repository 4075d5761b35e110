import { setTimeout as delay } from 'node:timers/promises';
import { startCluster } from '../../../src/cluster/coordinator/start.ts';
import { CLUSTER_DEFAULTS } from '../../../src/cluster/settings.ts';
import { createBrowserEngine } from '../../../src/participants/browser/index.ts';
import { createSyntheticEngine } from '../../../src/participants/synthetic/index.ts';
import type { EngineOptions } from '../../../src/participants/types.ts';
import type { EngineKind } from '../../../src/scenario/plan-types.ts';
import { requireWorker } from '../../../src/setup/find-worker.ts';
import { createSystem } from '../../../src/system/real.ts';
import { accessTo } from '../cluster-access.ts';
import { benchPlan } from '../synthetic/scene.ts';
import { type Conversation, openTap, type SignallingRequest } from './tap.ts';

export interface CapturedJoin {
  conversations: readonly Conversation[];
  requests: readonly SignallingRequest[];
}

/**
 * Captures the join and the first seconds of one participant of a kind, who sends a microphone and a camera of two
 * layers and receives those of another participant, a synthetic one that is not captured.
 */
export async function captureJoin(kind: EngineKind, seconds: number): Promise<CapturedJoin> {
  const system = createSystem();
  const workerFile = await requireWorker(system);
  const cluster = await startCluster(system, { ...CLUSTER_DEFAULTS, bridges: 1, workerFile });
  const tap = await openTap();
  const failures: string[] = [];
  const optionsFor = (through: (url: string) => string): EngineOptions => ({
    onEvent(event) {
      if (event.type === 'failed' || event.type === 'engine-failed') failures.push(event.reason);
    },
    access: (plan, _attempt, signal) => accessTo(cluster.url, plan, signal, through),
  });
  const other = createSyntheticEngine(
    system,
    optionsFor((url) => url),
  );
  const captured = (kind === 'browser' ? createBrowserEngine : createSyntheticEngine)(
    system,
    optionsFor((url) => tap.urlFor(url)),
  );
  try {
    const { signal } = new AbortController();
    const publish = {
      audio: { pattern: 'continuous' },
      video: { codec: 'vp8', heightPixels: 360, framesPerSecond: 15, simulcast: true },
    } as const;
    const plan = (id: string) => benchPlan(id, 'room', publish, { audio: 'all', video: 'all' });
    await Promise.all([other.start(signal), captured.start(signal)]);
    await other.join(plan('other'), signal);
    await captured.join({ ...plan('captured'), engine: kind }, signal);
    if (failures.length > 0) throw new Error(`not everybody joined: ${failures[0]}`);
    await delay(1000 * seconds);
    const conversations = tap.conversations.map(({ clientPort, datagrams }) => ({
      clientPort,
      datagrams: [...datagrams],
    }));
    return { conversations, requests: [...tap.requests] };
  } finally {
    await captured.close();
    await other.close();
    await tap.close();
    await cluster.close();
  }
}
