import type { StageBand, Values } from '../../model/types.ts';
import { html, type Markup, raw } from '../markup.ts';
import type { LineData } from './encode.ts';
import {
  chartValue,
  clockTime,
  linePath,
  PLOT_HEIGHT,
  PLOT_WIDTH,
  type PlotArea,
  timeTicks,
} from './plot.ts';
import { niceScale, type Scale } from './scale.ts';
import type { ChartData, ChartUnit } from './types.ts';

export interface ChartLine {
  name: string;
  tMs: readonly number[];
  values: Values;
  /** 1 to 8: colour and dashes; `muted` for what only gives the bounds. */
  style: number | 'muted';
}

export interface ChartSpec {
  id: string;
  title: string;
  /** What the axis counts, in words. */
  axis: string;
  unit: ChartUnit;
  lines: readonly ChartLine[];
  /** Levels that mean something: a maximum, the bound of a gate. */
  references?: readonly { value: number; label: string }[];
  wide?: boolean;
  /** The legend tells the lowest value, not the peak. */
  lowIsBad?: boolean;
  /** What to look for, for a reader who does not know. */
  note?: string;
}

export interface ChartContext {
  durationMs: number;
  stages: readonly StageBand[];
  /** Moments that explain a jump in any chart, as a bridge that died. */
  marks?: readonly { tMs: number; label: string }[];
  data: LineData;
  /** Gathers what each drawn chart needs. */
  charts: ChartData[];
}

/** Points of all lines of a chart together: what keeps the page small however many lines there are. */
const COLUMNS_A_CHART = 1100;
const COLUMNS_A_LINE = 300;

/** A figure with axes, unit, legend and stages, drawn here; null when nothing was measured. */
export function chart(spec: ChartSpec, context: ChartContext): Markup | null {
  const lines = spec.lines.filter((line) => line.values.some((value) => value !== null));
  if (lines.length === 0 || context.durationMs <= 0) return null;
  const highest = topOf(lines);
  // A level just above the data belongs in the picture; one far above would only flatten it.
  const references = (spec.references ?? []).filter(({ value }) => value <= highest * 1.6);
  const scale = axis(spec.unit, Math.max(highest, ...references.map(({ value }) => value)));
  const area: PlotArea = { startMs: 0, endMs: context.durationMs, low: scale.low, high: scale.high };
  const columns = Math.min(COLUMNS_A_LINE, Math.floor(COLUMNS_A_CHART / lines.length));
  context.charts.push({
    id: spec.id,
    unit: spec.unit,
    low: scale.low,
    high: scale.high,
    lines: lines.map((line) => context.data.add(line.tMs, line.values)),
  });
  const percent = (value: number) => `${round(100 * (1 - (value - scale.low) / (scale.high - scale.low)))}%`;
  const left = (tMs: number) => `${round((100 * tMs) / context.durationMs)}%`;
  return html`<figure class="chart${spec.wide === true ? ' wide' : ''}" id="${spec.id}">
<figcaption><b>${spec.title}</b> <span class="axis">${spec.axis}</span></figcaption>
<div class="plot"><svg class="y" aria-hidden="true">${scale.ticks.map(
    (tick) => html`<text x="100%" y="${percent(tick)}">${chartValue(tick, spec.unit)}</text>`,
  )}</svg><svg class="area" role="img" aria-label="${describe(spec, lines)}"><svg class="bands">${bands(context, left)}</svg>${stageNames(context, spec.wide === true)}<g class="grid">${scale.ticks.map(
    (tick) => html`<line x1="0" x2="100%" y1="${percent(tick)}" y2="${percent(tick)}"/>`,
  )}</g><svg class="lines" viewBox="0 0 ${PLOT_WIDTH} ${PLOT_HEIGHT}" preserveAspectRatio="none">${lines.map(
    (line) =>
      html`<path class="s-${line.style}" d="${raw(linePath(line.tMs, line.values, area, columns))}"/>`,
  )}</svg><g class="levels">${references.map(
    ({ value, label }) =>
      html`<line x1="0" x2="100%" y1="${percent(value)}" y2="${percent(value)}"/><text x="100%" y="${percent(value)}">${label}</text>`,
  )}</g><g class="x">${timeTicks(0, context.durationMs, 8).map(
    (tick, i) =>
      html`<text x="${left(tick)}" y="100%"${i % 2 === 1 ? raw(' class="alt"') : null}>${clockTime(tick)}</text>`,
  )}</g></svg></div>
<ul class="legend">${lines.map(
    (line) =>
      html`<li><svg class="key" aria-hidden="true"><path class="s-${line.style}" d="M1 6h22"/></svg>${line.name} <output>${summary(line, spec, scale.high)}</output></li>`,
  )}</ul>${spec.note === undefined ? null : html`<p class="note">${spec.note}</p>`}
</figure>`;
}

