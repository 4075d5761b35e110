/** A small SVG writer: bars and lines on a grid, no script, colours that work on light and dark. */
const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 90;
const RIGHT = 16;
const TOP = 28;
const BOTTOM = 40;
/** Okabe and Ito's palette, told apart by colour-blind readers too. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

export const colourOf = (i: number): string => COLOURS[i % COLOURS.length] ?? '#0072b2';

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function frame(title: string, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui,sans-serif" font-size="12" fill="currentColor"><title>${escapeXml(title)}</title><text x="${LEFT}" y="16" font-weight="600">${escapeXml(title)}</text>${content}</svg>`;
}

export interface Bar {
  label: string;
  value: number | null;
  /** Printed beside the bar. */
  text: string;
}

/** Horizontal bars from 0. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value ?? 0), Number.MIN_VALUE);
  const step = (HEIGHT - TOP - 8) / Math.max(bars.length, 1);
  const content = bars.map(({ label, value, text }, i) => {
    const y = TOP + i * step;
    const width = ((WIDTH - LEFT - RIGHT - 120) * (value ?? 0)) / most;
    const middle = (y + step / 2 + 4).toFixed(1);
    return `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${escapeXml(label)}</text><rect x="${LEFT}" y="${(y + step * 0.2).toFixed(1)}" width="${width.toFixed(1)}" height="${(step * 0.6).toFixed(1)}" fill="${colourOf(i)}"/><text x="${(LEFT + width + 6).toFixed(1)}" y="${middle}">${escapeXml(text)}</text>`;
  });
  return frame(title, content.join(''));
}

export interface Line {
  label: string;
  points: readonly (readonly [number, number])[];
}

export interface LineChartOptions {
  xLabel: string;
  formatX: (x: number) => string;
  formatY: (y: number) => string;
  /** Powers of two on x, as buffer sizes are. */
  isLogX?: boolean;
}

/** Lines over a shared scale; y from 0. */
export function lineChart(title: string, lines: readonly Line[], options: LineChartOptions): string {
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return frame(title, `<text x="${LEFT}" y="${HEIGHT / 2}">no data</text>`);
  const scaleX = (x: number) => (options.isLogX === true ? Math.log2(Math.max(x, 1)) : x);
  const xs = all.map(([x]) => scaleX(x));
  const [minX, maxX] = [Math.min(...xs), Math.max(...xs)];
  const maxY = Math.max(...all.map(([, y]) => y), Number.MIN_VALUE);
  const px = (x: number) => LEFT + ((scaleX(x) - minX) / (maxX - minX || 1)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number) => HEIGHT - BOTTOM - (y / maxY) * (HEIGHT - TOP - BOTTOM);
  const grid = [0, 0.5, 1].map((share) => {
    const y = py(maxY * share).toFixed(1);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="currentColor" stroke-opacity=".2"/><text x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${escapeXml(options.formatY(maxY * share))}</text>`;
  });
  const ticks = [...new Set(all.map(([x]) => x))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(ticks.length / 7));
  const labels = ticks
    .filter((_, i) => i % every === 0)
    .map(
      (x) =>
        `<text x="${px(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escapeXml(options.formatX(x))}</text>`,
    );
  const drawn = lines.map(({ label, points }, i) => {
    const path = points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colourOf(i)}" stroke-width="2"/><text x="${WIDTH - RIGHT - 4}" y="${TOP + 12 + i * 15}" text-anchor="end" fill="${colourOf(i)}">${escapeXml(label)}</text>`;
  });
  const axis = `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeXml(options.xLabel)}</text>`;
  return frame(title, [...grid, ...labels, axis, ...drawn].join(''));
}
