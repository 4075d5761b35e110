import type { ProducerInfo } from '../../cluster/signalling/protocol.ts';
import { errorMessage } from '../../errors.ts';
import type { EngineKind, MediaSource, ParticipantPlan } from '../../scenario/plan-types.ts';
import type { Clock } from '../../system/types.ts';
import { decideSubscriptions } from '../subscriptions.ts';
import type { Engine, EngineOptions, GeneratorSample, ParticipantSample } from '../types.ts';
import { type FakeTrack, fakeParticipantSample } from './samples.ts';

export interface FakeEngineSettings {
  clock: Clock;
  kind?: EngineKind;
  /** From the access to a connected transport. Default 100. */
  joinMs?: number;
  /** From asking for a track to its first packet. Default 20. */
  subscribeMs?: number;
}

interface Member {
  plan: ParticipantPlan;
  bridgeId: string;
  attempt: number;
  tracks: Map<string, FakeTrack>;
  producers: ProducerInfo[];
  /** Resolves waits early when it leaves. */
  ending: AbortController;
}

/**
 * Participants that exist only on a clock: counters are exact functions of the time, so that whoever reads them can
 * be held to known answers. Rooms are those of this engine alone.
 */
export class FakeEngine implements Engine {
  readonly kind: EngineKind;
  readonly #clock: Clock;
  readonly #joinMs: number;
  readonly #subscribeMs: number;
  readonly #options: EngineOptions;
  readonly #members = new Map<string, Member>();
  readonly #joining = new Map<string, AbortController>();
  #closed = false;

  constructor(options: EngineOptions, settings: FakeEngineSettings) {
    this.kind = settings.kind ?? 'synthetic';
    this.#clock = settings.clock;
    this.#joinMs = settings.joinMs ?? 100;
    this.#subscribeMs = settings.subscribeMs ?? 20;
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async join(plan: ParticipantPlan, signal: AbortSignal): Promise<void> {
    await this.#join(plan, 1, signal);
  }

  async leave(participantId: string): Promise<ParticipantSample | null> {
    const joining = this.#joining.get(participantId);
    const member = this.#members.get(participantId);
    if (member === undefined && joining === undefined) return null;
    const last = member === undefined ? null : this.#read(member);
    joining?.abort(new Error('left'));
    this.#remove(participantId);
    this.#options.onEvent({ type: 'left', participantId, reason: 'planned' });
    return last;
  }

  async sample(): Promise<ParticipantSample[]> {
    return [...this.#members.values()].map((member) => this.#read(member));
  }

  async sampleGenerator(): Promise<GeneratorSample> {
    const readAtMs = this.#clock.nowMs();
    return {
      engine: this.kind,
      readAtMs,
      cpuSeconds: readAtMs / 10_000,
      rssBytes: 100e6,
      eventLoopDelayMeanMs: 0,
      eventLoopDelayMaxMs: 0,
      eventLoopUtilisationRatio: 0.1,
      packetsScheduled: null,
      packetsSent: null,
      packetsSentLate: null,
      lateSendP99Ms: null,
      socketDrops: null,
      packetLoop: null,
    };
  }

  versions(): Record<string, string> {
    return { fake: '1' };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const joining of this.#joining.values()) joining.abort(new Error('the engine was closed'));
    for (const participantId of [...this.#members.keys()]) {
      this.#remove(participantId);
      this.#options.onEvent({ type: 'left', participantId, reason: 'engine closed' });
    }
  }

  /** As when a bridge dies: everybody on it comes back elsewhere, one attempt further. */
  async loseBridge(bridgeId: string): Promise<void> {
    const lost = [...this.#members.values()].filter((member) => member.bridgeId === bridgeId);
    for (const { plan } of lost) this.#remove(plan.id);
    const { signal } = new AbortController();
    await Promise.all(lost.map(({ plan, attempt }) => this.#join(plan, attempt + 1, signal)));
  }

  /** As when the browser crashes: everybody is gone at once. */
  crash(reason: string): void {
    const participantIds = [...this.#members.keys()];
    this.#options.onEvent({ type: 'engine-failed', engine: this.kind, reason, participantIds });
    for (const participantId of participantIds) {
      this.#remove(participantId);
      this.#options.onEvent({ type: 'left', participantId, reason });
    }
  }

  async #join(plan: ParticipantPlan, attempt: number, outside: AbortSignal): Promise<void> {
    outside.throwIfAborted();
    const ending = new AbortController();
    const signal = AbortSignal.any([outside, ending.signal]);
    this.#joining.set(plan.id, ending);
    const beganMs = this.#clock.nowMs();
    try {
      const access = await this.#options.access(plan, attempt, signal);
      await this.#clock.sleep(this.#joinMs, signal);
      const bridgeId = access.bridgeId ?? 'bridge-0';
      const member: Member = { plan, bridgeId, attempt, tracks: new Map(), producers: [], ending };
      this.#members.set(plan.id, member);
      this.#tellJoined(member, this.#clock.nowMs() - beganMs);
      this.#publish(member);
      this.#follow(plan.roomId);
    } catch (error) {
      outside.throwIfAborted();
      if (ending.signal.aborted) return;
      this.#options.onEvent({ type: 'failed', participantId: plan.id, attempt, reason: errorMessage(error) });
    } finally {
      this.#joining.delete(plan.id);
    }
  }

  #tellJoined({ plan, bridgeId, attempt }: Member, joinMs: number): void {
    const steps = { signallingMs: joinMs / 2, iceMs: joinMs / 4, dtlsMs: joinMs / 4 };
    this.#options.onEvent({
      type: 'joined',
      participantId: plan.id,
      bridgeId,
      attempt,
      joinMs,
      steps: { ...steps, firstPacketMs: null, firstFrameMs: null },
    });
  }

  #publish(member: Member): void {
    const { plan, attempt } = member;
    const sources: [MediaSource, boolean][] = [
      ['microphone', plan.publish.audio !== null],
      ['camera', plan.publish.video !== null],
      ['screen', plan.publish.screen !== null],
    ];
    for (const [source, published] of sources) {
      if (!published) continue;
      const producer: ProducerInfo = {
        producerId: `${plan.id}-${source}-${attempt}`,
        participantId: plan.id,
        kind: source === 'microphone' ? 'audio' : 'video',
        source,
      };
      member.producers.push(producer);
      this.#addTrack(member, producer, 'up', this.#clock.nowMs());
      this.#options.onEvent({
        type: 'published',
        participantId: plan.id,
        source,
        attempt,
        durationMs: this.#joinMs / 10,
      });
    }
  }

