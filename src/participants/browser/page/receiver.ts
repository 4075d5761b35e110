import type { Device, types } from 'mediasoup-client';
import type { SignallingClient } from '../../../cluster/signalling/client.ts';
import type { ProducerInfo } from '../../../cluster/signalling/protocol.ts';
import type { ParticipantPlan } from '../../../scenario/plan-types.ts';
import { decideSubscriptions, type HeldState } from '../../subscriptions.ts';
import type { ReceivedTrack } from '../stats/tracks.ts';
import type { Room } from './room.ts';
import { Stage } from './stage.ts';

export interface ReceiverListener {
  /** First RTP packet of a track, and how long after it was asked for. */
  firstPacket(producer: ProducerInfo, durationMs: number): void;
  firstFrame(): void;
}

interface Held {
  consumer: types.Consumer;
  state: HeldState;
  track: ReceivedTrack;
  hide(): void;
}

/** Receives what one participant subscribes to, and follows the room as producers and speakers come and go. */
export class Receiver {
  readonly #participant: ParticipantPlan;
  readonly #device: Device;
  readonly #transport: types.Transport;
  readonly #client: SignallingClient;
  readonly #listener: ReceiverListener;
  readonly #room: Room;
  readonly #stage = new Stage();
  readonly #held = new Map<string, Held>();
  #following: Promise<void> | null = null;
  #changed = false;
  #closed = false;

  constructor(
    participant: ParticipantPlan,
    device: Device,
    transport: types.Transport,
    client: SignallingClient,
    room: Room,
    listener: ReceiverListener,
  ) {
    this.#participant = participant;
    this.#device = device;
    this.#transport = transport;
    this.#client = client;
    this.#room = room;
    this.#listener = listener;
    client.on('consumerClosed', ({ consumerId }) => this.#consumerClosed(consumerId));
    client.on('consumerLayers', ({ consumerId, spatialLayer }) =>
      this.#layerChanged(consumerId, spatialLayer),
    );
  }

  /**
   * Follows the room from now on: carries out what the subscriptions ask, one change after the other. Resolves when
   * what is asked now is done.
   */
  start(): Promise<void> {
    this.#room.onChange = () => void this.#follow();
    return this.#follow();
  }

  /** The SFU closed a consumer by itself; its producer, if it still is there, may be asked for again. */
  #consumerClosed(consumerId: string): void {
    for (const [producerId, held] of this.#held) {
      if (held.consumer.id !== consumerId) continue;
      this.#held.delete(producerId);
      this.#end(held);
    }
    void this.#follow();
  }

  #layerChanged(consumerId: string, spatialLayer: number | null): void {
    for (const { consumer, track } of this.#held.values()) {
      if (consumer.id !== consumerId) continue;
      if (track.spatialLayer !== null && track.spatialLayer !== spatialLayer) track.layerSwitches += 1;
      track.spatialLayer = spatialLayer;
    }
  }

  tracks(): ReceivedTrack[] {
    return [...this.#held.values()].map(({ track }) => track);
  }

  close(): void {
    this.#closed = true;
    for (const held of this.#held.values()) this.#end(held);
    this.#held.clear();
    this.#stage.close();
  }

  #follow(): Promise<void> {
    this.#changed = true;
    this.#following ??= this.#catchUp().finally(() => {
      this.#following = null;
    });
    return this.#following;
  }

  async #catchUp(): Promise<void> {
    while (this.#changed && !this.#closed) {
      this.#changed = false;
      const change = decideSubscriptions({
        participantId: this.#participant.id,
        subscriptions: this.#participant.subscribe,
        producers: this.#room.producers(),
        speakers: this.#room.speakers(),
        held: new Map([...this.#held].map(([producerId, { state }]) => [producerId, state])),
      });
      // One that fails has lost its producer or its connection meanwhile; either is told by a message of its own.
      await Promise.allSettled([
        ...change.consume.map((producer) => this.#consume(producer)),
        ...change.resume.map((producerId) => this.#setState(producerId, 'active')),
        ...change.pause.map((producerId) => this.#setState(producerId, 'paused')),
        ...change.close.map((producerId) => this.#closeConsumer(producerId)),
      ]);
    }
  }

  async #consume(producer: ProducerInfo): Promise<void> {
    const askedMs = performance.now();
    const info = await this.#client.request('consume', {
      transportId: this.#transport.id,
      producerId: producer.producerId,
      rtpCapabilities: this.#device.recvRtpCapabilities as never,
    });
    const consumer = await this.#transport.consume({
      id: info.consumerId,
      producerId: info.producerId,
      kind: info.kind,
      rtpParameters: info.rtpParameters as types.RtpParameters,
      streamId: info.publisherId,
    });
    if (this.#closed) {
      consumer.close();
      return;
    }
    const { track } = consumer;
    track.addEventListener(
      'unmute',
      () => this.#listener.firstPacket(producer, performance.now() - askedMs),
      { once: true },
    );
    const received: ReceivedTrack = {
      source: info.source,
      kind: info.kind,
      producerId: info.producerId,
      consumerId: info.consumerId,
      publisherId: info.publisherId,
      mid: consumer.localId,
      spatialLayer: null,
      layerSwitches: 0,
      firstFrameMs: null,
      paused: false,
    };
    this.#held.set(producer.producerId, {
      consumer,
      state: 'active',
      hide: this.#stage.show(track, () => {
        received.firstFrameMs = performance.now() - askedMs;
        this.#listener.firstFrame();
      }),
      track: received,
    });
    await this.#preferLayer(consumer);
    await this.#client.request('resumeConsumer', { consumerId: consumer.id });
  }

  async #preferLayer(consumer: types.Consumer): Promise<void> {
    const { preferredSpatialLayer } = this.#participant.subscribe;
    if (consumer.kind !== 'video' || preferredSpatialLayer === null) return;
    await this.#client.request('setPreferredLayers', {
      consumerId: consumer.id,
      spatialLayer: preferredSpatialLayer,
    });
  }

  async #setState(producerId: string, state: HeldState): Promise<void> {
    const held = this.#held.get(producerId);
    if (held === undefined) return;
    held.state = state;
    held.track.paused = state === 'paused';
    const method = state === 'active' ? 'resumeConsumer' : 'pauseConsumer';
    await this.#client.request(method, { consumerId: held.consumer.id });
  }

  async #closeConsumer(producerId: string): Promise<void> {
    const held = this.#held.get(producerId);
    if (held === undefined) return;
    this.#held.delete(producerId);
    this.#end(held);
    // Where the producer is gone, the SFU has closed the consumer already.
    if (this.#room.has(producerId))
      await this.#client.request('closeConsumer', { consumerId: held.consumer.id });
  }

  #end({ consumer, hide }: Held): void {
    hide();
    consumer.close();
  }
}
