import { errorMessage } from '../../errors.ts';
import type { Clock } from '../../system/types.ts';
import { reportsIn } from '../reports/row-bytes.ts';
import type { Report } from '../reports/types.ts';
import type { QueueLimits } from './limits.ts';
import type { RowPacker } from './rows.ts';
import type { Spill } from './spill.ts';
import type { Sink, SinkFactory, WriteResult } from './types.ts';

/** Why a report was dropped, as the counters have it. */
export type SinkDropReason = 'buffer-full' | 'rejected' | 'given-up' | 'closed';

export interface QueueCounters {
  written: number;
  retries: number;
  spilled: number;
  dropped: Record<SinkDropReason, number>;
}

export interface SinkQueueOptions {
  name: string;
  open: SinkFactory;
  limits: QueueLimits;
  clock: Clock;
  /**
   * Makes reports small on arrival, so that what waits does not hold on to the samples it came from. Not together
   * with `spill`, which wants reports whole.
   */
  packer?: RowPacker;
  /** Where to put what the buffer does not hold; without it that is dropped. */
  spill?: Spill;
  /** Told when a sink begins to fail, and when it is well again. */
  onTrouble?(name: string, message: string): void;
}

/** Reports between two looks at whether the write under way is over; a look costs as much as a few reports. */
const POLL_REPORTS = 500;

function countReports(reports: readonly Report[]): number {
  return reports.reduce((sum, report) => sum + reportsIn(report), 0);
}

/**
 * The buffer before a sink. `push` never waits and never throws; one loop takes batches out, writes them with a
 * time limit and tries again with growing pauses. Nothing that fits the buffer is lost while the process lives, and
 * what is lost is counted by its reason.
 */
export class SinkQueue {
  readonly name: string;
  readonly counters: QueueCounters = {
    written: 0,
    retries: 0,
    spilled: 0,
    dropped: { 'buffer-full': 0, rejected: 0, 'given-up': 0, closed: 0 },
  };
  readonly #options: SinkQueueOptions;
  readonly #promptItems: number;
  readonly #stop = new AbortController();
  #items: Report[] = [];
  /** Reports in `#items`, of which one can hold several. */
  #waiting = 0;
  #inFlight = 0;
  #pushed = 0;
  #sink: Sink | undefined;
  #closing = false;
  #givenUp = false;
  #failing = false;
  /** The loop waits for the next report, not for a batch to fill. */
  #idle = false;
  #wake: () => void = () => {};
  #loop: Promise<void> | undefined;

  constructor(options: SinkQueueOptions) {
    this.name = options.name;
    this.#options = options;
    this.#promptItems = options.limits.promptItems ?? options.limits.batchItems;
  }

  /** Reports that wait or are being written. */
  get buffered(): number {
    return this.#waiting + this.#inFlight;
  }

