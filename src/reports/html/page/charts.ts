import { chartValue, clockTime, linePath, timeTicks } from '../chart/plot.ts';
import type { ChartData } from '../chart/types.ts';
import { decodeLines, type LineOfPage } from './decode.ts';

interface PageData {
  durationMs: number;
  charts: ChartData[];
  lines: string;
}

interface Chart {
  data: ChartData;
  lines: LineOfPage[];
  figure: HTMLElement;
  area: SVGSVGElement;
  outputs: HTMLOutputElement[];
  /** What the legend says while no cursor asks. */
  peaks: string[];
  cursor: SVGLineElement;
  time: SVGTextElement;
}

const SVG = 'http://www.w3.org/2000/svg';
/** A shorter drag is a click. */
const DRAG_PIXELS = 8;
const SHORTEST_MS = 2000;

/** One cursor for all charts, and a stretch of time for all: drag to look closer, twice a click for all of it. */
export async function startCharts(): Promise<void> {
  const text = document.querySelector('#data')?.textContent;
  if (!text || typeof DecompressionStream === 'undefined') return;
  const page = JSON.parse(text) as PageData;
  const steps = page.charts.flatMap((chart) => chart.lines.map((line) => line.step));
  const lines = await decodeLines(page.lines, steps);
  let taken = 0;
  const charts = page.charts.flatMap((data) => {
    const own = lines.slice(taken, taken + data.lines.length);
    taken += data.lines.length;
    return find(data, own) ?? [];
  });
  new View(charts, page.durationMs).listen();
}

function find(data: ChartData, lines: LineOfPage[]): Chart | null {
  const figure = document.getElementById(data.id);
  const area = figure?.querySelector<SVGSVGElement>('svg.area');
  if (!figure || !area) return null;
  const cursor = document.createElementNS(SVG, 'line');
  cursor.setAttribute('class', 'cursor');
  cursor.setAttribute('y2', '100%');
  const time = document.createElementNS(SVG, 'text');
  time.setAttribute('class', 'cursor-time');
  area.append(cursor, time);
  const outputs = [...figure.querySelectorAll('output')];
  return {
    data,
    lines,
    figure,
    area,
    outputs,
    peaks: outputs.map((output) => output.textContent ?? ''),
    cursor,
    time,
  };
}

class View {
  readonly #charts: Chart[];
  readonly #durationMs: number;
  #startMs = 0;
  #endMs: number;
  #atMs: number | null = null;
  #frame = 0;

  constructor(charts: Chart[], durationMs: number) {
    this.#charts = charts;
    this.#durationMs = durationMs;
    this.#endMs = durationMs;
  }

  listen(): void {
    for (const chart of this.#charts) {
      const { area } = chart;
      area.tabIndex = 0;
      let from: { x: number; ms: number } | null = null;
      area.addEventListener('pointermove', (event) => {
        this.#point(this.#timeAt(area, event.clientX));
        if (from !== null) this.#mark(chart, from.ms, this.#timeAt(area, event.clientX));
      });
      area.addEventListener('pointerdown', (event) => {
        if (event.pointerType === 'mouse' && event.button === 0)
          from = { x: event.clientX, ms: this.#timeAt(area, event.clientX) };
      });
      addEventListener('pointerup', (event) => {
        if (from === null) return;
        const start = from;
        from = null;
        for (const mark of document.querySelectorAll('.mark')) mark.remove();
        if (Math.abs(event.clientX - start.x) >= DRAG_PIXELS)
          this.#zoom(start.ms, this.#timeAt(area, event.clientX));
      });
      area.addEventListener('pointerleave', () => this.#point(null));
      area.addEventListener('dblclick', () => this.#zoom(0, this.#durationMs));
      area.addEventListener('keydown', (event) => this.#key(event));
      area.addEventListener('blur', () => this.#point(null));
    }
    document.querySelector('#unzoom')?.addEventListener('click', () => this.#zoom(0, this.#durationMs));
  }

  #key(event: KeyboardEvent): void {
    const step = (this.#endMs - this.#startMs) / 100;
    const at = this.#atMs ?? this.#startMs;
    if (event.key === 'ArrowRight') this.#point(Math.min(this.#endMs, at + step));
    else if (event.key === 'ArrowLeft') this.#point(Math.max(this.#startMs, at - step));
    else if (event.key === 'Escape') this.#zoom(0, this.#durationMs);
    else if (event.key === '+') this.#zoom(at - step * 25, at + step * 25);
    else return;
    event.preventDefault();
  }

  #timeAt(area: SVGSVGElement, clientX: number): number {
    const box = area.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    return this.#startMs + share * (this.#endMs - this.#startMs);
  }

  #point(atMs: number | null): void {
    this.#atMs = atMs;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const chart of this.#charts) this.#showCursor(chart);
    });
  }

  #showCursor(chart: Chart): void {
    const atMs = this.#atMs;
    chart.figure.classList.toggle('pointed', atMs !== null);
    if (atMs === null) {
      for (const [i, output] of chart.outputs.entries()) output.textContent = chart.peaks[i] ?? '';
      return;
    }
    const x = `${(100 * (atMs - this.#startMs)) / (this.#endMs - this.#startMs)}%`;
    chart.cursor.setAttribute('x1', x);
    chart.cursor.setAttribute('x2', x);
    chart.time.setAttribute('x', x);
    chart.time.setAttribute('y', '100%');
    chart.time.textContent = clockTime(atMs);
    for (const [i, output] of chart.outputs.entries()) {
      const line = chart.lines[i];
      output.textContent = line === undefined ? '' : chartValue(valueAt(line, atMs), chart.data.unit);
    }
  }

  #mark(chart: Chart, fromMs: number, toMs: number): void {
    let mark = chart.area.querySelector('.mark');
    if (mark === null) {
      mark = document.createElementNS(SVG, 'rect');
      mark.setAttribute('class', 'mark');
      mark.setAttribute('height', '100%');
      chart.area.append(mark);
    }
    const width = this.#endMs - this.#startMs;
    mark.setAttribute('x', `${(100 * (Math.min(fromMs, toMs) - this.#startMs)) / width}%`);
    mark.setAttribute('width', `${(100 * Math.abs(toMs - fromMs)) / width}%`);
  }

