import { addTally, EMPTY_TALLY, type Reading, type Tally } from './tally.ts';

/** Whose traffic: with participants, or with other bridges. */
export type TrafficClass = 'local' | 'relay';

interface Entry {
  traffic: TrafficClass;
  read(): Promise<Reading | null>;
  last: Partial<Tally>;
  /** When `last` was read, on the worker's clock. */
  lastReadAtMs: number | null;
  retiring: boolean;
}

export interface LedgerTotals {
  local: Tally;
  relay: Tally;
  /** Mean of when the counters of this reading were read, on the worker's clock; null when there were none. */
  readAtMs: number | null;
}

/**
 * The bridge's books: what every producer, consumer and transport counted, also those that are gone. A total
 * never falls, because whatever closes is read once more and its last counters stay in the sum.
 */
export class Ledger {
  readonly #live = new Map<string, Entry>();
  readonly #retired: Record<TrafficClass, Tally> = { local: { ...EMPTY_TALLY }, relay: { ...EMPTY_TALLY } };

  add(id: string, traffic: TrafficClass, read: () => Promise<Reading | null>): void {
    this.#live.set(id, { traffic, read, last: {}, lastReadAtMs: null, retiring: false });
  }

  /**
   * Asks for the last counters of these. Their requests are on their way to the worker, which answers in order,
   * when this returns; so the caller closes them right after, without waiting, and no packet in between is lost.
   */
  retire(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.#live.get(id);
      if (entry === undefined || entry.retiring) continue;
      entry.retiring = true;
      void this.#update(entry).then(() => {
        addTally(this.#retired[entry.traffic], entry.last);
        this.#live.delete(id);
      });
    }
  }

  /** Reads everything that lives, in one batch, and sums it up. */
  async read(): Promise<LedgerTotals> {
    const entries = [...this.#live.values()].filter((entry) => !entry.retiring);
    const times = (await Promise.all(entries.map((entry) => this.#update(entry)))).filter(
      (time) => time !== null,
    );
    const totals = { local: { ...this.#retired.local }, relay: { ...this.#retired.relay } };
    for (const entry of this.#live.values()) addTally(totals[entry.traffic], entry.last);
    const readAtMs = times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length;
    return { ...totals, readAtMs };
  }

  /** What the last reading of one of them said; asks nobody. null: it is not in the books, or leaving them. */
  lastOf(id: string): { traffic: TrafficClass; tally: Partial<Tally>; readAtMs: number | null } | null {
    const entry = this.#live.get(id);
    if (entry === undefined || entry.retiring) return null;
    return { traffic: entry.traffic, tally: entry.last, readAtMs: entry.lastReadAtMs };
  }

  async #update(entry: Entry): Promise<number | null> {
    try {
      const reading = await entry.read();
      if (reading === null) return null;
      entry.last = reading.tally;
      entry.lastReadAtMs = reading.timestampMs;
      return reading.timestampMs;
    } catch {
      // Closed while the question was on its way: what was read before stands.
      return null;
    }
  }
}
