/** Counts by family and label, for metrics. */
export interface Counters {
  add(family: CounterFamily, label: string, count?: number): void;
  get(family: CounterFamily, label: string): number;
  /** Labels and counts of a family, in the order they first appeared. */
  entries(family: CounterFamily): [label: string, count: number][];
}

/** `samples` by kind, `reports` by type, `dropped` by reason, `requests` by outcome, `websockets` by event. */
export type CounterFamily = 'samples' | 'reports' | 'dropped' | 'requests' | 'websockets';

export function createCounters(): Counters {
  const families = new Map<CounterFamily, Map<string, number>>();
  const familyOf = (family: CounterFamily): Map<string, number> => {
    let counts = families.get(family);
    if (counts === undefined) {
      counts = new Map();
      families.set(family, counts);
    }
    return counts;
  };
  return {
    add(family, label, count = 1) {
      const counts = familyOf(family);
      counts.set(label, (counts.get(label) ?? 0) + count);
    },
    get: (family, label) => families.get(family)?.get(label) ?? 0,
    entries: (family) => [...(families.get(family) ?? [])],
  };
}
