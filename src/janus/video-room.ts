import type { ProducerInfo } from '../cluster/signalling/protocol.ts';
import { RoomEmitter, type RoomEventSource, type RoomEvents } from '../participants/room-events.ts';
import type { MediaSource } from '../scenario/plan-types.ts';
import type { JanusRoomAccess } from '../targets/types.ts';
import { JanusConnection } from './connection.ts';
import {
  type JanusCandidate,
  type JanusId,
  type JanusMessage,
  type PublisherData,
  VIDEO_ROOM,
  type VideoRoomData,
} from './protocol.ts';
import { type Answerer, Subscriptions } from './subscriptions.ts';

export type Direction = 'send' | 'recv';

/** A source of an offer, by the media section that it is in. */
export interface PublishedSource {
  mid: string;
  source: MediaSource;
}

/**
 * A participant's place in a room of Janus's plugin `videoroom`: one handle by which it is in the room and
 * publishes, and a second one for all that it subscribes to. Media are described by SDP, which is for its user to
 * make and to read.
 */
export class VideoRoom implements RoomEventSource {
  readonly #connection: JanusConnection;
  readonly #access: JanusRoomAccess;
  readonly #participantId: string;
  readonly #emitter = new RoomEmitter();
  readonly #candidates: Record<
    Direction,
    { known: JanusCandidate[]; tell(candidate: JanusCandidate): void }
  > = {
    send: { known: [], tell: () => {} },
    recv: { known: [], tell: () => {} },
  };
  /** Producers of the others by the feed they belong to. */
  readonly #feeds = new Map<JanusId, Map<string, ProducerInfo>>();
  #speaking: string[] = [];
  #handleId = 0;
  #ownFeed: JanusId = 0;
  #subscriptions: Subscriptions | null = null;

  private constructor(connection: JanusConnection, access: JanusRoomAccess, participantId: string) {
    this.#connection = connection;
    this.#access = access;
    this.#participantId = participantId;
    connection.onEvent = (message) => this.#onEvent(message);
    void connection.closed.then((reason) => this.#emitter.emit('lost', { reason }));
  }

  static async connect(
    access: JanusRoomAccess,
    participantId: string,
    signal: AbortSignal,
  ): Promise<VideoRoom> {
    const connection = await JanusConnection.connect(access.url, access.keepAliveMs, signal);
    return new VideoRoom(connection, access, participantId);
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): void {
    this.#emitter.on(name, listener);
  }

  /** Who does not publish is in the room as a publisher all the same: only those are told who comes and goes. */
  async join(): Promise<ProducerInfo[]> {
    this.#handleId = await this.#connection.attach(VIDEO_ROOM);
    const { data } = await this.#connection.message(this.#handleId, {
      request: 'join',
      ptype: 'publisher',
      room: this.#access.roomId,
      display: this.#participantId,
    });
    if (data.id === undefined) throw new Error('Janus gave the participant no id');
    this.#ownFeed = data.id;
    return (data.publishers ?? []).flatMap((publisher) => this.#addFeed(publisher));
  }

  /** What others know a media section of ours by. */
  producerId(mid: string): string {
    return producerIdOf(this.#ownFeed, mid);
  }

  /** Sends everything of an offer; resolves with the SDP of Janus's answer. */
  async publish(sdp: string, sources: readonly PublishedSource[]): Promise<string> {
    const { jsep } = await this.#connection.message(
      this.#handleId,
      {
        request: 'configure',
        descriptions: sources.map(({ mid, source }) => ({ mid, description: source })),
      },
      { type: 'offer', sdp, rid_order: 'lmh' },
    );
    if (jsep === null) throw new Error('Janus answered the offer with no SDP');
    return jsep.sdp;
  }

  /** Calls `listener` with every candidate of Janus's end, also those that have come already. */
  onCandidate(direction: Direction, listener: (candidate: JanusCandidate) => void): void {
    const candidates = this.#candidates[direction];
    for (const candidate of candidates.known) listener(candidate);
    candidates.tell = listener;
  }

  /** Tells Janus that our end has no (more) candidates to name: it learns our address from our checks. */
  async endOfCandidates(direction: Direction): Promise<void> {
    const handleId = direction === 'send' ? this.#handleId : this.#subscriptions?.handleId;
    if (handleId !== undefined && handleId !== null)
      await this.#connection.trickle(handleId, { completed: true });
  }

