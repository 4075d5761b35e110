/*
 * Used by the report's own code and by the script in the page, which gets the text of these functions: each must
 * be complete in itself, without imports or names from outside.
 */

/** The plot's own coordinates: stretched to whatever size the page gives it. */
export const PLOT_WIDTH = 2000;
export const PLOT_HEIGHT = 1000;

/** What of the run is shown, and which values. */
export interface PlotArea {
  startMs: number;
  endMs: number;
  low: number;
  high: number;
}

/**
 * The SVG path of a line in 2000 × 1000 coordinates. Each of `columns` keeps its lowest and its highest value in
 * their order, so a peak of one second is seen in an hour. Null breaks the line.
 */
export function linePath(
  tMs: readonly number[],
  values: readonly (number | null)[],
  area: PlotArea,
  columns: number,
): string {
  const width = area.endMs - area.startMs;
  const range = area.high - area.low;
  if (!(width > 0) || !(range > 0)) return '';
  const picked: (number | null)[] = [];
  let column = -1;
  let lowest = -1;
  let highest = -1;
  const close = () => {
    if (lowest < 0) return;
    picked.push(Math.min(lowest, highest));
    if (lowest !== highest) picked.push(Math.max(lowest, highest));
    lowest = -1;
    highest = -1;
  };
  for (let i = 0; i < tMs.length; i += 1) {
    const value = values[i] ?? null;
    if (value === null) {
      close();
      column = -1;
      if (picked.length > 0 && picked[picked.length - 1] !== null) picked.push(null);
      continue;
    }
    const here = Math.floor((((tMs[i] ?? 0) - area.startMs) / width) * columns);
    if (here !== column) {
      close();
      column = here;
    }
    if (lowest < 0 || value < (values[lowest] ?? 0)) lowest = i;
    if (highest < 0 || value > (values[highest] ?? 0)) highest = i;
  }
  close();
  let path = '';
  let pen = false;
  let x = 0;
  let y = 0;
  for (const i of picked) {
    if (i === null) {
      pen = false;
      continue;
    }
    const share = ((values[i] ?? 0) - area.low) / range;
    const nextX = Math.round((((tMs[i] ?? 0) - area.startMs) / width) * 2000);
    const nextY = Math.round(1000 - Math.min(1.5, Math.max(-0.5, share)) * 1000);
    if (pen) {
      const dy = nextY - y;
      path += ` ${nextX - x}${dy < 0 ? '' : ' '}${dy}`;
    } else path += `M${nextX} ${nextY}l0 0`;
    pen = true;
    x = nextX;
    y = nextY;
  }
  return path;
}

/** Times in milliseconds at which a person would put marks between the two, at most `most` of them. */
export function timeTicks(startMs: number, endMs: number, most: number): number[] {
  const steps = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  ];
  const wanted = (endMs - startMs) / 1000 / most;
  const stepMs = (steps.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400) * 1000;
  const ticks: number[] = [];
  for (let t = Math.ceil(startMs / stepMs) * stepMs; t <= endMs; t += stepMs) ticks.push(t);
  return ticks;
}

/** Position in the run: `0:07`, `12:40`, `1:02:03`. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** A value in a chart's unit, short enough for an axis or a legend. */
export function chartValue(value: number | null, unit: string): string {
  if (value === null) return '–';
  const digits = (number: number) => String(Number(number.toPrecision(3)));
  if (unit === 'share') return `${digits(value * 100)} %`;
  if (unit === 'pps' || unit === 'count') {
    const size = Math.abs(value);
    if (size >= 1e6) return `${digits(value / 1e6)} M`;
    if (size >= 1e4) return `${digits(value / 1e3)} k`;
    return size >= 100 ? Math.round(value).toLocaleString('en-US') : digits(value);
  }
  return digits(value);
}
