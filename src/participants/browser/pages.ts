import { errorMessage } from '../../errors.ts';
import type { Clock } from '../../system/types.ts';
import type { BrowserDriver, BrowserPage } from './driver.ts';
import type { PageEvent, PageSample } from './page-api.ts';

/** Where waiting in the page is not possible, it is asked this often. */
const POLL_INTERVAL_MS = 250;

export interface PagesOptions {
  driver: BrowserDriver;
  clock: Clock;
  url: string;
  participantsPerPage: number;
  onEvent(event: PageEvent): void;
  /** A page cannot be used any more; these participants were in it. */
  onGone(participantIds: string[], reason: string): void;
}

/** A page and who has a seat in it. */
interface Slot {
  seats: Set<string>;
  opening: Promise<BrowserPage>;
  page: BrowserPage | null;
}

/** Gives participants seats in pages, opens pages as needed and brings their events here. */
export class Pages {
  readonly #options: PagesOptions;
  readonly #slots = new Set<Slot>();
  readonly #ending = new AbortController();

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** Opens pages ahead of their participants, and fails as that would fail. */
  async warmUp(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#open().opening));
  }

  /** The page in which the participant sits from now on, opened first where the others are full. */
  async seat(participantId: string): Promise<BrowserPage> {
    const free = [...this.#slots].find((slot) => slot.seats.size < this.#options.participantsPerPage);
    const slot = free ?? this.#open();
    slot.seats.add(participantId);
    return slot.opening;
  }

  /** Frees the seat; a page stays open for the next one. */
  unseat(participantId: string): void {
    for (const slot of this.#slots) slot.seats.delete(participantId);
  }

  /** One reading of every page that answers. */
  async sample(): Promise<PageSample[]> {
    const readings = await Promise.allSettled(
      [...this.#slots].flatMap(({ page }) => (page === null ? [] : [page.call('sample')])),
    );
    return readings.flatMap((reading) => (reading.status === 'fulfilled' ? [reading.value] : []));
  }

  close(): void {
    this.#ending.abort();
    this.#slots.clear();
  }

  #open(): Slot {
    const { driver, url } = this.#options;
    const slot: Slot = { seats: new Set(), opening: driver.openPage(url), page: null };
    this.#slots.add(slot);
    slot.opening.then(
      (page) => {
        slot.page = page;
        void this.#follow(slot, page);
      },
      () => this.#slots.delete(slot),
    );
    return slot;
  }

  /** Fetches the page's events until the page or the engine ends. */
  async #follow(slot: Slot, page: BrowserPage): Promise<void> {
    const { driver, clock, onEvent, onGone } = this.#options;
    const { signal } = this.#ending;
    try {
      while (!signal.aborted) {
        for (const event of await page.call('nextEvents', driver.longPollMs)) onEvent(event);
        if (driver.longPollMs === 0) await clock.sleep(POLL_INTERVAL_MS, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#slots.delete(slot);
      onGone([...slot.seats], errorMessage(error));
      // A page that answers no more is of no use, but may still hold a session or a process.
      await page.close().catch(() => {});
    }
  }
}
