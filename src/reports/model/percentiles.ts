import type { GateWindow } from '../../gates/types.ts';
import { METRICS, type MetricLabel, type MetricLabels, type MetricName } from '../../metrics/catalogue.ts';
import type { DistributionStore } from '../../results/distribution-store.ts';
import type { Distribution } from '../../stats/distribution.ts';
import type { PercentileRow } from './types.ts';

/** The metrics of the table, in order, and by which label each is also shown apart. */
const ROWS: readonly (readonly [MetricName, MetricLabel | null])[] = [
  ['participant.rtt_ms', 'engine'],
  ['track.loss_ratio', 'kind'],
  ['track.loss_before_repair_ratio', 'kind'],
  ['track.jitter_ms', 'kind'],
  ['track.out_of_order_ratio', null],
  ['track.one_way_delay_ms', 'kind'],
  ['track.frames_per_second', 'source'],
  ['track.freeze_ratio', 'source'],
];

/** Joins happen before the steady window, so these are told over all of the run. */
const JOIN_ROWS: readonly (readonly [MetricName, MetricLabel | null])[] = [
  ['participant.join_ms', 'engine'],
  ['participant.signalling_ms', null],
  ['participant.ice_ms', null],
  ['participant.dtls_ms', null],
  ['participant.first_packet_ms', 'engine'],
  ['participant.first_frame_ms', 'engine'],
  ['participant.publish_ms', 'source'],
  ['participant.subscribe_ms', 'source'],
];

export function percentileRows(store: DistributionStore, window: GateWindow): PercentileRow[] {
  return [
    ...ROWS.flatMap(([metric, label]) => rowsOf(store, metric, label, window)),
    ...JOIN_ROWS.flatMap(([metric, label]) => rowsOf(store, metric, label, 'all')),
  ];
}

/** One row for all of a metric; where a label divides it, one a value of the label as well. */
function rowsOf(
  store: DistributionStore,
  metric: MetricName,
  label: MetricLabel | null,
  window: GateWindow,
): PercentileRow[] {
  const filter: MetricLabels = metric === 'track.loss_ratio' ? { direction: 'down' } : {};
  const all = store.query(metric, filter, window);
  if (all.count === 0) return [];
  const values = label === null ? [] : store.labelValues(metric, label).sort();
  if (label === null || values.length < 2) return [row(metric, '', all)];
  // Frames of a camera and of a shared screen in one number would tell of neither.
  const rows = metric === 'track.frames_per_second' ? [] : [row(metric, '', all)];
  for (const value of values) {
    const part = store.query(metric, { ...filter, [label]: value }, window);
    if (part.count > 0) rows.push(row(metric, value, part));
  }
  return rows;
}

function row(metric: MetricName, which: string, distribution: Distribution): PercentileRow {
  return {
    metric,
    unit: METRICS[metric].unit,
    which,
    samples: distribution.count,
    min: distribution.min,
    mean: distribution.mean,
    p50: distribution.quantile(0.5),
    p95: distribution.quantile(0.95),
    p99: distribution.quantile(0.99),
    max: distribution.max,
  };
}
