import type { ProducerInfo } from '../../../cluster/signalling/protocol.ts';
import type { ParticipantPlan } from '../../../scenario/plan-types.ts';
import type { RoomEventSource } from '../../room-events.ts';
import { decideSubscriptions, type HeldState } from '../../subscriptions.ts';
import type { ReceivedTrack } from '../stats/tracks.ts';
import type { LinkListener } from './link.ts';
import type { Room } from './room.ts';
import { Stage } from './stage.ts';

/** What is received, as whichever protocol brought it. */
export interface Incoming
  extends Omit<ReceivedTrack, 'spatialLayer' | 'layerSwitches' | 'firstFrameMs' | 'paused'> {
  track: MediaStreamTrack;
  /** This end forgets it; the SFU is told otherwise. */
  close(): void;
}

/** How tracks are asked for, held back and given up. */
export interface ReceivingEnd {
  /** Nothing need flow before `start`. */
  subscribe(producer: ProducerInfo): Promise<Incoming>;
  start(consumerId: string, preferredSpatialLayer: number | null): Promise<void>;
  pause(consumerId: string): Promise<void>;
  resume(consumerId: string): Promise<void>;
  unsubscribe(consumerId: string): Promise<void>;
}

export type ReceiverListener = Pick<LinkListener, 'firstPacket' | 'firstFrame'>;

interface Held {
  incoming: Incoming;
  state: HeldState;
  track: ReceivedTrack;
  hide(): void;
}

/** Receives what one participant subscribes to, and follows the room as producers and speakers come and go. */
export class Receiver {
  readonly #participant: ParticipantPlan;
  readonly #end: ReceivingEnd;
  readonly #listener: ReceiverListener;
  readonly #room: Room;
  readonly #stage = new Stage();
  readonly #held = new Map<string, Held>();
  #following: Promise<void> | null = null;
  #changed = false;
  #closed = false;

  constructor(
    participant: ParticipantPlan,
    end: ReceivingEnd,
    room: Room,
    events: RoomEventSource,
    listener: ReceiverListener,
  ) {
    this.#participant = participant;
    this.#end = end;
    this.#room = room;
    this.#listener = listener;
    events.on('consumerClosed', ({ consumerId }) => this.#consumerClosed(consumerId));
    events.on('consumerLayers', ({ consumerId, spatialLayer }) =>
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
      if (held.track.consumerId !== consumerId) continue;
      this.#held.delete(producerId);
      this.#drop(held);
    }
    void this.#follow();
  }

  #layerChanged(consumerId: string, spatialLayer: number | null): void {
    for (const { track } of this.#held.values()) {
      if (track.consumerId !== consumerId) continue;
      if (track.spatialLayer !== null && track.spatialLayer !== spatialLayer) track.layerSwitches += 1;
      track.spatialLayer = spatialLayer;
    }
  }

  tracks(): ReceivedTrack[] {
    return [...this.#held.values()].map(({ track }) => track);
  }

  close(): void {
    this.#closed = true;
    for (const held of this.#held.values()) this.#drop(held);
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
    const incoming = await this.#end.subscribe(producer);
    if (this.#closed) {
      incoming.close();
      return;
    }
    const { track, close: _close, ...told } = incoming;
    track.addEventListener(
      'unmute',
      () => this.#listener.firstPacket(producer, performance.now() - askedMs),
      { once: true },
    );
    const received: ReceivedTrack = {
      ...told,
      spatialLayer: null,
      layerSwitches: 0,
      firstFrameMs: null,
      paused: false,
    };
    this.#held.set(producer.producerId, {
      incoming,
      state: 'active',
      hide: this.#stage.show(track, () => {
        received.firstFrameMs = performance.now() - askedMs;
        this.#listener.firstFrame();
      }),
      track: received,
    });
    const { preferredSpatialLayer } = this.#participant.subscribe;
    await this.#end.start(told.consumerId, told.kind === 'video' ? preferredSpatialLayer : null);
  }

  async #setState(producerId: string, state: HeldState): Promise<void> {
    const held = this.#held.get(producerId);
    if (held === undefined) return;
    held.state = state;
    held.track.paused = state === 'paused';
    const { consumerId } = held.track;
    await (state === 'active' ? this.#end.resume(consumerId) : this.#end.pause(consumerId));
  }

  async #closeConsumer(producerId: string): Promise<void> {
    const held = this.#held.get(producerId);
    if (held === undefined) return;
    this.#held.delete(producerId);
    this.#drop(held);
    // Where the producer is gone, the SFU has closed the consumer already.
    if (this.#room.has(producerId)) await this.#end.unsubscribe(held.track.consumerId);
  }

  #drop({ incoming, hide }: Held): void {
    hide();
    incoming.close();
  }
}
