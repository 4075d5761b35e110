import type { MetricName } from '../metrics/catalogue.ts';
import type { PercentileRow } from './model/types.ts';

/** How reports call a metric where there is no room for its definition. */
export const METRIC_TITLES: Partial<Record<MetricName, string>> = {
  'participant.rtt_ms': 'round-trip time',
  'track.loss_ratio': 'loss after repair',
  'track.loss_before_repair_ratio': 'loss before repair',
  'track.jitter_ms': 'jitter',
  'track.out_of_order_ratio': 'out of order',
  'track.one_way_delay_ms': 'one-way delay',
  'track.frames_per_second': 'frames per second',
  'track.freeze_ratio': 'time frozen',
  'participant.join_ms': 'join',
  'participant.signalling_ms': 'join: signalling',
  'participant.ice_ms': 'join: ICE',
  'participant.dtls_ms': 'join: DTLS',
  'participant.first_packet_ms': 'first packet',
  'participant.first_frame_ms': 'first frame',
  'participant.publish_ms': 'publish',
  'participant.subscribe_ms': 'subscribe',
};

/** A row for each metric: all of it, or its parts where all together would mean nothing. */
export function wholes(rows: readonly PercentileRow[]): PercentileRow[] {
  return rows.filter(
    (row) => row.which === '' || !rows.some((other) => other.metric === row.metric && other.which === ''),
  );
}

export function title(row: Pick<PercentileRow, 'metric' | 'which'>): string {
  const name = METRIC_TITLES[row.metric] ?? row.metric;
  return row.which === '' ? name : `${name}: ${row.which}`;
}
