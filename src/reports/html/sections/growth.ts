import { formatCount, formatMetric, formatRatio } from '../../format.ts';
import type { RunReport } from '../../model/types.ts';
import { type Second, secondsOf } from '../../seconds.ts';
import { DOT_SHAPES, type Dot, type DotsSpec, dots } from '../chart/dots.ts';
import type { ChartUnit } from '../chart/types.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';

/** With fewer numbers of received tracks the load did not grow while it was judged, and there is no curve. */
const LEAST_LOADS = 10;

/** What each received track more costs, where the load grew while it was judged; null elsewhere. */
export function growthSection(report: RunReport): Section | null {
  const seconds = growing(report);
  if (seconds === null) return null;
  return {
    id: 'growth',
    title: 'As receivers grow',
    about:
      'Each dot is one second of the steady window, over the tracks that bridges sent to receivers at that time.',
    body: html`${DOT_SHAPES}<div class="charts">${growthCharts([{ name: 'of this run', seconds }])}</div>`,
  };
}

/** null: too few different loads. */
export function growing(report: RunReport): Second[] | null {
  const seconds = secondsOf(report).filter(({ steady, consumers }) => steady && consumers !== null);
  return new Set(seconds.map(({ consumers }) => consumers)).size < LEAST_LOADS ? null : seconds;
}

/** CPU and delay over received tracks, of one run or of two laid over each other. */
export function growthCharts(runs: readonly { name: string; seconds: readonly Second[] }[]): Markup[] {
  const cpu = runs.map(({ name, seconds }) => ({
    name: runs.length > 1 ? name : 'all bridges',
    dots: points(seconds, 'CPU', ({ cpuRatio }) => cpuRatio, formatRatio),
  }));
  const ms = (value: number) => formatMetric(value, 'ms');
  const delay = (which: string, of: (second: Second) => number | null) =>
    runs.map(({ name, seconds }) => ({
      name: runs.length > 1 ? name : which,
      dots: points(seconds, `delay ${which}`, of, ms),
    }));
  const median = delay('median', ({ delayP50Ms }) => delayP50Ms);
  const p95 = delay('p95', ({ delayP95Ms }) => delayP95Ms);
  const charts: (Markup | null)[] = [
    one('g-cpu', 'CPU of the bridges', 'share of one core', 'share', cpu),
    ...(runs.length > 1
      ? [
          one('g-delay', 'Delay, frame in to frame out, median', 'milliseconds', 'ms', median),
          one('g-delay95', 'Delay, frame in to frame out, p95', 'milliseconds', 'ms', p95),
        ]
      : [one('g-delay', 'Delay, frame in to frame out', 'milliseconds', 'ms', [...median, ...p95])]),
  ];
  return charts.filter((chart) => chart !== null);
}

interface Line {
  name: string;
  dots: Omit<Dot, 'kind'>[];
}

function points(
  seconds: readonly Second[],
  what: string,
  of: (second: Second) => number | null,
  format: (value: number) => string,
): Line['dots'] {
  return seconds.flatMap((second) => {
    const [x, y] = [second.consumers, of(second)];
    if (x === null || y === null) return [];
    return [{ x, y, title: `${formatCount(x)} tracks at ${second.tMs / 1000} s: ${what} ${format(y)}` }];
  });
}

function one(
  id: string,
  title: string,
  axis: string,
  unit: ChartUnit,
  [first, second]: readonly Line[],
): Markup | null {
  const spec: DotsSpec = {
    ...{ id, title, axis, unit, marks: [], bound: null },
    xAxis: 'tracks sent to receivers',
    xUnit: 'count',
    names: { first: first?.name ?? '', second: second?.name ?? '' },
    dots: [
      ...(first?.dots ?? []).map((dot) => ({ ...dot, kind: 'first' as const })),
      ...(second?.dots ?? []).map((dot) => ({ ...dot, kind: 'second' as const })),
    ],
  };
  return dots(spec);
}
