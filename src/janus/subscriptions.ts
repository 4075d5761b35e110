import type { JanusConnection } from './connection.ts';
import { type JanusId, type Jsep, type SubscribedStream, VIDEO_ROOM } from './protocol.ts';

/** Turns an offer of Janus into an answer. */
export type Answerer = (sdp: string) => Promise<string>;

/** What is received, and the media section in which it comes. */
export interface Subscription {
  consumerId: string;
  mid: string;
}

interface Wanted {
  feed: JanusId;
  feedMid: string;
  resolve(subscription: Subscription): void;
  reject(error: Error): void;
}

interface Held extends Subscription {
  feed: JanusId;
  feedMid: string;
}

/**
 * Everything that a participant receives, over one handle and one connection. Janus makes the offers: one for each
 * change of ours, and some by itself when a publisher has gone. One is answered after the other, and what is asked
 * for meanwhile is asked for together.
 */
export class Subscriptions {
  readonly #connection: JanusConnection;
  readonly #room: JanusId;
  readonly #answer: Answerer;
  #handleId: number | null = null;
  #joined = false;
  #wanted: Wanted[] = [];
  /** Asked for; the offer with it is still to come. */
  #asked: Wanted[] = [];
  #unwanted: Held[] = [];
  readonly #held = new Map<string, Held>();
  #working: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(connection: JanusConnection, room: JanusId, answer: Answerer) {
    this.#connection = connection;
    this.#room = room;
    this.#answer = answer;
  }

  get handleId(): number | null {
    return this.#handleId;
  }

  /** Resolves once the connection is ready to receive it; rejects when it is gone. */
  subscribe(feed: JanusId, feedMid: string): Promise<Subscription> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ feed, feedMid, resolve, reject });
      this.#soon();
    });
  }

  unsubscribe(consumerId: string): void {
    const held = this.#held.get(consumerId);
    if (held === undefined) return;
    this.#held.delete(consumerId);
    this.#unwanted.push(held);
    this.#soon();
  }

  /** Lets media flow or holds it back. */
  setFlowing(consumerId: string, flows: boolean): Promise<void> {
    return this.#configure(consumerId, { send: flows });
  }

  /** 0 is the lowest layer of simulcast; without simulcast Janus takes no notice. */
  preferLayer(consumerId: string, spatialLayer: number): Promise<void> {
    return this.#configure(consumerId, { substream: Math.min(2, spatialLayer) });
  }

  consumerAt(mid: string): string | undefined {
    for (const held of this.#held.values()) if (held.mid === mid) return held.consumerId;
    return undefined;
  }

  /** An offer that was not asked for. */
  onOffer(sdp: string, streams: readonly SubscribedStream[]): Promise<void> {
    return this.#queue(() => this.#take(sdp, streams));
  }

  #configure(consumerId: string, settings: object): Promise<void> {
    return this.#queue(async () => {
      const held = this.#held.get(consumerId);
      if (held === undefined || this.#handleId === null) return;
      const streams = [{ mid: held.mid, ...settings }];
      await this.#connection.message(this.#handleId, { request: 'configure', streams });
    });
  }

  #soon(): void {
    this.#queue(() => this.#change()).catch(() => {});
  }

  #queue(work: () => Promise<void>): Promise<void> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }

  async #change(): Promise<void> {
    const wanted = this.#wanted.splice(0);
    const unwanted = this.#unwanted.splice(0);
    if (wanted.length === 0 && unwanted.length === 0) return;
    try {
      await this.#ask(wanted, unwanted);
    } catch (error) {
      // One publisher that has just gone must not take the others with it.
      if (wanted.length <= 1) {
        for (const { reject } of wanted) reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      for (const one of wanted) {
        await this.#ask([one], []).catch((reason: Error) => one.reject(reason));
      }
    }
  }

  async #ask(wanted: readonly Wanted[], unwanted: readonly Held[]): Promise<void> {
    this.#handleId ??= await this.#connection.attach(VIDEO_ROOM);
    const subscribe = wanted.map(({ feed, feedMid }) => ({ feed, mid: feedMid }));
    const unsubscribe = unwanted.map(({ mid }) => ({ sub_mid: mid }));
    const body = this.#joined
      ? {
          request: 'update',
          ...(subscribe.length > 0 ? { subscribe } : {}),
          ...(unsubscribe.length > 0 ? { unsubscribe } : {}),
        }
      : { request: 'join', ptype: 'subscriber', room: this.#room, streams: subscribe };
    this.#asked.push(...wanted);
    try {
      const { data, jsep } = await this.#connection.message(this.#handleId, body);
      this.#joined = true;
      if (jsep !== null) await this.#take(jsep.sdp, data.streams ?? []);
    } catch (error) {
      this.#asked = this.#asked.filter((one) => !wanted.includes(one));
      throw error;
    }
  }

  /** Answers an offer. Who waits for something in it goes on first: its packets may come with the answer. */
  async #take(sdp: string, streams: readonly SubscribedStream[]): Promise<void> {
    if (this.#handleId === null) return;
    const jsep: Jsep = { type: 'answer', sdp: await this.#answer(sdp) };
    const flowing = streams.filter(({ active }) => active !== false);
    for (const { mid, feed_id: feed, feed_mid: feedMid } of flowing) {
      const one = this.#asked.find((asked) => asked.feed === feed && asked.feedMid === feedMid);
      if (one === undefined) continue;
      this.#asked = this.#asked.filter((asked) => asked !== one);
      this.#count += 1;
      const consumerId = `${one.feed}/${one.feedMid}#${this.#count}`;
      this.#held.set(consumerId, { consumerId, mid, feed: one.feed, feedMid: one.feedMid });
      one.resolve({ consumerId, mid });
    }
    for (const [consumerId, held] of this.#held) {
      const stays = flowing.some(({ mid, feed_id: feed }) => mid === held.mid && feed === held.feed);
      if (!stays) this.#held.delete(consumerId);
    }
    await this.#connection.message(this.#handleId, { request: 'start' }, jsep);
  }
}
