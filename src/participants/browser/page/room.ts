import type { ProducerInfo } from '../../../cluster/signalling/protocol.ts';
import type { RoomEventSource } from '../../room-events.ts';
import { rememberSpeakers } from '../../subscriptions.ts';

/** What the participant knows of its room, kept by what the signalling tells. */
export class Room {
  readonly #producers = new Map<string, ProducerInfo>();
  #speakers: string[] = [];
  /** Called after every change. */
  onChange: () => void = () => {};

  /** Attach before asking to join, so that nothing is missed. */
  listen(client: RoomEventSource): void {
    client.on('newProducer', (producer) => this.add([producer]));
    client.on('producerClosed', ({ producerId }) => {
      this.#producers.delete(producerId);
      this.onChange();
    });
    client.on('activeSpeakers', ({ participantIds }) => {
      this.#speakers = rememberSpeakers(this.#speakers, participantIds);
      this.onChange();
    });
  }

  add(producers: readonly ProducerInfo[]): void {
    for (const producer of producers) this.#producers.set(producer.producerId, producer);
    this.onChange();
  }

  has(producerId: string): boolean {
    return this.#producers.has(producerId);
  }

  /** Oldest first. */
  producers(): ProducerInfo[] {
    return [...this.#producers.values()];
  }

  /** Latest first. */
  speakers(): readonly string[] {
    return this.#speakers;
  }
}