  #zoom(fromMs: number, toMs: number): void {
    const start = Math.max(0, Math.min(fromMs, toMs));
    const end = Math.min(this.#durationMs, Math.max(fromMs, toMs));
    if (end - start < Math.min(SHORTEST_MS, this.#durationMs)) return;
    this.#startMs = start;
    this.#endMs = end;
    document.documentElement.classList.toggle('zoomed', end - start < this.#durationMs);
    for (const chart of this.#charts) this.#redraw(chart);
    this.#point(this.#atMs);
  }

  #redraw({ area, data, lines }: Chart): void {
    const whole = { startMs: this.#startMs, endMs: this.#endMs, low: data.low, high: data.high };
    for (const [i, path] of [...area.querySelectorAll('.lines path')].entries()) {
      const line = lines[i];
      if (line !== undefined) path.setAttribute('d', pathOf(line, whole));
    }
    const share = this.#durationMs / (this.#endMs - this.#startMs);
    // Stages are drawn over the whole run: what is seen of them is moved and stretched with it. Their names
    // above the plot stay away while only a part is seen; the bands have them as well.
    for (const own of area.querySelectorAll<SVGElement>('.bands rect')) {
      own.dataset.x ??= own.getAttribute('x') ?? '0';
      own.dataset.width ??= own.getAttribute('width') ?? '0';
      const x = (Number.parseFloat(own.dataset.x) - (100 * this.#startMs) / this.#durationMs) * share;
      own.setAttribute('x', `${x}%`);
      own.setAttribute('width', `${Number.parseFloat(own.dataset.width) * share}%`);
    }
    const labels = timeTicks(this.#startMs, this.#endMs, 8).map((tick, i) => {
      const label = document.createElementNS(SVG, 'text');
      label.setAttribute('x', `${(100 * (tick - this.#startMs)) / (this.#endMs - this.#startMs)}%`);
      label.setAttribute('y', '100%');
      if (i % 2 === 1) label.setAttribute('class', 'alt');
      label.textContent = clockTime(tick);
      return label;
    });
    area.querySelector('.x')?.replaceChildren(...labels);
  }
}

/** The path of what is seen of a line, with the point before and the one after it. */
function pathOf(
  line: LineOfPage,
  area: { startMs: number; endMs: number; low: number; high: number },
): string {
  const first = Math.max(0, indexAt(line, area.startMs));
  const last = indexAt(line, area.endMs) + 2;
  return linePath(line.tMs.slice(first, last), line.values.slice(first, last), area, 500);
}

/** The index of the last reading at or before a time, or -1. */
function indexAt(line: LineOfPage, atMs: number): number {
  let low = 0;
  let high = line.tMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line.tMs[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The reading nearest to a time; null where the line has none near. */
function valueAt(line: LineOfPage, atMs: number): number | null {
  const before = indexAt(line, atMs);
  const after = before + 1;
  const distance = (i: number) => Math.abs((line.tMs[i] ?? Number.POSITIVE_INFINITY) - atMs);
  const nearest = distance(after) < distance(before) ? after : before;
  return distance(nearest) > 15_000 ? null : (line.values[nearest] ?? null);
}
