export interface Due {
  dueMs: number;
}

/** A binary heap: what is due first is on top. */
export class DueHeap<T extends Due> {
  readonly #entries: T[] = [];

  get first(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = entries[parent];
      if (above === undefined || above.dueMs <= entry.dueMs) break;
      entries[at] = above;
      at = parent;
    }
    entries[at] = entry;
  }

  removeFirst(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = entries[child];
      if (left === undefined) break;
      const right = entries[child + 1];
      if (right !== undefined && right.dueMs < left.dueMs) child += 1;
      const least = entries[child];
      if (least === undefined || least.dueMs >= last.dueMs) break;
      entries[at] = least;
      at = child;
    }
    entries[at] = last;
  }
}
