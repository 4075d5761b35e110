import { html, type Markup } from '../markup.ts';
import { chartValue } from './plot.ts';
import { niceScale } from './scale.ts';
import type { ChartUnit } from './types.ts';

/** What became of a step of a calibration. */
export type StepKind = 'held' | 'broke' | 'doubted';
/** Elsewhere: the first or the second thing drawn. */
export type DotKind = StepKind | 'first' | 'second';

export interface Dot {
  x: number;
  y: number;
  kind: DotKind;
  /** Told when it is pointed at. */
  title: string;
}

/** A value of the x axis that means something, with how sure it is. */
export interface Mark {
  x: number;
  band: { low: number; high: number } | null;
  kind: 'maximum' | 'knee';
  label: string;
}

export interface DotsSpec {
  id: string;
  title: string;
  /** What the axes count, in words. */
  axis: string;
  xAxis: string;
  unit: ChartUnit;
  xUnit: ChartUnit;
  dots: readonly Dot[];
  marks: readonly Mark[];
  /** Level that an objective allows; drawn where it is within the picture. */
  bound: number | null;
  /** What the legend calls them; what is absent goes by what became of a step. */
  names?: Partial<Record<DotKind, string>>;
  wide?: boolean;
}

const KINDS: Record<DotKind, string> = {
  held: 'held',
  broke: 'broke',
  doubted: 'not believed',
  first: 'first',
  second: 'second',
};
const ORDER = Object.keys(KINDS) as DotKind[];

/** What did not hold may stand out by so much that it would press all else flat: then it is at the upper edge. */
const OUTLIER = 3;

/** The shapes of a dot, once a page: told apart in grey too. */
export const DOT_SHAPES: Markup = html`<svg class="shapes" aria-hidden="true"><defs><circle id="dot-held" class="dot-held" r="4.5"/><path id="dot-broke" class="dot-broke" d="M-4.5-4.5l9 9m0-9l-9 9"/><circle id="dot-doubted" class="dot-doubted" r="4.2"/><circle id="dot-first" class="dot-first" r="3.6"/><path id="dot-second" class="dot-second" d="M0-4l4 4-4 4-4-4z"/></defs></svg>`;

/** Every single measurement as a dot over what it was measured at; null when there is none. */
export function dots(spec: DotsSpec): Markup | null {
  const { dots: list, marks, unit, xUnit } = spec;
  if (list.length === 0) return null;
  const x = niceScale(
    Math.max(...list.map((dot) => dot.x), ...marks.map((mark) => mark.band?.high ?? mark.x)),
    6,
  );
  const top = topOf(spec);
  const y = unit === 'share' && top === 0 ? niceScale(0.009) : niceScale(top);
  const across = (value: number) => `${round((100 * Math.min(value, x.high)) / x.high)}%`;
  const up = (value: number) => `${round(100 * (1 - Math.min(value, y.high) / y.high))}%`;
  const beyond = list.filter((dot) => dot.y > y.high).length;
  return html`<figure class="chart dots${spec.wide === true ? ' wide' : ''}" id="${spec.id}"><figcaption><b>${spec.title}</b> <span class="axis">${spec.axis}</span></figcaption>
<div class="plot"><svg class="y" aria-hidden="true">${y.ticks.map(
    (tick) => html`<text x="100%" y="${up(tick)}">${chartValue(tick, unit)}</text>`,
  )}</svg><svg class="area" role="img" aria-label="${describe(spec)}">${marks.map(({ band, kind }) =>
    band === null
      ? null
      : html`<rect class="band-${kind}" x="${across(band.low)}" width="${round((100 * (Math.min(band.high, x.high) - band.low)) / x.high)}%" height="100%"/>`,
  )}<g class="grid">${y.ticks.map(
    (tick) => html`<line x1="0" x2="100%" y1="${up(tick)}" y2="${up(tick)}"/>`,
  )}</g>${marks.map(
    (mark) =>
      html`<line class="mark-${mark.kind}" x1="${across(mark.x)}" x2="${across(mark.x)}" y1="0" y2="100%"/>`,
  )}<g class="levels">${
    spec.bound === null || spec.bound > y.high
      ? null
      : html`<line x1="0" x2="100%" y1="${up(spec.bound)}" y2="${up(spec.bound)}"/><text x="100%" y="${up(spec.bound)}">at most ${chartValue(spec.bound, unit)}</text>`
  }</g>${list.map(
    (dot) =>
      html`<use href="#dot-${dot.kind}" x="${across(dot.x)}" y="${up(dot.y)}"><title>${dot.title}</title></use>`,
  )}<g class="x">${x.ticks.map(
    (tick, i) =>
      html`<text x="${across(tick)}" y="100%"${i % 2 === 1 ? html` class="alt"` : null}>${chartValue(tick, xUnit)}</text>`,
  )}</g></svg></div><p class="x-axis">${spec.xAxis}</p>
<ul class="legend">${kindsOf(spec).map(
    (kind) =>
      html`<li><svg class="key" aria-hidden="true"><use href="#dot-${kind}" x="12" y="6"/></svg>${nameOf(kind, spec)}</li>`,
  )}${marks.map(
    ({ kind, label, band }) =>
      html`<li><svg class="key" aria-hidden="true">${band === null ? null : html`<rect class="band-${kind}" width="24" height="12"/>`}<path class="mark-${kind}" d="M12 0v12"/></svg>${label}</li>`,
  )}</ul>${beyond === 0 ? null : html`<p class="note">${beyond} beyond the axis ${beyond === 1 ? 'is' : 'are'} drawn at its upper edge; the table has the numbers.</p>`}</figure>`;
}

function topOf({ dots: list, bound }: DotsSpec): number {
  const all = Math.max(...list.map((dot) => dot.y));
  const calm = Math.max(0, bound ?? 0, ...list.filter((dot) => dot.kind === 'held').map((dot) => dot.y));
  return calm > 0 && all > OUTLIER * calm ? OUTLIER * calm : Math.max(all, 0);
}

function kindsOf({ dots: list }: DotsSpec): DotKind[] {
  return ORDER.filter((kind) => list.some((dot) => dot.kind === kind));
}

function nameOf(kind: DotKind, { names }: DotsSpec): string {
  return names?.[kind] ?? KINDS[kind];
}

function describe(spec: DotsSpec): string {
  const count = (kind: DotKind) => spec.dots.filter((dot) => dot.kind === kind).length;
  const kinds = kindsOf(spec).map((kind) => `${nameOf(kind, spec)}: ${count(kind)}`);
  return `${spec.title}, ${spec.axis}. ${[...kinds, ...spec.marks.map(({ label }) => label)].join('; ')}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