  /** Everything that is received comes over one connection, whose offers `answer` answers. */
  receive(answer: Answerer): Subscriptions {
    const subscriptions = new Subscriptions(this.#connection, this.#access.roomId, answer);
    this.#subscriptions = subscriptions;
    return subscriptions;
  }

  producer(producerId: string): ProducerInfo | undefined {
    for (const producers of this.#feeds.values()) {
      for (const producer of producers.values()) if (producer.producerId === producerId) return producer;
    }
    return undefined;
  }

  /** Where a producer is found: its feed and the media section there. */
  locate(producerId: string): { feed: JanusId; mid: string } | undefined {
    for (const [feed, producers] of this.#feeds) {
      for (const [mid, producer] of producers) if (producer.producerId === producerId) return { feed, mid };
    }
    return undefined;
  }

  /** Never rejects, and is bounded in time. */
  leave(): Promise<void> {
    return this.#connection.destroy();
  }

  close(): void {
    this.#connection.close();
  }

  #onEvent(message: JanusMessage): void {
    const { janus, sender, candidate, plugindata, jsep, reason } = message;
    if (janus === 'timeout') {
      this.#emitter.emit('lost', { reason: 'Janus ended the session: it heard nothing for too long' });
      return;
    }
    const direction = sender === this.#handleId ? 'send' : 'recv';
    if (janus === 'trickle' && candidate !== undefined) {
      this.#candidates[direction].known.push(candidate);
      this.#candidates[direction].tell(candidate);
    } else if (janus === 'hangup') {
      this.#emitter.emit('lost', { reason: `Janus closed the connection: ${reason ?? 'no reason given'}` });
    } else if (janus === 'event' && plugindata !== undefined) {
      if (direction === 'send') this.#onRoom(plugindata.data);
      else this.#onSubscription(plugindata.data, jsep?.sdp ?? null);
    }
  }

  #onRoom(data: VideoRoomData): void {
    for (const publisher of data.publishers ?? []) {
      for (const producer of this.#addFeed(publisher)) this.#emitter.emit('newProducer', producer);
    }
    for (const feed of [data.unpublished, data.leaving]) if (feed !== undefined) this.#removeFeed(feed);
    if (data.id === undefined) return;
    if (data.videoroom === 'talking') this.#onSpeaker(data.id, true);
    if (data.videoroom === 'stopped-talking') this.#onSpeaker(data.id, false);
  }

  #onSubscription(data: VideoRoomData, offer: string | null): void {
    if (offer !== null) void this.#subscriptions?.onOffer(offer, data.streams ?? []);
    const { mid, substream } = data;
    if (mid === undefined || substream === undefined) return;
    const consumerId = this.#subscriptions?.consumerAt(mid);
    if (consumerId !== undefined)
      this.#emitter.emit('consumerLayers', { consumerId, spatialLayer: substream });
  }

  #onSpeaker(feed: JanusId, speaks: boolean): void {
    const [producer] = this.#feeds.get(feed)?.values() ?? [];
    if (producer === undefined) return;
    const { participantId } = producer;
    const others = this.#speaking.filter((speaker) => speaker !== participantId);
    this.#speaking = speaks ? [participantId, ...others] : others;
    this.#emitter.emit('activeSpeakers', { participantIds: this.#speaking });
  }

  /** Returns what is new: Janus names a feed again whenever something of it has changed. */
  #addFeed({ id, display, streams }: PublisherData): ProducerInfo[] {
    const known = this.#feeds.get(id) ?? new Map<string, ProducerInfo>();
    const now = new Map<string, ProducerInfo>();
    for (const { type, mid, description, disabled } of streams ?? []) {
      if (disabled === true || (type !== 'audio' && type !== 'video')) continue;
      const source = sourceOf(type, description);
      const producerId = producerIdOf(id, mid);
      now.set(mid, { producerId, participantId: display ?? String(id), kind: type, source });
    }
    this.#feeds.set(id, now);
    for (const [mid, { producerId }] of known) {
      if (!now.has(mid)) this.#emitter.emit('producerClosed', { producerId });
    }
    return [...now].flatMap(([mid, producer]) => (known.has(mid) ? [] : [producer]));
  }

  #removeFeed(feed: JanusId): void {
    const producers = this.#feeds.get(feed);
    if (producers === undefined) return;
    this.#feeds.delete(feed);
    for (const { producerId } of producers.values()) this.#emitter.emit('producerClosed', { producerId });
  }
}

function producerIdOf(feed: JanusId, mid: string): string {
  return `${feed}/${mid}`;
}

function sourceOf(kind: 'audio' | 'video', description: string | undefined): MediaSource {
  if (kind === 'audio') return 'microphone';
  return description === 'screen' ? 'screen' : 'camera';
}
