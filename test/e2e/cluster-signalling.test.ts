import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SignallingClient } from '../../src/cluster/signalling/client.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { join, next, OPUS_CAPABILITIES, opusParameters } from '../support/rtp-peer.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster({ bridges: 2, maxParticipantsPerBridgePerRoom: 2 });
});
afterAll(() => cluster.close());

const sample = async () => {
  const samples = (await (await fetch(`${cluster.url}/samples`)).json()) as Record<string, number>[];
  return samples.map(({ rooms, participants, producers, consumers }) => [
    rooms,
    participants,
    producers,
    consumers,
  ]);
};
const microphone = async (client: SignallingClient, ssrc: number) => {
  const { transportId } = await client.request('createTransport', { direction: 'send' });
  return client.request('produce', {
    transportId,
    kind: 'audio',
    source: 'microphone',
    rtpParameters: opusParameters(ssrc),
  });
};

describe('the door', () => {
  it('is open to those with an invitation, and once', async () => {
    const { url } = await cluster.invite({ room: 'door', participantId: 'p1' });
    const client = await SignallingClient.connect(url);
    await expect(SignallingClient.connect(url)).rejects.toMatchObject({ code: 'connect-failed' });
    await expect(SignallingClient.connect(`${url}x`)).rejects.toMatchObject({ code: 'connect-failed' });
    client.close();
  });

  it('lets a participant in again, whose older connection ends', async () => {
    const first = await join(cluster, 'again', 'p1');
    const { producerId } = await microphone(first.client, 1);
    const witness = await join(cluster, 'again', 'p2');
    expect(witness.joined.producers).toEqual([
      { producerId, participantId: 'p1', kind: 'audio', source: 'microphone' },
    ]);
    const gone = next(witness.client, 'producerClosed');
    const second = await join(cluster, 'again', 'p1');
    expect((await first.client.closed).code).toBe(4002);
    expect(await gone).toEqual({ producerId });
    expect(second.client.isOpen).toBe(true);
    second.client.close();
    witness.client.close();
  });

  it('refuses requests from pages of other origins, and bodies that are none', async () => {
    const post = (body: string, type: string) =>
      fetch(`${cluster.url}/rooms/access`, { method: 'POST', headers: { 'content-type': type }, body });
    const good = JSON.stringify({ room: 'r', participantId: 'p' });
    expect((await post(good, 'text/plain')).status).toBe(400);
    expect((await post('{', 'application/json')).status).toBe(400);
    expect((await post('{}', 'application/json')).status).toBe(400);
    expect(
      (await post(JSON.stringify({ room: 'r'.repeat(20_000), participantId: 'p' }), 'application/json'))
        .status,
    ).toBe(400);
    expect(
      (await post(JSON.stringify({ room: 'r', participantId: 'p', pinnedBridge: 2 }), 'application/json'))
        .status,
    ).toBe(400);
    expect((await fetch(`${cluster.url}/nothing`)).status).toBe(404);
  });
});

describe('a room', () => {
  it('goes on to the next bridge at its limit of participants, and is closed when empty', async () => {
    const joined = [];
    for (const participant of ['p1', 'p2', 'p3']) joined.push(await join(cluster, 'limited', participant));
    const bridges = joined.map(({ joined: { bridgeId } }) => bridgeId);
    expect(new Set(bridges.slice(0, 2)).size).toBe(1);
    expect(bridges[2]).not.toBe(bridges[0]);
    for (const { client } of joined) client.close();
    await expect.poll(() => cluster.events.at(-1)).toEqual({ type: 'room-closed', room: 'limited' });
    // Those of the other tests have left too.
    await expect.poll(sample).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('tells everybody else of what is published and withdrawn', async () => {
    const [one, two] = [await join(cluster, 'told', 'p1'), await join(cluster, 'told', 'p2')];
    const published = next(two.client, 'newProducer');
    const { producerId } = await microphone(one.client, 1);
    expect(await published).toEqual({ producerId, participantId: 'p1', kind: 'audio', source: 'microphone' });
    const { transportId } = await two.client.request('createTransport', { direction: 'recv' });
    const { consumerId, publisherId, paused } = await two.client.request('consume', {
      transportId,
      producerId,
      rtpCapabilities: OPUS_CAPABILITIES,
    });
    expect([publisherId, paused]).toEqual(['p1', true]);
    const withdrawn = Promise.all([next(two.client, 'producerClosed'), next(two.client, 'consumerClosed')]);
    await one.client.request('closeProducer', { producerId });
    expect(await withdrawn).toEqual([{ producerId }, { consumerId }]);
    await one.client.request('leave', {});
    await expect(one.client.request('createTransport', { direction: 'send' })).rejects.toMatchObject({
      code: 'not-joined',
    });
    one.client.close();
    two.client.close();
  });
});

describe('what a participant may not', () => {
  it('is answered with a code that says why', async () => {
    const { url } = await cluster.invite({ room: 'strict', participantId: 'p1' });
    const client = await SignallingClient.connect(url);
    const recv = { direction: 'recv' } as const;
    await expect(client.request('createTransport', recv)).rejects.toMatchObject({ code: 'not-joined' });
    await client.request('join', {});
    await expect(client.request('join', {})).rejects.toMatchObject({ code: 'already-joined' });
    const { transportId } = await client.request('createTransport', recv);
    const consume = { transportId, producerId: 'none', rtpCapabilities: OPUS_CAPABILITIES };
    await expect(client.request('consume', consume)).rejects.toMatchObject({ code: 'unknown-producer' });
    await expect(client.request('pauseConsumer', { consumerId: 'none' })).rejects.toMatchObject({
      code: 'unknown-consumer',
    });
    await expect(client.request('createTransport', { direction: 'up' as 'send' })).rejects.toMatchObject({
      code: 'bad-request',
    });
    client.close();
  });

  it('cannot touch what others publish or receive', async () => {
    const [one, two] = [await join(cluster, 'mine', 'p1'), await join(cluster, 'mine', 'p2')];
    const { producerId } = await microphone(one.client, 1);
    for (const method of ['closeProducer', 'pauseProducer', 'resumeProducer'] as const) {
      await expect(two.client.request(method, { producerId })).rejects.toMatchObject({
        code: 'unknown-producer',
      });
    }
    const { transportId } = await two.client.request('createTransport', { direction: 'recv' });
    await expect(
      two.client.request('consume', { transportId, producerId, rtpCapabilities: { codecs: [] } }),
    ).rejects.toMatchObject({ code: 'cannot-consume' });
    one.client.close();
    two.client.close();
  });

  it('ends its connection when it does not speak the protocol', async () => {
    const { url } = await cluster.invite({ room: 'noise', participantId: 'p1' });
    const socket = new WebSocket(url);
    socket.on('open', () => socket.send('hello?'));
    const code = await new Promise((resolve) => socket.on('close', resolve));
    expect(code).toBe(4000);
  });
});
