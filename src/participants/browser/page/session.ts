import type { ParticipantSample } from '../../types.ts';
import type { JoinRequest, PageEvent } from '../page-api.ts';
import { mapParticipant } from '../stats/participant.ts';
import { createLink } from './create-link.ts';
import { JoinClock } from './join-clock.ts';
import type { LinkListener, RoomLink } from './link.ts';
import type { Studio } from './media/studio.ts';

/** Sound may come long before the first picture, or a picture never; the steps are told after this in any case. */
const FRAME_PATIENCE_MS = 10_000;

/** One participant in one room, from its join to its end; a join after a loss is another session. */
export class Session {
  readonly #request: JoinRequest;
  readonly #emit: (event: PageEvent) => void;
  readonly #clock: JoinClock;
  readonly #ending = new AbortController();
  readonly #link: RoomLink;
  #bridgeId = '';
  #state: 'joining' | 'joined' | 'ended' = 'joining';
  #stepsTold = false;
  #stepsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(request: JoinRequest, studio: Studio, emit: (event: PageEvent) => void) {
    this.#request = request;
    this.#emit = emit;
    this.#clock = new JoinClock(request.elapsedMs);
    this.#link = createLink(request, studio, this.#listener());
  }

  /** Resolves when the session has ended or everything that it publishes is confirmed; never rejects. */
  async run(): Promise<void> {
    const { timeoutMs } = this.#request;
    const timer = setTimeout(() => {
      if (this.#state === 'joining')
        this.#end(`not joined within ${timeoutMs} ms: ${this.#clock.progress()}`);
    }, timeoutMs);
    this.#ending.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    try {
      await this.#join(this.#ending.signal);
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  /** Resolves with a last reading, null when it was in no room. */
  async leave(): Promise<ParticipantSample | null> {
    const last = await this.sample().catch(() => null);
    await this.#link.leave();
    this.#end(null);
    return last;
  }

  /** null while it is in no room. */
  async sample(): Promise<ParticipantSample | null> {
    if (this.#state !== 'joined') return null;
    const { send, recv } = await this.#link.stats();
    return mapParticipant({
      participantId: this.#request.participant.id,
      readAtMs: performance.timeOrigin + performance.now(),
      send: send === null ? null : [...send.values()],
      recv: recv === null ? null : [...recv.values()],
      published: this.#link.published(),
      received: this.#link.received(),
    });
  }

  async #join(signal: AbortSignal): Promise<void> {
    await this.#link.enter(signal);
    const { publish } = this.#request.participant;
    const sends = publish.audio !== null || publish.video !== null || publish.screen !== null;
    // With nothing to send and nobody to hear there is no transport to wait for.
    if (!sends && this.#link.received().length === 0) this.#joined();
  }

  #listener(): LinkListener {
    const { participant, attempt } = this.#request;
    const participantId = participant.id;
    return {
      entered: (bridgeId) => {
        this.#bridgeId = bridgeId;
      },
      signalled: () => this.#clock.signalled(),
      iceConnected: () => this.#clock.iceConnected(),
      connected: () => this.#joined(),
      lost: (reason) => this.#end(reason),
      published: (source, durationMs) =>
        this.#emit({ type: 'published', participantId, source, attempt, durationMs }),
      firstPacket: ({ producerId, source }, durationMs) => {
        this.#emit({ type: 'subscribed', participantId, producerId, source, attempt, durationMs });
        this.#clock.packet();
        this.#tellSteps();
      },
      firstFrame: () => {
        this.#clock.frame();
        this.#tellSteps();
      },
    };
  }

  #joined(): void {
    if (this.#state !== 'joining') return;
    this.#clock.connected();
    this.#state = 'joined';
    this.#emit({
      type: 'joined',
      participantId: this.#request.participant.id,
      bridgeId: this.#bridgeId,
      attempt: this.#request.attempt,
      joinMs: this.#clock.joinMs(),
      steps: this.#clock.steps(),
    });
    this.#tellSteps();
  }

  /** Once a join: when the first packet and, where video is expected, the first frame are there. */
  #tellSteps(complete = false): void {
    const steps = this.#clock.steps();
    if (this.#state !== 'joined' || this.#stepsTold || steps.firstPacketMs === null) return;
    const { participant, attempt } = this.#request;
    if (!complete && participant.subscribe.video !== 'none' && steps.firstFrameMs === null) {
      this.#stepsTimer ??= setTimeout(() => this.#tellSteps(true), FRAME_PATIENCE_MS);
      return;
    }
    this.#stepsTold = true;
    this.#emit({ type: 'steps', participantId: participant.id, attempt, steps });
  }

  /** Ends the session once; `reason` is told, unless it was asked to leave. */
  #end(reason: string | null): void {
    if (this.#state === 'ended') return;
    clearTimeout(this.#stepsTimer);
    this.#tellSteps(true);
    const type = this.#state === 'joined' ? 'lost' : 'failed';
    this.#state = 'ended';
    const { participant, attempt } = this.#request;
    if (reason !== null) this.#emit({ type, participantId: participant.id, attempt, reason });
    this.#ending.abort(new Error(reason ?? 'left'));
    this.#link.close();
  }
}
