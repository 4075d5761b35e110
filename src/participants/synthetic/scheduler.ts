/** Something that happens again and again. */
export interface Task {
  /** Does what was due at `dueMs`; returns when it is due next, or null when it is over. */
  run(dueMs: number, nowMs: number): number | null;
}

interface Entry {
  dueMs: number;
  task: Task;
}

/**
 * What is due when, in one heap for all participants of a shard. Each task counts on from when it was due, not
 * from when it ran, so a late turn does not shift what follows.
 */
export class Scheduler {
  readonly #heap: Entry[] = [];
  /** The entry of each task that is to run again; what is in the heap besides was cancelled. */
  readonly #live = new Map<Task, Entry>();

  /** Runs the task at `dueMs`, and no more when it was due before. */
  add(task: Task, dueMs: number): void {
    const entry = { dueMs, task };
    this.#live.set(task, entry);
    this.#push(entry);
  }

  /** The task does not run again. */
  cancel(task: Task): void {
    this.#live.delete(task);
  }

  get nextDueMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** Runs everything that is due by `nowMs`, in the order in which it was due. */
  runDue(nowMs: number): void {
    for (let entry = this.#heap[0]; entry !== undefined && entry.dueMs <= nowMs; entry = this.#heap[0]) {
      this.#pop();
      const { task, dueMs } = entry;
      if (this.#live.get(task) !== entry) continue;
      const next = task.run(dueMs, nowMs);
      if (this.#live.get(task) !== entry) continue;
      if (next === null) {
        this.#live.delete(task);
      } else {
        entry.dueMs = next;
        this.#push(entry);
      }
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.dueMs <= entry.dueMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && right.dueMs < left.dueMs) child += 1;
      const least = heap[child];
      if (least === undefined || least.dueMs >= last.dueMs) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }
}
