import type { DistributionQuery, GateWindow } from '../gates/types.ts';
import type { MetricLabel, MetricLabels, MetricName } from '../metrics/catalogue.ts';
import { Distribution } from '../stats/distribution.ts';
import type { DistributionRecord } from './records.ts';

/** Every label; the compiler sees to it that none is forgotten. */
const EVERY_LABEL: Record<MetricLabel, true> = {
  bridge: true,
  room: true,
  engine: true,
  kind: true,
  source: true,
  direction: true,
  attempt: true,
  codec: true,
  endpoint: true,
  sender: true,
  receiver: true,
};
export const LABELS: readonly MetricLabel[] = Object.keys(EVERY_LABEL) as MetricLabel[];

/** One text for one set of labels, whatever the order in which they were written. */
export function labelKey(labels: MetricLabels, only: readonly MetricLabel[] = LABELS): string {
  let key = '';
  for (const label of only) key += `${labels[label] ?? ''}\u0000`;
  return key;
}

/** Whether `labels` has everything that `filter` asks for. */
function labelsMatch(labels: MetricLabels, filter: MetricLabels): boolean {
  return LABELS.every((label) => filter[label] === undefined || filter[label] === labels[label]);
}

interface Part {
  stage: string;
  steady: boolean;
  distribution: Distribution;
}

interface Series {
  labels: MetricLabels;
  /** By stage; what is kept by room only by steady or not, because rooms are many. */
  parts: Map<string, Part>;
}

/** Windows of distributions merged by metric, labels and stage: what a question is answered from. */
export class DistributionStore implements DistributionQuery {
  readonly #roomNames: Readonly<Record<string, string>>;
  readonly #metrics = new Map<MetricName, Map<string, Series>>();

  /** With the names of rooms by id, a question may name a room either way. */
  constructor(roomNames: Readonly<Record<string, string>> = {}) {
    this.#roomNames = roomNames;
  }

  add(record: DistributionRecord): void {
    const { metric, labels, steady } = record;
    const stage = labels.room === undefined ? record.stage : '';
    const byLabels = this.#metrics.get(metric) ?? new Map<string, Series>();
    this.#metrics.set(metric, byLabels);
    const key = labelKey(labels);
    const series = byLabels.get(key) ?? { labels, parts: new Map<string, Part>() };
    byLabels.set(key, series);
    const partKey = `${steady} ${stage}`;
    const part = series.parts.get(partKey);
    const distribution = Distribution.fromJSON(record.data);
    if (part === undefined) series.parts.set(partKey, { stage, steady, distribution });
    else part.distribution.merge(distribution);
  }

  query(metric: MetricName, labels: MetricLabels, window: GateWindow): Distribution {
    const result = new Distribution();
    const { room, ...others } = labels;
    const rooms = room === undefined ? null : roomIds(room, this.#roomNames);
    for (const series of this.#metrics.get(metric)?.values() ?? []) {
      // What is kept by room answers questions by room, the rest all others: nothing counts twice.
      const inRoom = series.labels.room;
      if (rooms === null ? inRoom !== undefined : inRoom === undefined || !rooms.has(inRoom)) continue;
      if (!labelsMatch(series.labels, others)) continue;
      for (const part of series.parts.values()) {
        if (inWindow(part, window)) result.merge(part.distribution);
      }
    }
    return result;
  }

  /** The values of one label that were seen with a metric, beside those of `filter`, in order of appearance. */
  labelValues(metric: MetricName, label: MetricLabel, filter: MetricLabels = {}): string[] {
    const values = new Set<string>();
    for (const { labels } of this.#metrics.get(metric)?.values() ?? []) {
      const value = labels[label];
      if (value !== undefined && labelsMatch(labels, filter)) values.add(value);
    }
    return [...values];
  }
}

/** The ids that somebody may mean who names a room by its id or by the name that the scenario gave it. */
export function roomIds(room: string, names: Readonly<Record<string, string>>): ReadonlySet<string> {
  const named = Object.entries(names).flatMap(([id, name]) => (name === room ? [id] : []));
  return new Set([room, ...named]);
}

export function inWindow(part: { stage: string; steady: boolean }, window: GateWindow): boolean {
  if (window === 'all') return true;
  if (window === 'steady') return part.steady;
  return part.stage === window.stage;
}
