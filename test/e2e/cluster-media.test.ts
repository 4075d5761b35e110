import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { BridgeInfo, BridgeSample, PadReading } from '../../src/targets/types.ts';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import {
  join,
  next,
  OPUS_CAPABILITIES,
  opusParameters,
  PeerTransport,
  VP8_CAPABILITIES,
  vp8Parameters,
} from '../support/rtp-peer.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startTestCluster({ bridges: 2 });
});
afterEach(() => cluster.close());

async function samples(): Promise<[BridgeSample, BridgeSample]> {
  return (await (await fetch(`${cluster.url}/samples`)).json()) as [BridgeSample, BridgeSample];
}

async function publisher(room: string, participantId: string, bridge: number, ssrc: number) {
  const { client } = await join(cluster, room, participantId, bridge);
  const transport = await PeerTransport.connect(client, 'send');
  onTestFinished(() => transport.close());
  const { producerId } = await client.request('produce', {
    transportId: transport.transportId,
    kind: 'audio',
    source: 'microphone',
    rtpParameters: opusParameters(ssrc),
  });
  return { client, transport, producerId };
}

async function subscriber(room: string, participantId: string, bridge: number, producerId: string) {
  const { client } = await join(cluster, room, participantId, bridge);
  const transport = await PeerTransport.connect(client, 'recv');
  onTestFinished(() => transport.close());
  const { consumerId } = await client.request('consume', {
    transportId: transport.transportId,
    producerId,
    rtpCapabilities: OPUS_CAPABILITIES,
  });
  await client.request('resumeConsumer', { consumerId });
  return { client, transport, consumerId };
}

describe('media through two bridges', () => {
  it('arrives on both, and every packet is counted once where it passed', async () => {
    const { transport, producerId, client } = await publisher('r', 'p1', 0, 1111);
    const near = await subscriber('r', 'p2', 0, producerId);
    const far = await subscriber('r', 'p3', 1, producerId);
    const alsoFar = await subscriber('r', 'p4', 1, producerId);
    await transport.sendAudioBurst(1111, 0, 500);
    await Promise.all([near, far, alsoFar].map((peer) => peer.transport.receivedAtLeast(500)));

    const [first, second] = await samples();
    expect(first.local).toMatchObject({ packetsIn: 500, packetsOut: 500 });
    expect(first.relay).toMatchObject({ packetsIn: 0, packetsOut: 500 });
    // Piped once for two consumers.
    expect(second.relay).toMatchObject({ packetsIn: 500, packetsOut: 0 });
    expect(second.local).toMatchObject({ packetsIn: 0, packetsOut: 1000 });
    expect([first.producers, second.producers]).toEqual([1, 1]);
    expect([first.consumers, second.consumers]).toEqual([2, 2]);

    // What has left keeps its place in the sums.
    const told = Promise.all([next(near.client, 'producerClosed'), next(near.client, 'consumerClosed')]);
    far.client.close();
    client.close();
    await told;
    const [firstAfter, secondAfter] = await samples();
    expect(firstAfter.local).toEqual(first.local);
    expect(firstAfter.relay).toEqual(first.relay);
    expect(secondAfter.local).toEqual(second.local);
    expect(secondAfter.relay).toEqual(second.relay);
  });

  it('stops on every bridge while its publisher is muted', async () => {
    const { transport, producerId, client } = await publisher('r', 'p1', 0, 2222);
    const far = await subscriber('r', 'p2', 1, producerId);
    await transport.sendAudioBurst(2222, 0, 50);
    await far.transport.receivedAtLeast(50);
    await client.request('pauseProducer', { producerId });
    await transport.sendAudioBurst(2222, 50, 50);
    await client.request('resumeProducer', { producerId });
    await transport.sendAudioBurst(2222, 100, 50);
    await far.transport.receivedAtLeast(100);
    expect(far.transport.received).toBe(100);
  });

  it('does not reach who paused it or gave it up', async () => {
    const { transport, producerId } = await publisher('r', 'p1', 0, 3333);
    const near = await subscriber('r', 'p2', 0, producerId);
    const far = await subscriber('r', 'p3', 1, producerId);
    await near.client.request('pauseConsumer', { consumerId: near.consumerId });
    await far.client.request('closeConsumer', { consumerId: far.consumerId });
    const witness = await subscriber('r', 'p4', 1, producerId);
    await transport.sendAudioBurst(3333, 0, 50);
    await witness.transport.receivedAtLeast(50);
    expect([near.transport.received, far.transport.received]).toEqual([0, 0]);
  });

  it('tells who speaks, loudest first over both bridges', async () => {
    const quiet = await publisher('r', 'quiet', 0, 4444);
    const loud = await publisher('r', 'loud', 1, 5555);
    const { client } = await join(cluster, 'r', 'listener', 0);
    const heard = next(
      client,
      'activeSpeakers',
      ({ participantIds }: { participantIds: string[] }) => participantIds.length === 2,
    );
    let sequenceNumber = 0;
    const speaking = setInterval(() => {
      sequenceNumber += 1;
      void quiet.transport.sendAudio(4444, sequenceNumber, -40);
      void loud.transport.sendAudio(5555, sequenceNumber, -10);
    }, 20);
    onTestFinished(() => clearInterval(speaking));
    expect((await heard).participantIds).toEqual(['loud', 'quiet']);
    clearInterval(speaking);
    expect(
      (
        await next(
          client,
          'activeSpeakers',
          ({ participantIds }: { participantIds: string[] }) => participantIds.length === 0,
        )
      ).participantIds,
    ).toEqual([]);
  });

  it('gives the simulcast layer that was asked for, on the other bridge too, and tells when it changes', async () => {
    const { client } = await join(cluster, 'r', 'p1', 0);
    const transport = await PeerTransport.connect(client, 'send');
    onTestFinished(() => transport.close());
    const ssrcs = [71, 72];
    const { producerId } = await client.request('produce', {
      transportId: transport.transportId,
      kind: 'video',
      source: 'camera',
      rtpParameters: vp8Parameters(ssrcs),
    });
    let sequenceNumber = 0;
    const filming = setInterval(() => {
      sequenceNumber += 1;
      for (const ssrc of ssrcs) void transport.sendKeyFrame(ssrc, sequenceNumber);
    }, 33);
    onTestFinished(() => clearInterval(filming));
    const far = await join(cluster, 'r', 'p2', 1);
    const receiver = await PeerTransport.connect(far.client, 'recv');
    onTestFinished(() => receiver.close());
    const { consumerId } = await far.client.request('consume', {
      transportId: receiver.transportId,
      producerId,
      rtpCapabilities: VP8_CAPABILITIES,
    });
    const spatialLayer = (wanted: number) =>
      next(
        far.client,
        'consumerLayers',
        (layers: { spatialLayer: number | null }) => layers.spatialLayer === wanted,
      );
    const highest = spatialLayer(1);
    await far.client.request('resumeConsumer', { consumerId });
    expect((await highest).consumerId).toBe(consumerId);
    const lowest = spatialLayer(0);
    await far.client.request('setPreferredLayers', { consumerId, spatialLayer: 0 });
    await lowest;
    await far.client.request('requestKeyFrame', { consumerId });
  });
});

