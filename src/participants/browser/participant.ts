import { errorMessage } from '../../errors.ts';
import type { ParticipantPlan } from '../../scenario/plan-types.ts';
import type { Clock } from '../../system/types.ts';
import type { EngineOptions, ParticipantSample } from '../types.ts';
import type { BrowserPage } from './driver.ts';
import type { PageEvent } from './page-api.ts';

/** How long one join may take until a transport is connected. */
const JOIN_TIMEOUT_MS = 30_000;
/** The page itself ends a join that takes too long; this is for a page that does nothing any more. */
const PAGE_GRACE_MS = 5_000;
/** Waits before each further try to come back after a loss; after the last one it has failed. */
const REJOIN_DELAYS_MS = [0, 1_000, 3_000];

type Outcome = { joined: true } | { joined: false; reason: string };

/** One participant over its whole life: its first join, and its returns after a bridge or a connection was lost. */
export class BrowserParticipant {
  readonly plan: ParticipantPlan;
  readonly #page: BrowserPage;
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  /** Aborted when it leaves, has failed, or its page is gone. */
  readonly #ending = new AbortController();
  #attempt = 0;
  #state: 'joining' | 'joined' | 'ended' = 'joining';
  #settle: (outcome: Outcome) => void = () => {};

  constructor(plan: ParticipantPlan, page: BrowserPage, options: EngineOptions, clock: Clock) {
    this.plan = plan;
    this.#page = page;
    this.#options = options;
    this.#clock = clock;
  }

  /** Resolves when it has joined, failed or left meanwhile; rejects with the signal's reason. */
  async join(signal: AbortSignal): Promise<void> {
    const abort = () => this.#end();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await this.#try([0]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
    if (signal.aborted) await this.#leavePage();
    signal.throwIfAborted();
  }

  /** Takes what its page tells of it; what an earlier attempt still tells is no longer true. */
  onEvent(event: PageEvent & { attempt: number }): void {
    if (this.#state === 'ended' || event.attempt !== this.#attempt) return;
    switch (event.type) {
      case 'lost':
        this.#state = 'joining';
        void this.#try(REJOIN_DELAYS_MS);
        return;
      case 'failed':
        this.#settle({ joined: false, reason: event.reason });
        return;
      case 'joined':
        this.#state = 'joined';
        this.#options.onEvent(event);
        this.#settle({ joined: true });
        return;
      default:
        this.#options.onEvent(event);
    }
  }

  /** Its page or its browser is gone. */
  lose(reason: string): void {
    if (this.#state === 'joined') this.#left(reason);
    else this.#failed(reason);
  }

  /** Resolves with a last reading, null when it was in no room. */
  async leave(reason: string): Promise<ParticipantSample | null> {
    if (this.#state === 'ended') return null;
    this.#left(reason);
    return this.#leavePage();
  }

  /** One try after each of the waits, until one succeeds; tells when none did. Never rejects. */
  async #try(delaysMs: readonly number[]): Promise<void> {
    const { signal } = this.#ending;
    let reason = '';
    try {
      for (const delayMs of delaysMs) {
        if (delayMs > 0) await this.#clock.sleep(delayMs, signal);
        this.#attempt += 1;
        const outcome = await this.#joinOnce(signal);
        if (outcome.joined) return;
        reason = outcome.reason;
      }
      await this.#leavePage();
    } catch (error) {
      reason = errorMessage(error);
    }
    this.#failed(reason);
  }

  async #joinOnce(signal: AbortSignal): Promise<Outcome> {
    const beganMs = this.#clock.nowMs();
    const attempt = this.#attempt;
    const overdue = new AbortController();
    const told = new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
    });
    try {
      const access = await this.#options.access(this.plan, attempt, signal);
      signal.throwIfAborted();
      const elapsedMs = this.#clock.nowMs() - beganMs;
      const request = { participant: this.plan, access, attempt, elapsedMs, timeoutMs: JOIN_TIMEOUT_MS };
      const silence = this.#clock
        .sleep(JOIN_TIMEOUT_MS + PAGE_GRACE_MS, AbortSignal.any([signal, overdue.signal]))
        .then((): Outcome => ({ joined: false, reason: 'the page does not answer' }));
      // Whoever loses the race must not be reported as unhandled.
      silence.catch(() => {});
      return await Promise.race([this.#page.call('join', request).then(() => told), silence]);
    } catch (error) {
      signal.throwIfAborted();
      return { joined: false, reason: errorMessage(error) };
    } finally {
      overdue.abort();
    }
  }

  #failed(reason: string): void {
    if (this.#state === 'ended') return;
    this.#end();
    const attempt = Math.max(1, this.#attempt);
    this.#options.onEvent({ type: 'failed', participantId: this.plan.id, attempt, reason });
  }

  #left(reason: string): void {
    if (this.#state === 'ended') return;
    this.#end();
    this.#options.onEvent({ type: 'left', participantId: this.plan.id, reason });
  }

  #end(): void {
    this.#state = 'ended';
    this.#ending.abort(new Error('the participant has ended'));
  }

  async #leavePage(): Promise<ParticipantSample | null> {
    return this.#page.call('leave', this.plan.id).catch(() => null);
  }
}
