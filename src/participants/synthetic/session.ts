import { SignallingClient } from '../../cluster/signalling/client.ts';
import type { SignallingMethods } from '../../cluster/signalling/protocol.ts';
import type { SrtpProfile } from '../../packets/types.ts';
import type { MediaSource, ParticipantPlan } from '../../scenario/plan-types.ts';
import type { JoinSteps, TrackSample } from '../types.ts';
import type { IncomingTrack } from './incoming-track.ts';
import type { LatenessMeter } from './lateness.ts';
import type { MediaStore } from './media/store.ts';
import { MediaTransport, type TransportContext } from './media-transport.ts';
import { extensionIds, type Negotiated, negotiate } from './negotiation.ts';
import { Publisher } from './publisher.ts';
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
  srtpProfile: SrtpProfile;
}

/** One participant's time in a room: signalling, two transports, what it sends and what it receives. */
export class Session implements Task {
  readonly #context: SessionContext;
  readonly #plan: ParticipantPlan;
  readonly #events: SessionEvents;
  readonly #signalling: SignallingClient;
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
    signalling: SignallingClient,
    beganMs: number,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#events = events;
    this.#signalling = signalling;
    this.#beganMs = beganMs;
  }

  /** Joins; `beganMs` is when the join was begun. Rejects when it fails, with nothing left open. */
  static async join(
    context: SessionContext,
    plan: ParticipantPlan,
    url: string,
    beganMs: number,
    events: SessionEvents,
    signal: AbortSignal,
  ): Promise<{ session: Session; joined: Joined }> {
    const signalling = await SignallingClient.connect(url, signal);
    const session = new Session(context, plan, events, signalling, beganMs);
    try {
      return { session, joined: await session.#join(signal) };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get transports(): MediaTransport[] {
    return [this.#send, this.#receive].filter((transport) => transport !== null);
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
    for (const transport of this.transports) transport.close();
    if (this.#signalling.isOpen) {
      await this.#signalling.request('leave', {}, { timeoutMs: 2000 }).catch(() => {});
    }
    this.#signalling.close();
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
    const room = await this.#signalling.request('join', {}, { signal });
    const negotiated = negotiate(room.routerRtpCapabilities);
    const sends = publish.audio !== null || publish.video !== null || publish.screen !== null;
    const receives = subscribe.audio === 'all' || subscribe.video !== 'none' || !sends;
    const [send, receive] = await Promise.all([
      sends ? this.#open('send', signal) : null,
      receives ? this.#open('recv', signal) : null,
    ]);
    this.#send = send;
    this.#receive = receive;
    const createdAtMs = nowMs();
    this.#steps = { ...this.#steps, signallingMs: createdAtMs - this.#beganMs };
    const ids = extensionIds(
      negotiated.receiveCapabilities.headerExtensions?.map(({ uri, preferredId }) => ({
        uri,
        id: preferredId,
      })),
    );
    const extensions = {
      transportSequenceId: ids.transportSequence ?? null,
      captureTimeId: ids.captureTime ?? null,
    };
    const [keys] = await Promise.all(
      this.transports.map((transport) => this.#connect(transport, extensions, signal)),
    );
    if (keys === undefined) throw new Error('the participant has no transport');
    // The slower of two transports counts, so that the steps add up to the whole.
    const iceAtMs = Math.max(...this.transports.map((transport) => transport.iceAtMs));
    const joinedAtMs = nowMs();
    this.#steps = { ...this.#steps, iceMs: iceAtMs - createdAtMs, dtlsMs: joinedAtMs - iceAtMs };
    const joinMs = joinedAtMs - this.#beganMs;
    if (receive !== null)
      this.#subscribe(receive, negotiated, room.producers, ids.transportSequence !== undefined);
    if (send !== null) await this.#publish(send, negotiated);
    return { bridgeId: room.bridgeId, joinMs, steps: this.#steps, srtpProfile: keys.profile };
  }

  async #open(direction: 'send' | 'recv', signal: AbortSignal): Promise<MediaTransport> {
    const info = await this.#signalling.request('createTransport', { direction }, { signal });
    return MediaTransport.open(this.#context, info, direction === 'recv', {
      onRtcp: (item, receivedAtMs) => {
        if (direction === 'send') this.#publisher?.onRtcp(item, receivedAtMs);
        else this.#subscriber?.onRtcp(item, receivedAtMs);
      },
      onLost: (reason) => this.#lost(reason),
    });
  }

  async #connect(
    transport: MediaTransport,
    extensions: { transportSequenceId: number | null; captureTimeId: number | null },
    signal: AbortSignal,
  ) {
    const { certificate } = this.#context;
    const dtlsParameters: SignallingMethods['connectTransport']['params']['dtlsParameters'] = {
      role: 'client',
      fingerprints: [{ algorithm: 'sha-256', value: certificate.sha256 }],
    };
    const { transportId } = transport;
    const [keys] = await Promise.all([
      transport.connect(extensions, signal),
      this.#signalling.request('connectTransport', { transportId, dtlsParameters }, { signal }),
    ]);
    return keys;
  }

  #listen(): void {
    const signalling = this.#signalling;
    signalling.on('newProducer', (producer) => this.#producers((to) => to.addProducer(producer)));
    signalling.on('producerClosed', ({ producerId }) =>
      this.#producers((to) => to.removeProducer(producerId)),
    );
    signalling.on('consumerClosed', ({ consumerId }) => this.#subscriber?.removeConsumer(consumerId));
    signalling.on('consumerLayers', ({ consumerId, spatialLayer }) =>
      this.#subscriber?.onLayers(consumerId, spatialLayer),
    );
    signalling.on('activeSpeakers', ({ participantIds }) =>
      this.#producers((to) => to.onSpeakers(participantIds)),
    );
    signalling.on('bridgeLost', ({ bridgeId, reason }) =>
      this.#lost(`bridge ${bridgeId} is gone: ${reason}`),
    );
    void signalling.closed.then(({ code }) => this.#lost(`the signalling connection ended (${code})`));
  }

  /** What was told between the answer to `join` and the connected transport, in order. */
  readonly #early: ((subscriber: Subscriber) => void)[] = [];

  #producers(action: (subscriber: Subscriber) => void): void {
    if (this.#subscriber === null) this.#early.push(action);
    else action(this.#subscriber);
  }

  #subscribe(
    transport: MediaTransport,
    negotiated: Negotiated,
    producers: SignallingMethods['join']['result']['producers'],
    transportWide: boolean,
  ): void {
    const context = this.#context;
    const subscriber = new Subscriber({
      context,
      transport,
      signalling: this.#signalling,
      negotiated,
      plan: this.#plan,
      transportWide,
      byStream: context.byStream,
      onSubscribed: ({ producerId, source }, durationMs) =>
        this.#events.onSubscribed(producerId, source, durationMs),
      onTrack: () => context.scheduler.add(this, context.nowMs() + WATCH_INTERVAL_MS),
      onTrouble: (error) => this.#trouble(error),
    });
    this.#subscriber = subscriber;
    subscriber.begin(producers);
    for (const action of this.#early.splice(0)) action(subscriber);
  }

  async #publish(transport: MediaTransport, negotiated: Negotiated): Promise<void> {
    const context = this.#context;
    this.#publisher = new Publisher({
      context,
      transport,
      signalling: this.#signalling,
      negotiated,
      media: context.media,
      lateness: context.lateness,
      plan: this.#plan,
      seed: `${context.seed}:${this.#plan.id}`,
      wallMs: context.wallMs,
      onPublished: (source, durationMs) => this.#events.onPublished(source, durationMs),
    });
    await this.#publisher.publish();
  }

  #firsts(subscriber: Subscriber): void {
    let { firstPacketMs, firstFrameMs } = this.#steps;
    for (const track of subscriber.tracks) {
      if (track.firstPacketMs !== null) firstPacketMs ??= track.firstPacketMs - this.#beganMs;
      if (track.firstFrameMs !== null) firstFrameMs ??= track.firstFrameMs - this.#beganMs;
    }
    this.#steps = { ...this.#steps, firstPacketMs, firstFrameMs };
    if (firstPacketMs === null || this.#stepsTold) return;
    const waitedMs = this.#context.nowMs() - this.#beganMs - firstPacketMs;
    if (firstFrameMs === null && waitedMs < FRAME_PATIENCE_MS) return;
    this.#stepsTold = true;
    this.#events.onSteps(this.#steps);
  }

  /** Requests about a producer or consumer that has just gone fail, and that is no trouble. */
  #trouble(error: unknown): void {
    if (this.#signalling.isOpen) return;
    this.#lost(error instanceof Error ? error.message : String(error));
  }

  #lost(reason: string): void {
    if (!this.#closed) this.#events.onLost(reason);
  }
}
