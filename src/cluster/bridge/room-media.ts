import type { types as mediasoup } from 'mediasoup';
import type { PadReading } from '../../targets/types.ts';
import { RpcError } from '../rpc.ts';
import type { Ledger, TrafficClass } from './ledger.ts';
import { padReading } from './pad-reading.ts';
import { consumerReading, producerReading, transportReading } from './tally.ts';

type AnyTransport = mediasoup.WebRtcTransport | mediasoup.PipeTransport;

interface Held<T> {
  item: T;
  transportId: string;
}

/** What to take out of a room; everything that hangs on it goes too. */
export interface Removal {
  transportIds?: readonly string[];
  producerIds?: readonly string[];
  consumerIds?: readonly string[];
}

/**
 * The transports, producers and consumers of one room on one bridge. Its one rule: nothing is closed before its
 * counters, and those of all that closes with it, are on their way into the ledger.
 */
export class RoomMedia {
  readonly #ledger: Ledger;
  readonly #transports = new Map<string, AnyTransport>();
  readonly #producers = new Map<string, Held<mediasoup.Producer>>();
  readonly #consumers = new Map<string, Held<mediasoup.Consumer>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  addTransport(transport: AnyTransport, traffic: TrafficClass): void {
    this.#transports.set(transport.id, transport);
    this.#ledger.add(transport.id, traffic, async () => transportReading(await transport.getStats()));
  }

  addProducer(producer: mediasoup.Producer, transportId: string, traffic: TrafficClass): void {
    this.#producers.set(producer.id, { item: producer, transportId });
    this.#ledger.add(producer.id, traffic, async () => producerReading(await producer.getStats()));
  }

  addConsumer(consumer: mediasoup.Consumer, transportId: string, traffic: TrafficClass): void {
    this.#consumers.set(consumer.id, { item: consumer, transportId });
    this.#ledger.add(consumer.id, traffic, async () => consumerReading(await consumer.getStats()));
  }

  transport(id: string): AnyTransport {
    return found(this.#transports.get(id), 'unknown-transport', id);
  }

  producer(id: string): mediasoup.Producer {
    return found(this.#producers.get(id), 'unknown-producer', id).item;
  }

  consumer(id: string): mediasoup.Consumer {
    return found(this.#consumers.get(id), 'unknown-consumer', id).item;
  }

  get producerCount(): number {
    return this.#producers.size;
  }

  get consumerCount(): number {
    return this.#consumers.size;
  }

  /** Every producer and consumer with its last counters. */
  pads(bridgeId: string): PadReading[] {
    const inbound = [...this.#producers.values()].map(({ item, transportId }) =>
      this.#pad(bridgeId, transportId, item, { producerId: item.id, consumerId: null }),
    );
    const outbound = [...this.#consumers.values()].map(({ item, transportId }) =>
      this.#pad(bridgeId, transportId, item, { producerId: item.producerId, consumerId: item.id }),
    );
    return [...inbound, ...outbound].filter((pad) => pad !== null);
  }

  #pad(
    bridgeId: string,
    transportId: string,
    item: mediasoup.Producer | mediasoup.Consumer,
    identity: Pick<PadReading, 'producerId' | 'consumerId'>,
  ): PadReading | null {
    const last = this.#ledger.lastOf(item.id);
    if (last === null) return null;
    const transport = this.#transports.get(transportId);
    const pipe = transport !== undefined && 'tuple' in transport ? transport.tuple : null;
    return padReading({ ...identity, bridgeId, transportId, item, last, pipe });
  }

  /** Returns the consumers that ended only because their producer did, for their participants to be told. */
  remove({ transportIds = [], producerIds = [], consumerIds = [] }: Removal): mediasoup.Consumer[] {
    const transports = new Set(transportIds.filter((id) => this.#transports.has(id)));
    const producers = new Set(producerIds.filter((id) => this.#producers.has(id)));
    for (const [id, held] of this.#producers) if (transports.has(held.transportId)) producers.add(id);
    const consumers = new Set(consumerIds.filter((id) => this.#consumers.has(id)));
    const orphaned: mediasoup.Consumer[] = [];
    for (const [id, { item, transportId }] of this.#consumers) {
      if (transports.has(transportId)) consumers.add(id);
      else if (producers.has(item.producerId) && !consumers.has(id)) {
        consumers.add(id);
        orphaned.push(item);
      }
    }
    this.#ledger.retire([...consumers, ...producers, ...transports]);
    for (const id of consumers) this.#consumers.get(id)?.item.close();
    for (const id of producers) this.#producers.get(id)?.item.close();
    for (const id of transports) this.#transports.get(id)?.close();
    for (const id of consumers) this.#consumers.delete(id);
    for (const id of producers) this.#producers.delete(id);
    for (const id of transports) this.#transports.delete(id);
    return orphaned;
  }

  removeAll(): void {
    this.remove({ transportIds: [...this.#transports.keys()] });
  }
}

function found<T>(value: T | undefined, code: string, id: string): T {
  if (value === undefined) throw new RpcError(code, `${code.replace('-', ' ')}: ${id}`);
  return value;
}
