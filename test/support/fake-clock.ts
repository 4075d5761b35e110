import type { Clock } from '../../src/system/types.ts';

interface Sleeper {
  wakeAtMs: number;
  wake(): void;
}

/** A clock that stands still until it is told to advance; sleepers wake in the order of their times. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #sleepers: Sleeper[] = [];
  /** Milliseconds of wall time at the monotonic zero. */
  wallAtZeroMs = 1_700_000_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.wallAtZeroMs + this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { wakeAtMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves time on, waking sleepers on the way and letting what they started run up to its next await. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
      if (next === undefined || next.wakeAtMs > untilMs) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
      next.wake();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Time passes with nobody woken in between: a stalled process. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Lets everything that is ready to run, run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
