/** Marks of a value axis from zero (or `low`) to beyond `high`, at round numbers. */
export interface Scale {
  low: number;
  high: number;
  ticks: number[];
}

const ROUND_STEPS = [1, 2, 2.5, 5, 10];

/** About `most` marks at 1, 2, 2.5 or 5 times a power of ten, from 0 up to at least `high`. */
export function niceScale(high: number, most = 5): Scale {
  const top = high > 0 && Number.isFinite(high) ? high : 1;
  const rough = top / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (ROUND_STEPS.find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10) * power;
  // A line that lies on the upper edge is hard to see, so the edge lies a little higher.
  const count = Math.ceil((top * 1.02) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  return { low: 0, high: ticks.at(-1) ?? 1, ticks };
}
