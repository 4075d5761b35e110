import type { ProducerInfo } from '../cluster/signalling/protocol.ts';

/** What a participant is told about its room, whatever protocol tells it. */
export interface RoomEvents {
  newProducer: ProducerInfo;
  producerClosed: { producerId: string };
  consumerClosed: { consumerId: string };
  consumerLayers: { consumerId: string; spatialLayer: number | null };
  /** Who speaks now, loudest or latest first. */
  activeSpeakers: { participantIds: readonly string[] };
  /** Bridge or connection are gone: the participant has to come back by another way in. */
  lost: { reason: string };
}

type Listeners = { [N in keyof RoomEvents]: ((event: RoomEvents[N]) => void)[] };

/** Somebody who can be listened to for them. */
export interface RoomEventSource {
  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): void;
}

export class RoomEmitter implements RoomEventSource {
  readonly #listeners: Listeners = {
    newProducer: [],
    producerClosed: [],
    consumerClosed: [],
    consumerLayers: [],
    activeSpeakers: [],
    lost: [],
  };

  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): void {
    this.#listeners[name].push(listener);
  }

  emit<N extends keyof RoomEvents>(name: N, event: RoomEvents[N]): void {
    for (const listener of this.#listeners[name]) listener(event);
  }
}
