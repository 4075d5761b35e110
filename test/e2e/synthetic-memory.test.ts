import { join } from 'node:path';
import v8 from 'node:v8';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SignallingClient } from '../../src/cluster/signalling/client.ts';
import { DtlsClient } from '../../src/participants/synthetic/dtls/client.ts';
import { IncomingTrack } from '../../src/participants/synthetic/incoming-track.ts';
import { MediaTransport } from '../../src/participants/synthetic/media-transport.ts';
import { OutgoingStream } from '../../src/participants/synthetic/outgoing-stream.ts';
import { Participant } from '../../src/participants/synthetic/participant.ts';
import { Session } from '../../src/participants/synthetic/session.ts';
import { Shard } from '../../src/participants/synthetic/shard.ts';
import { Subscriber } from '../../src/participants/synthetic/subscriber.ts';
import { hostClock } from '../../src/participants/synthetic/time.ts';
import { findPacketAddon } from '../../src/setup/find-packet-addon.ts';
import { packageRoot } from '../../src/setup/package-root.ts';
import { participantPlan } from '../participants/contract.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { clusterAccess } from '../support/cluster-access.ts';

const PARTICIPANTS = 3;
const PARTS = [
  Session,
  MediaTransport,
  DtlsClient,
  SignallingClient,
  Subscriber,
  IncomingTrack,
  OutgoingStream,
];

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ bridges: 1 });
});
afterAll(() => cluster.close());

function openShard(packetLoop: 'native' | 'typescript'): Shard {
  const shard = Shard.create(
    {
      seed: 1,
      packetLoop,
      packetAddonFile: findPacketAddon(process.env),
      srtpProfiles: null,
      mediaFolder: join(packageRoot(), 'media'),
      recordedBitrates: false,
      countRtcp: false,
      wallOffsetMs: Date.now() - hostClock()(),
    },
    (message) => {
      if (message.type !== 'access') return;
      const { plan, requestId } = message;
      clusterAccess(cluster, plan.id, plan.roomId).then(
        (access) => shard.answerAccess(requestId, access),
        (error: Error) => shard.answerAccess(requestId, error),
      );
    },
  );
  return shard;
}

/** Objects of a class that something still holds; collects the heap in full, which takes a third of a second. */
function alive(one: { readonly prototype: object }): number {
  return v8.queryObjects(one as () => void, { format: 'count' });
}

it('nothing is kept of participants who have left, with either packet loop', async () => {
  const shards = { native: openShard('native'), typescript: openShard('typescript') };
  const each = <T>(act: (shard: Shard, id: string) => Promise<T>) =>
    Promise.all(
      Object.entries(shards).flatMap(([loop, shard]) =>
        Array.from({ length: PARTICIPANTS }, (_, i) => act(shard, `${loop}-${i}`)),
      ),
    );
  try {
    await each((shard, id) => shard.join(participantPlan(id)));
    const receiving = () =>
      Object.values(shards)
        .flatMap((shard) => shard.sample())
        .filter(({ tracks }) => tracks.some(({ direction, packets }) => direction === 'down' && packets > 0));
    await expect.poll(() => receiving().length, { timeout: 10_000 }).toBe(2 * PARTICIPANTS);
    expect(alive(Session)).toBe(2 * PARTICIPANTS);
    await each((shard, id) => shard.leave(id, 'left as planned'));
    // Connections take a turn or two to close.
    await expect.poll(() => alive(Participant), { timeout: 10_000 }).toBe(0);
    const found = Object.fromEntries(PARTS.map((part) => [part.name, alive(part)]));
    expect(found).toEqual(Object.fromEntries(PARTS.map(({ name }) => [name, 0])));
  } finally {
    for (const shard of Object.values(shards)) await shard.close();
  }
});
