/**
 * A program: one synthetic participant speaks and is seen, others receive it, and after a while everything that was
 * counted is printed as one line of JSON. Arguments: the cluster's address, how many receive, seconds.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { accessTo } from '../../bench/lib/cluster-access.ts';
import { benchPlan } from '../../bench/lib/synthetic/scene.ts';
import { createSyntheticEngine } from '../../src/participants/synthetic/index.ts';
import type { ParticipantSample } from '../../src/participants/types.ts';
import { createSystem } from '../../src/system/real.ts';
import type { BridgeSample } from '../../src/targets/types.ts';

/** What the program prints. */
export interface RoomCounts {
  failures: string[];
  packetLoop: string;
  participants: ParticipantSample[];
  /** The SFU's counters right before and right after those of the participants were read. */
  sfuBefore: BridgeSample;
  sfuAfter: BridgeSample;
}

const [url = '', receivers = '1', seconds = '1'] = process.argv.slice(2);
const failures: string[] = [];
const engine = createSyntheticEngine(createSystem(), {
  onEvent(event) {
    if (event.type === 'failed' || event.type === 'engine-failed') failures.push(event.reason);
  },
  access: (plan, _attempt, signal) => accessTo(url, plan, signal),
});
const readSfu = async () => {
  const [sample] = (await (await fetch(`${url}/samples`)).json()) as BridgeSample[];
  if (sample === undefined) throw new Error('the bridge is gone');
  return sample;
};
const { signal } = new AbortController();
await engine.start(signal);
const video = { codec: 'vp8', heightPixels: 360, framesPerSecond: 30, simulcast: false } as const;
await engine.join(benchPlan('publisher', 'room', { audio: { pattern: 'continuous' }, video }), signal);
await Promise.all(
  Array.from({ length: Number(receivers) }, (_, i) =>
    engine.join(benchPlan(`receiver-${i}`, 'room', {}, { audio: 'all', video: 'all' }), signal),
  ),
);
await delay(1000 * Number(seconds));
const sfuBefore = await readSfu();
const participants = await engine.sample();
const counts: RoomCounts = {
  failures,
  packetLoop: engine.versions()['packet loop'] ?? '',
  participants,
  sfuBefore,
  sfuAfter: await readSfu(),
};
console.log(JSON.stringify(counts));
await engine.close();
