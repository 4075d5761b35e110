import { LABELS_BESIDE_ROOM } from '../gates/types.ts';
import type { MetricLabel, MetricLabels, MetricName } from '../metrics/catalogue.ts';
import { Distribution, type DistributionData } from '../stats/distribution.ts';
import { LABELS, labelKey } from './distribution-store.ts';
import type { DistributionRecord } from './records.ts';

/** The shortest window, and how many of them a long run is divided into. */
export const WINDOW_MS = 10_000;
const WINDOWS_A_RUN = 60;
/** With more rooms than this, what is kept by room is written that many times more rarely. */
const ROOMS_A_WINDOW = 20;
/** Digits kept of a value that is written as it is; buckets are coarser than that by far. */
const DIGITS = 9;
/** The labels of the two families. */
const BESIDES_ROOM: readonly MetricLabel[] = LABELS.filter((label) => label !== 'room');
const WITH_ROOM: readonly MetricLabel[] = ['room', ...LABELS_BESIDE_ROOM];

/** Windows of a run that is to last `durationMs`: 10 s, and longer from ten minutes on. */
export function windowLengthMs(durationMs: number): number {
  return Math.max(WINDOW_MS, Math.ceil(durationMs / WINDOWS_A_RUN / WINDOW_MS) * WINDOW_MS);
}

interface Open {
  metric: MetricName;
  labels: MetricLabels;
  distribution: Distribution;
}

/** The observations of one label family since its window was opened. */
class Family {
  #open = new Map<string, Open>();
  #startMs = 0;

  /** `key` stands for metric and labels; `labels` is called when they are seen for the first time. */
  add(metric: MetricName, key: string, labels: () => MetricLabels, value: number): void {
    let entry = this.#open.get(key);
    if (entry === undefined) {
      entry = { metric, labels: labels(), distribution: new Distribution() };
      this.#open.set(key, entry);
    }
    entry.distribution.add(value);
  }

  ageMs(tMs: number): number {
    return tMs - this.#startMs;
  }

  /** What is open, as it would be written now. */
  *records(stage: string, steady: boolean, endMs: number): Generator<DistributionRecord> {
    for (const { metric, labels, distribution } of this.#open.values()) {
      yield { metric, labels, stage, steady, startMs: this.#startMs, endMs, data: compact(distribution) };
    }
  }

  restart(tMs: number): void {
    this.#open = new Map();
    this.#startMs = tMs;
  }
}

/**
 * Gathers observations into windows that never cross a stage boundary, in two families of labels: without `room`
 * in full, and by room with few others.
 */
export class DistributionWindows {
  readonly #emit: (record: DistributionRecord) => void;
  readonly #windowMs: number;
  readonly #main = new Family();
  readonly #byRoom = new Family();
  readonly #rooms = new Set<string>();
  #stage = '';
  #steady = false;
  /** The labels of the last observation and their keys: several metrics of one track come with the same object. */
  #last: { labels: MetricLabels; main: string; byRoom: string } | null = null;

  constructor(windowMs: number, emit: (record: DistributionRecord) => void) {
    this.#windowMs = windowMs;
    this.#emit = emit;
  }

  /** Called for every sample of every track, so it makes nothing but two short keys. */
  observe(metric: MetricName, labels: MetricLabels, value: number): void {
    const { room } = labels;
    const keys = this.#keys(labels);
    this.#main.add(metric, metric + keys.main, () => withoutRoom(labels), value);
    if (room === undefined) return;
    this.#rooms.add(room);
    this.#byRoom.add(metric, metric + keys.byRoom, () => byRoom(room, labels), value);
  }

  #keys(labels: MetricLabels): { main: string; byRoom: string } {
    if (this.#last?.labels !== labels)
      this.#last = {
        labels,
        main: labelKey(labels, BESIDES_ROOM),
        byRoom: labels.room === undefined ? '' : labelKey(labels, WITH_ROOM),
      };
    return this.#last;
  }

  /** Closes the windows of the stage before and goes on in this one. */
  startStage(stage: string, steady: boolean, tMs: number): void {
    this.close(tMs);
    this.#stage = stage;
    this.#steady = steady;
  }

  /** Closes the windows that are old enough at `tMs`. */
  advance(tMs: number): void {
    if (this.#main.ageMs(tMs) >= this.#windowMs) this.#close(this.#main, tMs);
    const stretch = Math.max(1, Math.ceil(this.#rooms.size / ROOMS_A_WINDOW));
    if (this.#byRoom.ageMs(tMs) >= this.#windowMs * stretch) this.#close(this.#byRoom, tMs);
  }

  close(tMs: number): void {
    this.#close(this.#main, tMs);
    this.#close(this.#byRoom, tMs);
  }

  /** What no closed window holds yet. */
  *open(): Generator<DistributionRecord> {
    yield* this.#main.records(this.#stage, this.#steady, 0);
    yield* this.#byRoom.records(this.#stage, this.#steady, 0);
  }

  #close(family: Family, tMs: number): void {
    for (const record of family.records(this.#stage, this.#steady, tMs)) this.#emit(record);
    family.restart(tMs);
  }
}

function withoutRoom(labels: MetricLabels): MetricLabels {
  const { room: _, ...others } = labels;
  return others;
}

/** `room` comes first in the object and so in the file: readers tell these lines by it. */
function byRoom(room: string, labels: MetricLabels): MetricLabels {
  const few: MetricLabels = { room };
  for (const label of LABELS_BESIDE_ROOM) {
    const text = labels[label];
    if (text !== undefined) few[label] = text;
  }
  return few;
}

/** Values with as many digits as are worth their bytes; the live answer is made from the same. */
function compact(distribution: Distribution): DistributionData {
  const data = distribution.toJSON();
  const short = (value: number) => Number(value.toPrecision(DIGITS));
  return {
    ...data,
    sum: short(data.sum),
    min: data.min === null ? null : short(data.min),
    max: data.max === null ? null : short(data.max),
    ...(data.exact === undefined ? {} : { exact: data.exact.map(short) }),
  };
}