  push(report: Report): void {
    const { limits, spill, packer } = this.#options;
    if (this.#closing || this.#givenUp) {
      this.#drop(this.#closing ? 'closed' : 'given-up', 1);
      return;
    }
    this.#pushed += 1;
    if (this.#inFlight > 0 && this.#pushed % POLL_REPORTS === 0) this.#sink?.poll?.();
    // Once something is on disk, what follows goes there too, or it would overtake.
    if (this.buffered >= limits.bufferItems || (spill !== undefined && spill.size > 0)) {
      if (spill?.append(report) === true) this.counters.spilled += 1;
      else this.#drop('buffer-full', 1);
      return;
    }
    const item = packer === undefined ? report : packer.add(report);
    if (item !== null) this.#items.push(item);
    this.#waiting += 1;
    this.#loop ??= this.#run();
    if (this.#idle || this.#waiting === this.#promptItems) this.#wake();
  }

  /** Opens the sink now, so that what can never work is known before the first report. Throws what `open` throws. */
  async prepare(): Promise<void> {
    this.#sink ??= await this.#options.open();
  }

  /** Takes no more, writes what is buffered within the drain time, then closes the sink. */
  async close(): Promise<void> {
    if (this.#closing) return this.#loop;
    this.#closing = true;
    this.#wake();
    const { clock, limits, spill } = this.#options;
    const done = new AbortController();
    const limit = clock.sleep(limits.drainMs, done.signal).then(
      () => this.#stop.abort(new Error('the drain time is over')),
      () => {},
    );
    await this.#loop;
    done.abort();
    await limit;
    this.#waiting = 0;
    for (const report of this.#items.splice(0)) {
      if (spill?.append(report) === true) this.counters.spilled += 1;
      else this.#drop('closed', reportsIn(report));
    }
    spill?.close();
    await this.#sink?.close();
  }

  /** Starts the loop although nothing was pushed, for what an earlier process left on disk. */
  resume(): void {
    if (this.#options.spill !== undefined && this.#options.spill.size > 0) this.#loop ??= this.#run();
  }

  #drop(reason: SinkDropReason, count: number): void {
    this.counters.dropped[reason] += count;
  }

  async #run(): Promise<void> {
    const { limits } = this.#options;
    let pauseMs = limits.retryMinMs;
    while (!this.#stop.signal.aborted) {
      this.#refill();
      if (this.#items.length === 0) {
        if (this.#closing) return;
        this.#idle = true;
        await this.#woken();
        this.#idle = false;
        continue;
      }
      if (this.#waiting < this.#promptItems && !this.#closing) await this.#pause(limits.batchTimeMs);
      const problem = await this.#writeBatch();
      if (problem === null) {
        pauseMs = limits.retryMinMs;
        this.#recovered();
        continue;
      }
      this.#failed(problem);
      if (!limits.keepTrying) return this.#giveUp();
      this.counters.retries += 1;
      await this.#pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, limits.retryMaxMs);
    }
  }

  /** Writes one batch; what has to be tried again goes back to the front. Returns the trouble, or null. */
  async #writeBatch(): Promise<string | null> {
    const batch = this.#takeBatch();
    const taken = countReports(batch);
    this.#waiting -= taken;
    this.#inFlight = taken;
    let result: WriteResult;
    try {
      result = await this.#write(batch);
    } catch (error) {
      result = { retry: batch, rejected: [], reason: errorMessage(error) };
    }
    this.#inFlight = 0;
    // Only what was written at the first try: a write whose time was up may still be reading what it was given.
    if (result.retry.length === 0 && !this.#failing) this.#options.packer?.release(batch);
    const rejected = countReports(result.rejected);
    const again = countReports(result.retry);
    this.#drop('rejected', rejected);
    this.counters.written += taken - again - rejected;
    if (rejected > 0) this.#tell(`refused ${rejected} reports: ${result.reason}`);
    if (again === 0) return null;
    this.#items = [...result.retry, ...this.#items];
    this.#waiting += again;
    return result.reason ?? 'not everything was taken';
  }

  /** At most a batch, but at least what comes first. */
  #takeBatch(): Report[] {
    const { limits, packer } = this.#options;
    packer?.seal();
    if (packer === undefined) return this.#items.splice(0, limits.batchItems);
    let taken = 0;
    const end = this.#items.findIndex((item, at) => {
      taken += reportsIn(item);
      return at > 0 && taken > limits.batchItems;
    });
    return this.#items.splice(0, end < 0 ? this.#items.length : end);
  }

  async #write(batch: readonly Report[]): Promise<WriteResult> {
    const { clock, limits, open } = this.#options;
    const limit = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, limit.signal]);
    const tooLate = clock.sleep(limits.writeTimeoutMs, signal).then(() => {
      const error = new Error(`no answer within ${limits.writeTimeoutMs} ms`);
      limit.abort(error);
      throw error;
    });
    const writing = (async () => {
      this.#sink ??= await open();
      return this.#sink.write(batch, signal);
    })();
    // Whichever loses is settled later, when nobody listens any more.
    writing.catch(() => {});
    tooLate.catch(() => {});
    try {
      return await Promise.race([writing, tooLate]);
    } finally {
      limit.abort();
    }
  }

  #refill(): void {
    const { spill, limits } = this.#options;
    if (spill === undefined || spill.size === 0 || this.#waiting >= limits.batchItems) return;
    const back = spill.take(limits.batchItems);
    this.#items.push(...back);
    this.#waiting += back.length;
  }

  #giveUp(): void {
    this.#givenUp = true;
    this.#waiting = 0;
    this.#drop('given-up', countReports(this.#items.splice(0)));
  }

  #failed(problem: string): void {
    if (!this.#failing)
      this.#tell(`${problem}; ${this.#options.limits.keepTrying ? 'trying again' : 'given up'}`);
    this.#failing = true;
  }

  #recovered(): void {
    if (this.#failing) this.#tell('is well again');
    this.#failing = false;
  }

  #tell(message: string): void {
    this.#options.onTrouble?.(this.name, message);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Waits, but not longer than until a batch is full or the queue is closed. */
  async #pause(ms: number): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    await Promise.race([this.#options.clock.sleep(ms, signal).catch(() => {}), this.#woken()]);
    over.abort();
  }
}
