import { once } from 'node:events';
import type { ProducerInfo } from '../../cluster/signalling/protocol.ts';
import { errorMessage } from '../../errors.ts';
import type { MediaSource, ParticipantPlan } from '../../scenario/plan-types.ts';
import type { RoomAccess } from '../../targets/types.ts';
import type { JoinSteps, TrackSample } from '../types.ts';
import type { IncomingTrack } from './incoming-track.ts';
import type { LatenessMeter } from './lateness.ts';
import type { MediaStore } from './media/store.ts';
import { MediaTransport, type TransportContext } from './media-transport.ts';
import { Publisher } from './publisher.ts';
import { connectRoom } from './rooms/connect.ts';
import type { RoomClient } from './rooms/types.ts';
import type { Task } from './scheduler.ts';
import { Subscriber } from './subscriber.ts';

/** How often first packets and frames are looked for while some are still to come. */
const WATCH_INTERVAL_MS = 25;
/** Who receives only audio never sees a frame; after this time the steps are told without one. */
const FRAME_PATIENCE_MS = 3000;

/** What the participants of a shard share. */
export interface SessionContext extends TransportContext {
  media: MediaStore;
  lateness: LatenessMeter;
  byStream: Map<number, { subscriber: Subscriber; track: IncomingTrack }>;
  wallMs(): number;
  seed: number;
  recordedBitrates: boolean;
}

export interface SessionEvents {
  onPublished(source: MediaSource, durationMs: number): void;
  onSubscribed(producerId: string, source: MediaSource, durationMs: number): void;
  /** First packet and first frame, once both are known or no frame came for a while. */
  onSteps(steps: JoinSteps): void;
  /** The session cannot go on: the bridge, the connection or the consent is gone. */
  onLost(reason: string): void;
}

export interface Joined {
  bridgeId: string;
  joinMs: number;
  steps: JoinSteps;
}

