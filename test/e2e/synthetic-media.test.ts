import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import { createSyntheticEngine } from '../../src/participants/synthetic/index.ts';
import type { Engine, EngineOptions, ParticipantEvent, TrackSample } from '../../src/participants/types.ts';
import { createSystem } from '../../src/system/real.ts';
import { participantPlan } from '../participants/contract.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { clusterAccess } from '../support/cluster-access.ts';

const FRAMES_PER_SECOND = 15;
const SECONDS = 4;

const system = createSystem();
let cluster: TestCluster;
const engines: Engine[] = [];
const events: ParticipantEvent[] = [];
const options: EngineOptions = {
  onEvent: (event) => events.push(event),
  access: (plan) => clusterAccess(cluster, plan.id, plan.roomId),
};

beforeAll(async () => {
  cluster = await startTestCluster({ bridges: 1 });
});
afterAll(async () => {
  for (const engine of engines) await engine.close();
  await cluster.close();
});

async function started<E extends Engine>(engine: E): Promise<E> {
  engines.push(engine);
  await engine.start(new AbortController().signal);
  return engine;
}

it('a browser decodes what synthetic participants send and asks for none of it again, in VP8 and H.264, under either SRTP profile', async () => {
  const { signal } = new AbortController();
  const browser = await started(createBrowserEngine(system, options));
  const [counter, gcm] = await Promise.all([
    started(createSyntheticEngine(system, options, { srtpProfiles: ['AES_CM_128_HMAC_SHA1_80'] })),
    started(createSyntheticEngine(system, options, { srtpProfiles: ['AEAD_AES_128_GCM'] })),
  ]);
  // At this frame rate more than half of each frame is what fills it up.
  const video = { heightPixels: 360, framesPerSecond: FRAMES_PER_SECOND, simulcast: false } as const;
  const publish = (codec: 'vp8' | 'h264') => ({ audio: null, video: { ...video, codec }, screen: null });
  await counter.join(participantPlan('vp8', { publish: publish('vp8') }), signal);
  await gcm.join(participantPlan('h264', { publish: publish('h264') }), signal);
  const receive = { engine: 'browser', publish: { audio: null, video: null, screen: null } } as const;
  await browser.join(participantPlan('watcher', receive), signal);
  expect(events.filter(({ type }) => type === 'failed')).toEqual([]);

  const decoded = async (): Promise<Record<string, TrackSample>> => {
    const [sample] = await browser.sample();
    return Object.fromEntries((sample?.tracks ?? []).map((track) => [track.publisherId ?? '', track]));
  };
  await expect
    .poll(async () => Object.values(await decoded()).filter(({ framesDecoded }) => framesDecoded).length, {
      timeout: 20_000,
    })
    .toBe(2);
  const before = await decoded();
  await delay(1000 * SECONDS);
  const after = await decoded();
  for (const id of ['vp8', 'h264']) {
    const frames = (after[id]?.framesDecoded ?? 0) - (before[id]?.framesDecoded ?? 0);
    expect(frames, id).toBeGreaterThan(0.8 * FRAMES_PER_SECOND * SECONDS);
    expect(after[id]?.frameHeight, id).toBe(360);
    // What it cannot decode it asks to be sent anew.
    expect((after[id]?.pliCount ?? 0) - (before[id]?.pliCount ?? 0), id).toBe(0);
  }
  // Each profile was checked at the synthetic end too: a frame is complete only when its packets were there.
  for (const engine of [counter, gcm]) {
    const [sample] = await engine.sample();
    const down = sample?.tracks.find(({ direction }) => direction === 'down');
    expect(down?.frames).toBeGreaterThan(0.8 * FRAMES_PER_SECOND * SECONDS);
    expect(down?.keyFrames).toBeGreaterThan(0);
  }
});
