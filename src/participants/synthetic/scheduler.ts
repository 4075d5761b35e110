import { DueHeap } from './due-heap.ts';

/** Something that happens again and again. */
export interface Task {
  /**
   * It may run up to LEISURE_MS later than it is due, when something else is to be done anyway: a turn of the thread
   * costs more than what is done in it. What is sent as media is never leisurely.
   */
  readonly leisurely?: true;
  /** Does what was due at `dueMs`; returns when it is due next, or null when it is over. */
  run(dueMs: number, nowMs: number): number | null;
}

/** As long as the packet loop with many sockets waits between two rounds. */
const LEISURE_MS = 16;

interface Entry {
  dueMs: number;
  task: Task;
}

/**
 * What is due when, for all participants of a shard. Each task counts on from when it was due, not from when it ran,
 * so a late turn does not shift what follows.
 */
export class Scheduler {
  readonly #prompt = new DueHeap<Entry>();
  readonly #leisurely = new DueHeap<Entry>();
  /** The entry of each task that is to run again; what is in the heaps besides was cancelled. */
  readonly #live = new Map<Task, Entry>();

  /** Runs the task at `dueMs`, and no more when it was due before. */
  add(task: Task, dueMs: number): void {
    const entry = { dueMs, task };
    this.#live.set(task, entry);
    this.#heapOf(task).push(entry);
  }

  /** The task does not run again. */
  cancel(task: Task): void {
    this.#live.delete(task);
  }

  /** Until then `runDue` may wait. */
  get nextDueMs(): number {
    const promptMs = this.#prompt.first?.dueMs ?? Number.POSITIVE_INFINITY;
    const leisurelyMs = this.#leisurely.first?.dueMs ?? Number.POSITIVE_INFINITY;
    return Math.min(promptMs, leisurelyMs + LEISURE_MS);
  }

  /** Runs everything that is due by `nowMs`: first what cannot wait, each in the order in which it was due. */
  runDue(nowMs: number): void {
    this.#runHeap(this.#prompt, nowMs);
    this.#runHeap(this.#leisurely, nowMs);
  }

  #runHeap(heap: DueHeap<Entry>, nowMs: number): void {
    for (let entry = heap.first; entry !== undefined && entry.dueMs <= nowMs; entry = heap.first) {
      heap.removeFirst();
      const { task, dueMs } = entry;
      if (this.#live.get(task) !== entry) continue;
      const next = task.run(dueMs, nowMs);
      if (this.#live.get(task) !== entry) continue;
      if (next === null) {
        this.#live.delete(task);
      } else {
        entry.dueMs = next;
        heap.push(entry);
      }
    }
  }

  #heapOf(task: Task): DueHeap<Entry> {
    return task.leisurely === true ? this.#leisurely : this.#prompt;
  }
}
