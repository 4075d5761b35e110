import { formatCount, formatMetric } from '../../format.ts';
import { METRIC_TITLES } from '../../metric-titles.ts';
import type { PercentileRow, QuantileSeries, RunReport } from '../../model/types.ts';
import { type ChartContext, type ChartSpec, chart } from '../chart/chart.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { number, table } from '../table.ts';

export function joinsSection(report: RunReport, context: ChartContext): Section {
  const { tMs, joined, target, failed } = report.quality;
  return {
    id: 'joins',
    title: 'Joins',
    about:
      'Who should have been in a room, and who was. A join that begins late is measured from when it was due.',
    body: html`<div class="charts">${chart(
      {
        id: 'c-joins',
        title: 'Participants in rooms',
        axis: 'count',
        unit: 'count',
        wide: true,
        lines: [
          { name: 'joined', tMs, values: joined, style: 1 },
          { name: 'due', tMs, values: target, style: 'muted' },
          {
            name: 'failed',
            tMs,
            values: failed.some((value) => value !== null && value > 0) ? failed : [],
            style: 2,
          },
        ],
      },
      context,
    )}</div>${failures(report)}`,
  };
}

function failures({ failures: list }: RunReport): Markup | null {
  if (list.length === 0) return null;
  return html`<h3>Why joins failed</h3>${table(
    [{ head: 'Reason' }, { head: 'Times', number: true }],
    list.slice(0, 20).map(({ reason, count }) => [reason, number(count, formatCount)]),
  )}`;
}

export function qualitySection(report: RunReport, context: ChartContext): Section {
  const { quality } = report;
  const one = (
    spec: Pick<ChartSpec, 'id' | 'title' | 'axis' | 'unit'>,
    series: QuantileSeries,
    lowIsBad = false,
  ) =>
    chart(
      {
        ...spec,
        lines: [
          { name: 'median', tMs: quality.tMs, values: series.p50, style: 1 },
          ...(lowIsBad
            ? [
                { name: 'p5', tMs: quality.tMs, values: series.p5, style: 2 },
                { name: 'lowest', tMs: quality.tMs, values: series.min, style: 'muted' as const },
              ]
            : [
                { name: 'p95', tMs: quality.tMs, values: series.p95, style: 2 },
                { name: 'highest', tMs: quality.tMs, values: series.max, style: 'muted' as const },
              ]),
        ],
        ...(lowIsBad ? { lowIsBad } : {}),
      },
      context,
    );
  return {
    id: 'quality',
    title: 'Quality',
    about:
      'What participants saw, second by second, over all of them: half are below the median line, one in twenty is above p95 (for frames, below p5).',
    body: html`<div class="charts">${[
      one({ id: 'c-rtt', title: 'Round-trip time', axis: 'milliseconds', unit: 'ms' }, quality.rttMs),
      one(
        { id: 'c-loss', title: 'Loss after repair', axis: 'share of packets', unit: 'share' },
        quality.lossRatio,
      ),
      one(
        { id: 'c-delay', title: 'One-way delay', axis: 'milliseconds, through the SFU', unit: 'ms' },
        quality.oneWayDelayMs,
      ),
      one({ id: 'c-jitter', title: 'Jitter', axis: 'milliseconds, RFC 3550', unit: 'ms' }, quality.jitterMs),
      one(
        { id: 'c-fps', title: 'Video frames', axis: 'frames per second and track', unit: 'fps' },
        quality.framesPerSecond,
        true,
      ),
    ]}</div>${percentiles(report)}`,
  };
}

function percentiles({ percentiles: rows, window }: RunReport): Markup | null {
  if (rows.length === 0) return null;
  // A part stands under its whole, and names it itself where there is none.
  const first = (row: PercentileRow) =>
    !rows.some((other) => other.metric === row.metric && other.which === '');
  return html`<h3>Percentiles${window === 'steady' ? ' over the steady window; joins over all of the run' : ''}</h3>${table(
    [
      { head: 'Metric' },
      ...['min', 'mean', 'p50', 'p95', 'p99', 'max', 'samples'].map((head) => ({ head, number: true })),
    ],
    rows.map((row) => {
      const title = METRIC_TITLES[row.metric] ?? row.metric;
      const format = (value: number | null) => formatMetric(value, row.unit);
      return [
        row.which === ''
          ? { show: html`${title}` }
          : { show: html`${first(row) ? `${title}: ` : ''}${row.which}`, className: first(row) ? '' : 'sub' },
        ...[row.min, row.mean, row.p50, row.p95, row.p99, row.max].map((value) => number(value, format)),
        number(row.samples, formatCount),
      ];
    }),
    'percentiles',
  )}<p class="note">A percentile is not told from fewer samples than it needs (20 for p95, 100 for p99). Loss and jitter are of received tracks.</p>`;
}