function bands({ stages, marks = [], durationMs }: ChartContext, left: (tMs: number) => string): Markup[] {
  const rects = stages.map((stage) => {
    const width = `${round((100 * (stage.endMs - stage.startMs)) / durationMs)}%`;
    return html`<rect class="${stage.steady ? 'steady' : 'other'}" x="${left(stage.startMs)}" width="${width}" height="100%"><title>${stage.name}${stage.steady ? ', steady: judged by gates' : ''}</title></rect>`;
  });
  const lines = marks.map(
    ({ tMs, label }) =>
      html`<rect class="moment" x="${left(tMs)}" width="0.05%" height="100%"><title>${label}</title></rect>`,
  );
  return [...rects, ...lines];
}

/** Widths in pixels that names are fitted to: of the plot as it mostly is, and on the narrowest screen. */
const WIDE_PX = 980;
const HALF_PX = 430;
const NARROW_PX = 300;
const CHARACTER_PX = 6.5;

/** The stages' names above the plot, as far as there is room for them; the last may end where the plot ends. */
function stageNames({ stages, durationMs }: ChartContext, wide: boolean): Markup {
  const full = fitted(stages, durationMs, wide ? WIDE_PX : HALF_PX);
  const narrow = fitted(stages, durationMs, NARROW_PX);
  return html`<g class="stages">${stages.map((stage, i) => {
    const place = full[i];
    if (place === undefined || place === null) return null;
    const classes = [narrow[i] === place ? '' : 'alt', place === 'end' ? 'end' : ''].filter(
      (name) => name !== '',
    );
    const x = place === 'end' ? '100%' : `${round((100 * stage.startMs) / durationMs)}%`;
    return html`<text x="${x}" y="0"${classes.length === 0 ? null : html` class="${classes.join(' ')}"`}>${stage.name}</text>`;
  })}</g>`;
}

function fitted(
  stages: readonly StageBand[],
  durationMs: number,
  widthPx: number,
): ('start' | 'end' | null)[] {
  let takenPx = 0;
  return stages.map((stage, i) => {
    const startPx = (stage.startMs / durationMs) * widthPx;
    const namePx = stage.name.length * CHARACTER_PX + 8;
    const untilPx =
      i === stages.length - 1 ? widthPx : ((stages[i + 1]?.startMs ?? durationMs) / durationMs) * widthPx;
    if (startPx >= takenPx && startPx + namePx <= untilPx) {
      takenPx = startPx + namePx;
      return 'start';
    }
    return i === stages.length - 1 && widthPx - namePx >= takenPx ? 'end' : null;
  });
}

/** An axis for that unit: a share ends a little above the whole, and where all is zero it ends at one percent. */
function axis(unit: ChartUnit, highest: number): Scale {
  if (unit !== 'share') return niceScale(highest);
  if (highest === 0) return niceScale(0.009);
  const scale = niceScale(highest);
  if (highest > 1 || scale.high <= 1) return scale;
  return { ...scale, high: 1.04, ticks: scale.ticks.filter((tick) => tick <= 1) };
}

/** Outermost values stand out by so much that they would press all else flat: then they leave the picture. */
const OUTLIER = 3;

/** The highest value that the axis must reach. */
function topOf(lines: readonly ChartLine[]): number {
  const top = (some: readonly ChartLine[]) =>
    some.reduce(
      (high, line) => line.values.reduce<number>((most, value) => Math.max(most, value ?? 0), high),
      0,
    );
  const within = lines.filter((line) => line.style !== 'muted');
  const [all, drawn] = [top(lines), top(within)];
  // Beside a lone median the outermost values are the only ones that tell of the bad end.
  return within.length > 1 && drawn > 0 && all > OUTLIER * drawn ? OUTLIER * drawn : all;
}

/** The worst of a line: what the legend says until a cursor asks for a time. */
function summary(line: ChartLine, spec: ChartSpec, axisHigh = Number.POSITIVE_INFINITY): string {
  if (spec.lowIsBad === true) {
    const lowest = line.values.reduce<number | null>(
      (low, value) => (value === null ? low : Math.min(low ?? value, value)),
      null,
    );
    return `lowest ${chartValue(lowest, spec.unit)}`;
  }
  const highest = line.values.reduce<number | null>(
    (high, value) => (value === null ? high : Math.max(high ?? value, value)),
    null,
  );
  const beyond = highest !== null && highest > axisHigh ? ', beyond the axis' : '';
  return `peak ${chartValue(highest, spec.unit)}${beyond}`;
}

function describe(spec: ChartSpec, lines: readonly ChartLine[]): string {
  return `${spec.title}, ${spec.axis}. ${lines.map((line) => `${line.name}: ${summary(line, spec)}`).join('; ')}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
