import type { MetricLabel, MetricLabels, MetricName } from '../metrics/catalogue.ts';
import type { Distribution } from '../stats/distribution.ts';

/** Which part of a run is judged: its steady stages, all of it, or the stage of that name. */
export type GateWindow = 'steady' | 'all' | { stage: string };

/**
 * Labels that a filter may name together with `room`. Rooms are many, so what is kept by room is kept with few
 * other labels, and not by stage; a filter that asks for more has no samples, which is inconclusive.
 */
export const LABELS_BESIDE_ROOM: readonly MetricLabel[] = ['kind', 'direction'];

/** What gates, reports and the live view ask, of a run in progress or of a folder alike. */
export interface DistributionQuery {
  /**
   * Everything observed of `metric` in `window` whose labels include all of `labels`, merged. Without
   * observations the result is an empty distribution (`count` 0), never a zero.
   */
  query(metric: MetricName, labels: MetricLabels, window: GateWindow): Distribution;
}

export type Aggregate =
  | { kind: 'min' | 'max' | 'mean' | 'sum' | 'count' }
  /** From 0 to 1, exclusive. */
  | { kind: 'quantile'; quantile: number };

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

export interface GateExpression {
  /** As it was written. */
  text: string;
  aggregate: Aggregate;
  metric: MetricName;
  labels: MetricLabels;
  operator: Operator;
  bound: number;
}

/** A gate as the scenario has it, checked and ready to be evaluated. */
export interface GateSpec extends GateExpression {
  level: 'error' | 'warn';
  /** With fewer it is inconclusive; null: what the aggregate needs. */
  minSamples: number | null;
  window: GateWindow;
  /** Where the scenario says so, from 1; null for a gate that came from a flag or a default. */
  line: number | null;
  column: number | null;
}