/** One participant's time in a room: signalling, two transports, what it sends and what it receives. */
export class Session implements Task {
  readonly leisurely = true;
  readonly #context: SessionContext;
  readonly #plan: ParticipantPlan;
  readonly #events: SessionEvents;
  readonly #room: RoomClient;
  readonly #beganMs: number;
  #send: MediaTransport | null = null;
  #receive: MediaTransport | null = null;
  #publisher: Publisher | null = null;
  #subscriber: Subscriber | null = null;
  #steps: JoinSteps = {
    signallingMs: null,
    iceMs: null,
    dtlsMs: null,
    firstPacketMs: null,
    firstFrameMs: null,
  };
  #stepsTold = false;
  #closed = false;

  private constructor(
    context: SessionContext,
    plan: ParticipantPlan,
    events: SessionEvents,
    room: RoomClient,
    beganMs: number,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#events = events;
    this.#room = room;
    this.#beganMs = beganMs;
  }

  /** Joins; `beganMs` is when the join was begun. Rejects when it fails, with nothing left open. */
  static async join(
    context: SessionContext,
    plan: ParticipantPlan,
    access: RoomAccess,
    beganMs: number,
    events: SessionEvents,
    signal: AbortSignal,
  ): Promise<{ session: Session; joined: Joined }> {
    const room = await connectRoom(access, plan.id, context.nowMs, signal);
    const session = new Session(context, plan, events, room, beganMs);
    try {
      return { session, joined: await session.#join(signal) };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Those whose other end is known. */
  get transports(): MediaTransport[] {
    return [this.#send, this.#receive].flatMap((transport) => (transport?.isOpen === true ? transport : []));
  }

  get roundTripTimeMs(): number | null {
    return (this.#receive ?? this.#send)?.roundTripTimeMs ?? this.#publisher?.roundTripTimeMs ?? null;
  }

  get availableBitrateBps(): number | null {
    return this.#publisher?.availableBitrateBps ?? null;
  }

  sampleTracks(nowMs: number): TrackSample[] {
    return [...(this.#publisher?.sample(nowMs) ?? []), ...(this.#subscriber?.sample(nowMs) ?? [])];
  }

  /** Leaves the room. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.scheduler.cancel(this);
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#context.loop.flush();
    this.#send?.close();
    this.#receive?.close();
    await this.#room.leave();
    this.#room.close();
  }

  /** Watches for first packets and frames until there is nothing to wait for. */
  run(dueMs: number): number | null {
    const subscriber = this.#subscriber;
    if (this.#closed || subscriber === null) return null;
    const waiting = subscriber.announce();
    if (!this.#stepsTold) this.#firsts(subscriber);
    return waiting || !this.#stepsTold ? dueMs + WATCH_INTERVAL_MS : null;
  }

  async #join(signal: AbortSignal): Promise<Joined> {
    const { nowMs } = this.#context;
    const { publish, subscribe } = this.#plan;
    this.#listen();
    const { bridgeId, producers } = await this.#room.join(signal);
    const sends = publish.audio !== null || publish.video !== null || publish.screen !== null;
    const receives = subscribe.audio === 'all' || subscribe.video !== 'none' || !sends;
    const send = sends ? this.#transport('send') : null;
    const receive = receives ? this.#transport('recv') : null;
    this.#send = send;
    this.#receive = receive;
    const publisher = send === null ? null : this.#publish(send);
    await Promise.all([
      send === null ? null : this.#room.openSend(send, publisher?.requests ?? [], signal),
      receive === null ? null : this.#room.openReceive(receive, signal),
    ]);
    // The way for what is received may come only with the first of it.
    const comesWithMedia = receive !== null && !receive.isOpen;
    if (comesWithMedia) await abortable(this.#subscribe(receive, producers), signal);
    const open = this.transports;
    await abortable(Promise.all(open.map(({ connected }) => connected)), signal);
    this.#steps = { ...this.#steps, ...stepsOf(open, this.#beganMs, nowMs()) };
    const joinMs = nowMs() - this.#beganMs;
    if (receive !== null && !comesWithMedia) void this.#subscribe(receive, producers);
    await publisher?.publish();
    return { bridgeId, joinMs, steps: this.#steps };
  }

  #transport(direction: 'send' | 'recv'): MediaTransport {
    const transport = new MediaTransport(this.#context, direction === 'recv', {
      onRtcp: (item, receivedAtMs) => {
        if (direction === 'send') this.#publisher?.onRtcp(item, receivedAtMs);
        else this.#subscriber?.onRtcp(item, receivedAtMs);
      },
      onLost: (reason) => this.#lost(reason),
    });
    transport.connected.catch((error: unknown) => this.#lost(errorMessage(error)));
    return transport;
  }

  #listen(): void {
    const room = this.#room;
    room.on('newProducer', (producer) => this.#producers((to) => to.addProducer(producer)));
    room.on('producerClosed', ({ producerId }) => this.#producers((to) => to.removeProducer(producerId)));
    room.on('consumerClosed', ({ consumerId }) => this.#subscriber?.removeConsumer(consumerId));
    room.on('consumerLayers', ({ consumerId, spatialLayer }) =>
      this.#subscriber?.onLayers(consumerId, spatialLayer),
    );
    room.on('activeSpeakers', ({ participantIds }) => this.#producers((to) => to.onSpeakers(participantIds)));
    room.on('lost', ({ reason }) => this.#lost(reason));
  }

  /** What was told between the answer to `join` and the connected transport, in order. */
  readonly #early: ((subscriber: Subscriber) => void)[] = [];

  #producers(action: (subscriber: Subscriber) => void): void {
    if (this.#subscriber === null) this.#early.push(action);
    else action(this.#subscriber);
  }

  /** Resolves when what it wants of `producers` was answered. */
  async #subscribe(transport: MediaTransport, producers: readonly ProducerInfo[]): Promise<void> {
    const context = this.#context;
    const subscriber = new Subscriber({
      context,
      transport,
      room: this.#room,
      plan: this.#plan,
      byStream: context.byStream,
      onSubscribed: ({ producerId, source }, durationMs) =>
        this.#events.onSubscribed(producerId, source, durationMs),
      onTrack: () => context.scheduler.add(this, context.nowMs() + WATCH_INTERVAL_MS),
      onTrouble: (error) => this.#trouble(error),
    });
    this.#subscriber = subscriber;
    const begun = subscriber.begin(producers);
    for (const action of this.#early.splice(0)) action(subscriber);
    await begun;
  }

  #publish(transport: MediaTransport): Publisher {
    const context = this.#context;
    const publisher = new Publisher({
      context,
      transport,
      room: this.#room,
      media: context.media,
      lateness: context.lateness,
      plan: this.#plan,
      recordedBitrates: context.recordedBitrates,
      seed: `${context.seed}:${this.#plan.id}`,
      wallMs: context.wallMs,
      onPublished: (source, durationMs) => this.#events.onPublished(source, durationMs),
    });
    this.#publisher = publisher;
    return publisher;
  }

  #firsts(subscriber: Subscriber): void {
    const tracks = [...subscriber.tracks];
    const first = (times: readonly (number | null)[]) => {
      const known = times.filter((ms) => ms !== null);
      return known.length === 0 ? null : Math.min(...known) - this.#beganMs;
    };
    // Of several tracks whose first has come since the last look, the earliest counts.
    const firstPacketMs = this.#steps.firstPacketMs ?? first(tracks.map((track) => track.firstPacketMs));
    const firstFrameMs = this.#steps.firstFrameMs ?? first(tracks.map((track) => track.firstFrameMs));
    this.#steps = { ...this.#steps, firstPacketMs, firstFrameMs };
    if (firstPacketMs === null || this.#stepsTold) return;
    const waitedMs = this.#context.nowMs() - this.#beganMs - firstPacketMs;
    if (firstFrameMs === null && waitedMs < FRAME_PATIENCE_MS) return;
    this.#stepsTold = true;
    this.#events.onSteps(this.#steps);
  }

  /** Requests about a producer or consumer that has just gone fail, and that is no trouble. */
  #trouble(error: unknown): void {
    if (!this.#room.isOpen) this.#lost(errorMessage(error));
  }

  #lost(reason: string): void {
    if (!this.#closed) this.#events.onLost(reason);
  }
}

/** The slower of two transports counts, so that the steps add up to the whole; without any there is no such step. */
function stepsOf(
  open: readonly MediaTransport[],
  beganMs: number,
  joinedAtMs: number,
): Pick<JoinSteps, 'signallingMs' | 'iceMs' | 'dtlsMs'> {
  if (open.length === 0) return { signallingMs: joinedAtMs - beganMs, iceMs: null, dtlsMs: null };
  const openedAtMs = Math.max(...open.map((transport) => transport.openedAtMs));
  const iceAtMs = Math.max(...open.map((transport) => transport.iceAtMs));
  return {
    signallingMs: openedAtMs - beganMs,
    iceMs: Math.max(0, iceAtMs - openedAtMs),
    dtlsMs: joinedAtMs - Math.max(openedAtMs, iceAtMs),
  };
}

/** As `work`, but rejects with the signal's reason as soon as it is aborted. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const aborted = once(signal, 'abort', { signal: stop.signal }).then(() => Promise.reject(signal.reason));
  aborted.catch(() => {});
  try {
    return (await Promise.race([work, aborted])) as T;
  } finally {
    stop.abort();
  }
}
