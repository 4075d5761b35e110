import type { ProducerInfo } from '../../cluster/signalling/protocol.ts';
import { SocketField } from '../../packets/types.ts';
import type { MediaSource, ParticipantPlan } from '../../scenario/plan-types.ts';
import { decideSubscriptions, type HeldState, rememberSpeakers } from '../subscriptions.ts';
import type { TrackSample } from '../types.ts';
import { formatOf, IncomingTrack } from './incoming-track.ts';
import type { MediaTransport, TransportContext } from './media-transport.ts';
import { ReceiverReports } from './receiver-reports.ts';
import type { RoomClient } from './rooms/types.ts';
import { nack, pictureLoss, transportWideFeedback } from './rtcp/build.ts';
import type { RtcpItem } from './rtcp/parse.ts';
import { TransportWideFeedback } from './rtcp/transport-wide.ts';
import type { Task } from './scheduler.ts';

/**
 * libwebrtc lets transport-wide feedback go every 50 to 250 ms, depending on the bitrate; where none was negotiated it
 * sends its estimate (REMB) every 200 ms instead, asked or not.
 */
const FEEDBACK_INTERVAL_MS = 200;
/** Time for packets that are only out of order, before they are asked for. */
const NACK_DELAY_MS = 5;
const NACK_INTERVAL_MS = 20;
const DEFAULT_ROUND_TRIP_MS = 100;

export interface SubscriberOptions {
  context: TransportContext;
  transport: MediaTransport;
  room: RoomClient;
  plan: ParticipantPlan;
  /** Whose stream a stream of the packet loop is. */
  byStream: Map<number, { subscriber: Subscriber; track: IncomingTrack }>;
  onSubscribed(producer: { producerId: string; source: MediaSource }, durationMs: number): void;
  /** A track was added, whose first packet is still to come. */
  onTrack(): void;
  onTrouble(error: unknown): void;
}

