import { RpcError } from '../rpc.ts';
import type { BridgeProcess } from './bridge-process.ts';

/** What the pipes need of a bridge. */
export type PipeBridge = Pick<BridgeProcess, 'bridgeId' | 'call'>;

interface Pair {
  a: PipeBridge;
  b: PipeBridge;
  connected: Promise<void>;
}

/**
 * The pipes of one room: one pair of transports for each pair of bridges that has something to exchange, and
 * each producer once to each bridge where somebody consumes it.
 */
export class RoomPipes {
  readonly #room: string;
  readonly #pairs = new Map<string, Pair>();
  readonly #dropping = new Map<string, Promise<unknown>>();
  /** By producer, by the bridge it was piped to. */
  readonly #piped = new Map<string, Map<PipeBridge, Promise<void>>>();

  constructor(room: string) {
    this.#room = room;
  }

  /** Resolves when the producer can be consumed on `to`. */
  ensure(producerId: string, from: PipeBridge, to: PipeBridge): Promise<void> {
    const copies = this.#piped.get(producerId) ?? new Map<PipeBridge, Promise<void>>();
    this.#piped.set(producerId, copies);
    const existing = copies.get(to);
    if (existing !== undefined) return existing;
    const piping = this.#pipe(producerId, from, to);
    copies.set(to, piping);
    piping.catch(() => {
      if (copies.get(to) === piping) copies.delete(to);
    });
    return piping;
  }

  /** Does something at every copy of a producer, as was done at the producer itself. */
  async mirror(
    producerId: string,
    action: 'pauseProducer' | 'resumeProducer' | 'closeProducer',
  ): Promise<void> {
    const copies = [...(this.#piped.get(producerId) ?? [])];
    if (action === 'closeProducer') this.#piped.delete(producerId);
    await Promise.allSettled(
      copies.map(async ([bridge, piped]) => {
        await piped;
        await bridge.call(action, { room: this.#room, producerId });
      }),
    );
  }

  /** The room has left this bridge, or the bridge is dead: the other ends go as well. */
  dropBridge(bridge: PipeBridge): void {
    for (const copies of this.#piped.values()) copies.delete(bridge);
    for (const [key, pair] of this.#pairs) {
      if (pair.a !== bridge && pair.b !== bridge) continue;
      this.#pairs.delete(key);
      const other = pair.a === bridge ? pair.b : pair.a;
      // Not before it is known whether it came up, or the end that is being opened would stay.
      const dropping = pair.connected
        .then(() => other.call('closePipe', { room: this.#room, peerBridgeId: bridge.bridgeId }))
        .catch(() => {});
      this.#dropping.set(key, dropping);
      void dropping.then(() => {
        if (this.#dropping.get(key) === dropping) this.#dropping.delete(key);
      });
    }
  }

  async #pipe(producerId: string, from: PipeBridge, to: PipeBridge): Promise<void> {
    const room = this.#room;
    await this.#connect(from, to);
    const { consumerId, ...media } = await from.call('pipeOut', {
      room,
      peerBridgeId: to.bridgeId,
      producerId,
    });
    try {
      await to.call('pipeIn', { room, peerBridgeId: from.bridgeId, producerId, ...media });
    } catch (error) {
      await from.call('closeConsumer', { room, consumerId }).catch(() => {});
      throw error;
    }
  }

  #connect(a: PipeBridge, b: PipeBridge): Promise<void> {
    const key = [a.bridgeId, b.bridgeId].sort().join(' ');
    const existing = this.#pairs.get(key);
    if (existing !== undefined) return existing.connected;
    const pair = { a, b, connected: this.#open(key, a, b) };
    this.#pairs.set(key, pair);
    pair.connected.catch(() => {
      if (this.#pairs.get(key) === pair) this.#pairs.delete(key);
    });
    return pair.connected;
  }

  /** Either both ends are up and connected, or neither is left. */
  async #open(key: string, a: PipeBridge, b: PipeBridge): Promise<void> {
    const room = this.#room;
    // An end of an earlier pair that is still to be closed would take this one's place with it.
    await this.#dropping.get(key);
    const [endA, endB] = await Promise.allSettled([
      a.call('openPipe', { room, peerBridgeId: b.bridgeId }),
      b.call('openPipe', { room, peerBridgeId: a.bridgeId }),
    ]);
    const outcomes: PromiseSettledResult<unknown>[] = [endA, endB];
    if (endA.status === 'fulfilled' && endB.status === 'fulfilled') {
      outcomes.push(
        ...(await Promise.allSettled([
          a.call('connectPipe', { room, peerBridgeId: b.bridgeId, peer: endB.value }),
          b.call('connectPipe', { room, peerBridgeId: a.bridgeId, peer: endA.value }),
        ])),
      );
    }
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return;
    await Promise.allSettled([
      a.call('closePipe', { room, peerBridgeId: b.bridgeId }),
      b.call('closePipe', { room, peerBridgeId: a.bridgeId }),
    ]);
    if (failed.reason instanceof RpcError) throw failed.reason;
    throw new RpcError('pipe-failed', `no pipe between ${a.bridgeId} and ${b.bridgeId}`);
  }
}
