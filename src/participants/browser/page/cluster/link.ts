import { Device, type types } from 'mediasoup-client';
import { SignallingClient } from '../../../../cluster/signalling/client.ts';
import type { ProducerInfo } from '../../../../cluster/signalling/protocol.ts';
import type { ParticipantPlan } from '../../../../scenario/plan-types.ts';
import type { ClusterRoomAccess } from '../../../../targets/types.ts';
import { clusterEvents } from '../../../cluster-events.ts';
import type { LinkListener, RoomLink } from '../link.ts';
import type { Studio } from '../media/studio.ts';
import { type Incoming, Receiver, type ReceivingEnd } from '../receiver.ts';
import { Room } from '../room.ts';
import { Publisher } from './publisher.ts';
import { openTransport } from './transports.ts';

/** A cluster that does not answer must not keep anybody in the room. */
const LEAVE_TIMEOUT_MS = 2_000;

/** Into a room of the embedded cluster, by mediasoup-client as applications do it. */
export class ClusterLink implements RoomLink {
  readonly #access: ClusterRoomAccess;
  readonly #participant: ParticipantPlan;
  readonly #studio: Studio;
  readonly #listener: LinkListener;
  #client: SignallingClient | null = null;
  #send: types.Transport | null = null;
  #recv: types.Transport | null = null;
  #publisher: Publisher | null = null;
  #receiver: Receiver | null = null;

  constructor(
    access: ClusterRoomAccess,
    participant: ParticipantPlan,
    studio: Studio,
    listener: LinkListener,
  ) {
    this.#access = access;
    this.#participant = participant;
    this.#studio = studio;
    this.#listener = listener;
  }

  async enter(signal: AbortSignal): Promise<void> {
    const client = await SignallingClient.connect(this.#access.url, signal);
    this.#client = client;
    const events = clusterEvents(client);
    events.on('lost', ({ reason }) => this.#listener.lost(reason));
    const room = new Room();
    room.listen(events);
    const device = new Device({ handlerName: browserHandler() });
    const joined = await client.request('join', {}, { signal });
    this.#listener.entered(joined.bridgeId);
    room.add(joined.producers);
    await device.load({ routerRtpCapabilities: joined.routerRtpCapabilities as types.RtpCapabilities });
    const { publish, subscribe } = this.#participant;
    const sends = publish.audio !== null || publish.video !== null || publish.screen !== null;
    const receives = subscribe.audio !== 'none' || subscribe.video !== 'none';
    const open = (direction: 'send' | 'recv') =>
      openTransport(device, client, direction, this.#listener, signal);
    const [send, recv] = await Promise.all([sends ? open('send') : null, receives ? open('recv') : null]);
    this.#send = send;
    this.#recv = recv;
    signal.throwIfAborted();
    this.#listener.signalled();
    if (recv !== null)
      this.#receiver = new Receiver(
        this.#participant,
        receivingEnd(device, client, recv),
        room,
        events,
        this.#listener,
      );
    if (send !== null) this.#publisher = new Publisher(device, send, this.#participant, this.#studio);
    await Promise.all([this.#receiver?.start(), this.#publisher?.publish(this.#participant)]);
  }

  async stats() {
    const [send, recv] = await Promise.all([this.#send?.getStats(), this.#recv?.getStats()]);
    return { send: send ?? null, recv: recv ?? null };
  }

  published() {
    return this.#publisher?.tracks() ?? [];
  }

  received() {
    return this.#receiver?.tracks() ?? [];
  }

  async leave(): Promise<void> {
    const client = this.#client;
    if (client?.isOpen === true)
      await client.request('leave', {}, { timeoutMs: LEAVE_TIMEOUT_MS }).catch(() => {});
  }

  close(): void {
    this.#receiver?.close();
    this.#publisher?.close();
    this.#send?.close();
    this.#recv?.close();
    this.#client?.close();
  }
}

function receivingEnd(device: Device, client: SignallingClient, transport: types.Transport): ReceivingEnd {
  const resume = async (consumerId: string) => {
    await client.request('resumeConsumer', { consumerId });
  };
  return {
    async subscribe({ producerId }: ProducerInfo): Promise<Incoming> {
      const info = await client.request('consume', {
        transportId: transport.id,
        producerId,
        rtpCapabilities: device.recvRtpCapabilities as never,
      });
      const consumer = await transport.consume({
        id: info.consumerId,
        producerId: info.producerId,
        kind: info.kind,
        rtpParameters: info.rtpParameters as types.RtpParameters,
        streamId: info.publisherId,
      });
      const { source, kind, consumerId, publisherId } = info;
      const { track, localId } = consumer;
      return {
        source,
        kind,
        producerId,
        consumerId,
        publisherId,
        mid: localId,
        track,
        close: () => consumer.close(),
      };
    },
    async start(consumerId, preferredSpatialLayer) {
      if (preferredSpatialLayer !== null)
        await client.request('setPreferredLayers', { consumerId, spatialLayer: preferredSpatialLayer });
      await resume(consumerId);
    },
    resume,
    async pause(consumerId) {
      await client.request('pauseConsumer', { consumerId });
    },
    async unsubscribe(consumerId) {
      await client.request('closeConsumer', { consumerId });
    },
  };
}

/**
 * mediasoup-client's own detection asks `navigator.userAgentData`, which a page that was fetched by http from another
 * host does not have. Chromium and what is made of it share a handler.
 */
function browserHandler(): 'Firefox120' | 'Chrome111' {
  return /Firefox\//.test(navigator.userAgent) ? 'Firefox120' : 'Chrome111';
}