describe('a bridge that does not read for a while', () => {
  /** Datagrams that are nobody's; they fill the socket's buffer all the same. */
  async function flood(port: number, count: number) {
    const socket = createSocket('udp4');
    const send = () => new Promise((done) => socket.send(Buffer.alloc(1000), port, '127.0.0.1', done));
    for (let n = 0; n < count; n += 1) await send();
    socket.close();
  }

  it('tells what the kernel dropped at its sockets, those between bridges apart', async () => {
    await cluster.close();
    cluster = await startTestCluster({ bridges: 2, receiveBufferBytes: 16_384 });
    const { producerId } = await publisher('r', 'p1', 0, 1111);
    await subscriber('r', 'p2', 1, producerId);
    const [, bridge] = (await (await fetch(`${cluster.url}/bridges`)).json()) as BridgeInfo[];
    await samples();
    const pads = (await (await fetch(`${cluster.url}/pads`)).json()) as PadReading[];
    const pipe = pads.find(({ internal, bridgeId }) => internal && bridgeId === bridge?.bridgeId);
    if (bridge?.pid == null || bridge.mediaPort === null || pipe?.localPort == null)
      throw new Error('no pipe');
    const [idle, before] = await samples();
    expect([before.socketDrops, before.relaySocketDrops]).toEqual([0, 0]);

    process.kill(bridge.pid, 'SIGSTOP');
    try {
      await flood(bridge.mediaPort, 300);
      await flood(pipe.localPort, 100);
    } finally {
      process.kill(bridge.pid, 'SIGCONT');
    }
    const [idleAfter, after] = await samples();
    // Of 32 KiB a 1000-byte datagram takes 2304 bytes: a dozen or so stay.
    expect(after.relaySocketDrops).toBeGreaterThan(70);
    expect(after.relaySocketDrops).toBeLessThan(100);
    expect((after.socketDrops ?? 0) - (after.relaySocketDrops ?? 0)).toBeGreaterThan(270);
    expect(after.socketDrops).toBeLessThan(400);
    expect(idleAfter.socketDrops).toBe(idle.socketDrops);
  });
});