  /** Lets everybody in the room receive what their subscriptions ask. */
  #follow(roomId: string): void {
    const present = [...this.#members.values()].filter(({ plan }) => plan.roomId === roomId);
    const producers = present.flatMap((member) => member.producers);
    for (const member of present) {
      const down = [...member.tracks.values()].filter(({ direction }) => direction === 'down');
      const change = decideSubscriptions({
        participantId: member.plan.id,
        subscriptions: member.plan.subscribe,
        producers,
        speakers: [],
        held: new Map(down.map(({ producer }) => [producer.producerId, 'active'])),
      });
      for (const producer of change.consume) void this.#subscribe(member, producer);
      for (const producerId of [...change.close, ...change.pause])
        member.tracks.delete(`down:${member.plan.id}-${producerId}`);
    }
  }

  async #subscribe(member: Member, producer: ProducerInfo): Promise<void> {
    const isFirst = ![...member.tracks.values()].some(({ direction }) => direction === 'down');
    this.#addTrack(member, producer, 'down', this.#clock.nowMs() + this.#subscribeMs);
    try {
      await this.#clock.sleep(this.#subscribeMs, member.ending.signal);
    } catch {
      return;
    }
    const { plan, attempt } = member;
    const { producerId, source } = producer;
    this.#options.onEvent({
      type: 'subscribed',
      participantId: plan.id,
      producerId,
      source,
      attempt,
      durationMs: this.#subscribeMs,
    });
    if (!isFirst) return;
    const elapsedMs = this.#joinMs + this.#subscribeMs;
    const part = this.#joinMs / 4;
    this.#options.onEvent({
      type: 'steps',
      participantId: plan.id,
      attempt,
      steps: {
        signallingMs: 2 * part,
        iceMs: part,
        dtlsMs: part,
        firstPacketMs: elapsedMs,
        firstFrameMs: elapsedMs,
      },
    });
  }

  #addTrack(member: Member, producer: ProducerInfo, direction: 'up' | 'down', sinceMs: number): void {
    const consumerId = direction === 'down' ? `${member.plan.id}-${producer.producerId}` : null;
    const trackId = `${direction}:${consumerId ?? producer.producerId}`;
    member.tracks.set(trackId, { trackId, direction, producer, consumerId, sinceMs });
  }

  #read({ plan, tracks }: Member): ParticipantSample {
    return fakeParticipantSample(plan.id, [...tracks.values()], this.#clock.nowMs());
  }

  #remove(participantId: string): void {
    const member = this.#members.get(participantId);
    if (member === undefined) return;
    this.#members.delete(participantId);
    member.ending.abort(new Error('gone'));
    this.#follow(member.plan.roomId);
  }
}
