import type { PageEvent } from '../page-api.ts';

/** Holds events until the driver fetches them; a fetch may wait for the first. */
export class EventQueue {
  #events: PageEvent[] = [];
  #wake: (() => void) | null = null;

  push(event: PageEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async next(waitMs: number): Promise<PageEvent[]> {
    if (this.#events.length === 0 && waitMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
