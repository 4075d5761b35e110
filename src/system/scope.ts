import { setTimeout as delay } from 'node:timers/promises';

/** How long one resource may take to close before the scope goes on without it. */
export const CLOSE_TIMEOUT_MS = 10_000;

type Close = () => void | Promise<void>;

/**
 * Owns what was opened and closes it in reverse order, each with a time limit. One failed or hanging close
 * never keeps the others from being closed; what went wrong is returned, not thrown, because closing happens
 * while something more important is being reported.
 */
export class Scope {
  #closers: { name: string; close: Close }[] = [];
  #closing: Promise<string[]> | undefined;

  /** Registers `close` to be called when the scope ends; `name` is for the message when that fails. */
  defer(name: string, close: Close): void {
    this.#closers.push({ name, close });
  }

  /** Closes everything once; further calls wait for the first. Resolves to what could not be closed. */
  close(timeoutMs = CLOSE_TIMEOUT_MS): Promise<string[]> {
    this.#closing ??= this.#closeAll(timeoutMs);
    return this.#closing;
  }

  async #closeAll(timeoutMs: number): Promise<string[]> {
    const problems: string[] = [];
    for (let entry = this.#closers.pop(); entry !== undefined; entry = this.#closers.pop()) {
      const timer = new AbortController();
      try {
        const outcome = await Promise.race([
          Promise.resolve(entry.close()),
          delay(timeoutMs, 'timeout' as const, { signal: timer.signal, ref: false }),
        ]);
        if (outcome === 'timeout') problems.push(`${entry.name}: did not close within ${timeoutMs} ms`);
      } catch (error) {
        problems.push(`${entry.name}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        timer.abort();
      }
    }
    return problems;
  }
}