/** Consumes what a participant subscribes to, and tells the SFU how it arrives. */
export class Subscriber implements Task {
  readonly leisurely = true;
  readonly #options: SubscriberOptions;
  readonly #producers = new Map<string, ProducerInfo>();
  #speakers: string[] = [];
  /** By producer, and all of them for what goes through them several times a second. */
  readonly #tracks = new Map<string, IncomingTrack>();
  #list: readonly IncomingTrack[] = [];
  /** Producers being asked for, and whether they are still wanted when the answer comes. */
  readonly #asking = new Set<string>();
  readonly #transportWide = new TransportWideFeedback();
  readonly #reports: ReceiverReports;
  readonly #nackTask: Task = { run: (dueMs, nowMs) => this.#nack(dueMs, nowMs) };
  #nackScheduled = false;
  #closed = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#reports = new ReceiverReports(options.context, options.transport);
  }

  /** Resolves when what is asked for now was answered, one way or the other. */
  async begin(producers: readonly ProducerInfo[]): Promise<void> {
    const { context } = this.#options;
    for (const producer of producers) this.#producers.set(producer.producerId, producer);
    context.scheduler.add(this, context.nowMs() + FEEDBACK_INTERVAL_MS * context.random());
    await this.#update();
  }

  addProducer(producer: ProducerInfo): void {
    this.#producers.set(producer.producerId, producer);
    void this.#update();
  }

  removeProducer(producerId: string): void {
    this.#producers.delete(producerId);
    this.#drop(producerId);
    void this.#update();
  }

  removeConsumer(consumerId: string): void {
    const track = this.#byConsumer(consumerId);
    if (track !== undefined) this.#drop(track.info.producerId);
  }

  onSpeakers(participantIds: readonly string[]): void {
    this.#speakers = rememberSpeakers(this.#speakers, participantIds);
    void this.#update();
  }

  onLayers(consumerId: string, spatialLayer: number | null): void {
    this.#byConsumer(consumerId)?.onLayers(spatialLayer);
  }

  onRtcp(item: RtcpItem, receivedAtMs: number): void {
    if (item.type !== 'sender-report') return;
    for (const track of this.#tracks.values()) {
      if (track.format.ssrc === item.ssrc) track.onSenderReport(item.lastSenderReport, receivedAtMs);
    }
  }

  onGap(track: IncomingTrack, first: number, count: number): void {
    if (!track.canNack || !track.active) return;
    const { context } = this.#options;
    track.nacks.add(first, count, context.nowMs());
    if (this.#nackScheduled) return;
    this.#nackScheduled = true;
    context.scheduler.add(this.#nackTask, context.nowMs() + NACK_DELAY_MS);
  }

  get tracks(): Iterable<IncomingTrack> {
    return this.#tracks.values();
  }

  sample(nowMs: number): TrackSample[] {
    return [...this.#tracks.values()].map((track) => track.sample(nowMs));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#options.context;
    scheduler.cancel(this);
    scheduler.cancel(this.#nackTask);
    for (const producerId of [...this.#tracks.keys()]) this.#drop(producerId);
  }

  /** Tells the SFU what arrived and when, and now and then how well. */
  run(dueMs: number, nowMs: number): number | null {
    if (this.#closed) return null;
    const { transport } = this.#options;
    if (!transport.isOpen) return dueMs + FEEDBACK_INTERVAL_MS;
    this.#arrivals();
    this.#keyFrames(nowMs);
    this.#reports.send(this.#list, nowMs);
    return dueMs + FEEDBACK_INTERVAL_MS;
  }

  #arrivals(): void {
    const { transport } = this.#options;
    const [any] = this.#list;
    const { counters, arrivals } = transport.socket;
    const written = counters[SocketField.arrivals] ?? 0;
    if (any === undefined || written === 0) return;
    for (const body of this.#transportWide.build(arrivals, written)) {
      transport.sendRtcp(transportWideFeedback(transport.reportSsrc, any.format.ssrc, body));
    }
  }

  #keyFrames(nowMs: number): void {
    for (const track of this.#list) {
      if (!track.wantsKeyFrame(nowMs)) continue;
      const { transport } = this.#options;
      transport.sendRtcp(pictureLoss(transport.reportSsrc, track.format.ssrc));
    }
  }

  #nack(_dueMs: number, nowMs: number): number | null {
    const { transport } = this.#options;
    let pending = 0;
    for (const track of this.#tracks.values()) {
      if (track.nacks.size === 0) continue;
      const { sequences, abandoned } = track.nacks.take(
        nowMs,
        transport.roundTripTimeMs ?? DEFAULT_ROUND_TRIP_MS,
      );
      if (abandoned) track.onUnrepaired();
      if (sequences.length > 0) {
        track.nackCount += 1;
        transport.sendRtcp(nack(transport.reportSsrc, track.format.ssrc, sequences));
      }
      pending += track.nacks.size;
    }
    this.#nackScheduled = pending > 0 && !this.#closed;
    return this.#nackScheduled ? nowMs + NACK_INTERVAL_MS : null;
  }

  async #update(): Promise<void> {
    if (this.#closed) return;
    const { plan } = this.#options;
    const held = new Map<string, HeldState>();
    for (const producerId of this.#asking) held.set(producerId, 'active');
    for (const [producerId, track] of this.#tracks) held.set(producerId, track.active ? 'active' : 'paused');
    const change = decideSubscriptions({
      participantId: plan.id,
      subscriptions: plan.subscribe,
      producers: [...this.#producers.values()],
      speakers: this.#speakers,
      held,
    });
    await Promise.all([
      ...change.consume.map((producer) => this.#attempt(this.#consume(producer))),
      ...change.resume.map((producerId) => this.#attempt(this.#resume(producerId))),
      ...change.pause.map((producerId) => this.#attempt(this.#pause(producerId))),
      ...change.close.map((producerId) => this.#attempt(this.#closeTrack(producerId))),
    ]);
  }

  #attempt(action: Promise<void>): Promise<void> {
    return action.catch((error: unknown) => {
      if (!this.#closed) this.#options.onTrouble(error);
    });
  }

  async #consume(producer: ProducerInfo): Promise<void> {
    const { room, transport, plan, context, byStream } = this.#options;
    const { producerId } = producer;
    this.#asking.add(producerId);
    const askedAtMs = context.nowMs();
    try {
      const info = await room.subscribe(producerId);
      if (this.#closed || !this.#producers.has(producerId)) return;
      const format = formatOf(info);
      const stream = context.loop.addStream(transport.socket.id, format);
      const track = new IncomingTrack(info, format, stream, askedAtMs);
      this.#tracks.set(producerId, track);
      this.#onTracks();
      byStream.set(stream.id, { subscriber: this, track });
      this.#options.onTrack();
      const preferred = info.kind === 'video' ? plan.subscribe.preferredSpatialLayer : null;
      await room.start(info.consumerId, preferred);
    } finally {
      this.#asking.delete(producerId);
    }
    // Who speaks may have changed meanwhile.
    void this.#update();
  }

  async #resume(producerId: string): Promise<void> {
    const track = this.#tracks.get(producerId);
    if (track === undefined) return;
    track.resume(this.#options.context.nowMs());
    this.#options.context.loop.restartFrames(track.stream.id);
    await this.#options.room.resume(track.info.consumerId);
  }

  async #pause(producerId: string): Promise<void> {
    const track = this.#tracks.get(producerId);
    if (track === undefined) return;
    track.pause();
    await this.#options.room.pause(track.info.consumerId);
  }

  async #closeTrack(producerId: string): Promise<void> {
    const track = this.#tracks.get(producerId);
    if (track === undefined) return;
    this.#drop(producerId);
    await this.#options.room.unsubscribe(track.info.consumerId);
  }

  #drop(producerId: string): void {
    const track = this.#tracks.get(producerId);
    if (track === undefined) return;
    this.#tracks.delete(producerId);
    this.#onTracks();
    this.#options.byStream.delete(track.stream.id);
    this.#options.context.loop.removeStream(track.stream.id);
  }

  #onTracks(): void {
    this.#list = [...this.#tracks.values()];
    this.#reports.onTracks(this.#list);
  }

  #byConsumer(consumerId: string): IncomingTrack | undefined {
    for (const track of this.#tracks.values()) if (track.info.consumerId === consumerId) return track;
    return undefined;
  }

  /** Announces tracks whose first packet has come. True while some are still waited for. */
  announce(): boolean {
    let waiting = false;
    for (const track of this.#tracks.values()) {
      if (track.announced) continue;
      const firstMs = track.firstPacketMs;
      if (firstMs === null) {
        waiting = true;
        continue;
      }
      track.announced = true;
      this.#options.onSubscribed(track.info, Math.max(0, firstMs - track.askedAtMs));
    }
    return waiting;
  }
}
