/** How often the main thread is asked whether it is in time. */
const PERIOD_MS = 50;

/** Lateness of a timer on the page's main thread: the page's own measure of a busy generator. */
export class LoopDelay {
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  start(): void {
    let dueMs = performance.now() + PERIOD_MS;
    const tick = () => {
      const nowMs = performance.now();
      const lateMs = Math.max(0, nowMs - dueMs);
      this.#count += 1;
      this.#sumMs += lateMs;
      this.#maxMs = Math.max(this.#maxMs, lateMs);
      dueMs = nowMs + PERIOD_MS;
      setTimeout(tick, PERIOD_MS);
    };
    setTimeout(tick, PERIOD_MS);
  }

  /** Since the last call. */
  take(): { meanMs: number; maxMs: number } | null {
    if (this.#count === 0) return null;
    const taken = { meanMs: this.#sumMs / this.#count, maxMs: this.#maxMs };
    this.#count = this.#sumMs = this.#maxMs = 0;
    return taken;
  }
}
