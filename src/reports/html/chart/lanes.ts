import type { StageBand } from '../../model/types.ts';
import { html, type Markup, raw } from '../markup.ts';
import { clockTime, timeTicks } from './plot.ts';

/** One row over the time of the run: who is there, and when somebody came or went. */
export interface Lane {
  name: string;
  /** At the right, in few words. */
  summary: string;
  startMs: number;
  /** null: to the end. */
  endMs: number | null;
  /** In order of time. */
  comingsMs: readonly number[];
  goingsMs: readonly number[];
}

export interface LanesSpec {
  id: string;
  title: string;
  axis: string;
  lanes: readonly Lane[];
  durationMs: number;
  stages: readonly StageBand[];
}

const WIDTH = 1000;
const HEIGHT = 32;
const TICK = 7;
/** Columns of all lanes together: what keeps the page small however many come and go. */
const COLUMNS = 2400;

/** Lanes one above the other on one axis of time; joins are marks at the top, leaves at the bottom. */
export function lanes({ id, title, axis, lanes: list, durationMs, stages }: LanesSpec): Markup | null {
  if (list.length === 0 || !(durationMs > 0)) return null;
  const columns = Math.min(WIDTH / 2, Math.floor(COLUMNS / list.length));
  const bands = stages.map((stage) => {
    const x = round((WIDTH * stage.startMs) / durationMs);
    const width = round((WIDTH * (stage.endMs - stage.startMs)) / durationMs);
    return html`<rect class="${stage.steady ? 'steady' : 'other'}" x="${x}" width="${width}" height="${HEIGHT}"/>`;
  });
  return html`<figure class="chart wide lanes" id="${id}"><figcaption><b>${title}</b> <span class="axis">${axis}</span></figcaption>
<div class="rows">${list.map(
    (lane) =>
      html`<span class="lane-name">${lane.name}</span><span class="lane-sum">${lane.summary}</span><svg class="lane" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${lane.name}: ${lane.comingsMs.length} joins, ${lane.goingsMs.length} leaves, ${lane.summary}"><g class="bands">${bands}</g><path class="there" d="${raw(presence(lane, durationMs, columns))}"/><path class="came" d="${raw(ticks(lane.comingsMs, durationMs, columns, 0))}"/><path class="went" d="${raw(ticks(lane.goingsMs, durationMs, columns, HEIGHT - TICK))}"/></svg>`,
  )}<svg class="lane-axis" aria-hidden="true">${timeTicks(0, durationMs, 8).map(
    (tick, i) =>
      html`<text x="${round((100 * tick) / durationMs)}%" y="12"${i % 2 === 1 ? raw(' class="alt"') : null}>${clockTime(tick)}</text>`,
  )}</svg></div>
<ul class="legend"><li><svg class="key lane" aria-hidden="true"><path class="there" d="M0 12V6h24v6"/></svg>participants there</li><li><svg class="key lane" aria-hidden="true"><path class="came" d="M12 0v7"/></svg>joined (mark at the top)</li><li><svg class="key lane" aria-hidden="true"><path class="went" d="M12 5v7"/></svg>left (mark at the bottom)</li></ul></figure>`;
}

/** How many are there, as a filled step line that is as high as the lane at its most; the most of each column. */
function presence(
  { startMs, endMs, comingsMs, goingsMs }: Lane,
  durationMs: number,
  columns: number,
): string {
  const changes = [
    ...comingsMs.map((tMs) => ({ tMs, by: 1 })),
    ...goingsMs.map((tMs) => ({ tMs, by: -1 })),
  ].sort((a, b) => a.tMs - b.tMs || b.by - a.by);
  const most = new Map<number, { high: number; last: number }>();
  let there = 0;
  let peak = 0;
  for (const { tMs, by } of changes) {
    const column = columnOf(tMs, durationMs, columns);
    const before = most.get(column)?.high ?? there;
    there = Math.max(0, there + by);
    peak = Math.max(peak, there);
    most.set(column, { high: Math.max(before, there), last: there });
  }
  if (peak === 0) return '';
  const x = (column: number) => round((WIDTH * column) / columns);
  // The marks of joins and leaves have room of their own above and below.
  const y = (count: number) => round(HEIGHT - TICK - ((HEIGHT - 2 * TICK - 1) * count) / peak);
  const end = round((WIDTH * Math.min(endMs ?? durationMs, durationMs)) / durationMs);
  let path = `M${round((WIDTH * startMs) / durationMs)} ${HEIGHT - TICK}`;
  let level = 0;
  for (const [column, { high, last }] of most) {
    path += `H${x(column)}V${y(high)}`;
    if (last !== high) path += `H${x(column + 1)}V${y(last)}`;
    level = last;
  }
  return `${path}${level > 0 ? `H${end}` : ''}V${HEIGHT - TICK}z`;
}

function ticks(timesMs: readonly number[], durationMs: number, columns: number, top: number): string {
  const marked = new Set(timesMs.map((tMs) => columnOf(tMs, durationMs, columns)));
  return [...marked].map((column) => `M${round((WIDTH * column) / columns)} ${top}v${TICK}`).join('');
}

function columnOf(tMs: number, durationMs: number, columns: number): number {
  return Math.min(columns, Math.max(0, Math.round((columns * tMs) / durationMs)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
