export interface CurvePoint {
  /** Load, e.g. packets a second. */
  x: number;
  /** What suffers, e.g. delay. */
  y: number;
}

/** y = a + b x + c max(0, x - k) */
export interface SegmentedFit {
  a: number;
  b: number;
  c: number;
  k: number;
  /** Sum of the squares of what it leaves unexplained. */
  residual: number;
}

export function heightAt(fitted: SegmentedFit, x: number): number {
  return fitted.a + fitted.b * x + fitted.c * Math.max(0, x - fitted.k);
}

/** Least squares with a bend at `k`; null when the points do not determine it. */
export function regressBent(points: readonly CurvePoint[], k: number): SegmentedFit | null {
  // Around its mean, a large load does not swallow the small differences.
  const center = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const scale = Math.max(...points.map((point) => Math.abs(point.x - center))) || 1;
  let [sx, sxx, sh, sxh, shh, sy, sxy, shy] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (const point of points) {
    const x = (point.x - center) / scale;
    const h = Math.max(0, point.x - k) / scale;
    sx += x;
    sxx += x * x;
    sh += h;
    sxh += x * h;
    shh += h * h;
    sy += point.y;
    sxy += x * point.y;
    shy += h * point.y;
  }
  const n = points.length;
  const determinant = det(n, sx, sh, sx, sxx, sxh, sh, sxh, shh);
  if (Math.abs(determinant) < 1e-9) return null;
  const a = det(sy, sx, sh, sxy, sxx, sxh, shy, sxh, shh) / determinant;
  const b = det(n, sy, sh, sx, sxy, sxh, sh, shy, shh) / determinant / scale;
  const c = det(n, sx, sy, sx, sxx, sxy, sh, sxh, shy) / determinant / scale;
  return withResidual(points, { a: a - b * center, b, c, k, residual: 0 });
}

/** The straight line through the points: a bend of no size. */
export function regressStraight(points: readonly CurvePoint[]): SegmentedFit | null {
  const n = points.length;
  const center = points.reduce((sum, point) => sum + point.x, 0) / n;
  const mean = points.reduce((sum, point) => sum + point.y, 0) / n;
  const spread = points.reduce((sum, point) => sum + (point.x - center) ** 2, 0);
  if (spread === 0) return null;
  const b = points.reduce((sum, point) => sum + (point.x - center) * (point.y - mean), 0) / spread;
  return withResidual(points, { a: mean - b * center, b, c: 0, k: 0, residual: 0 });
}

/** The bend with the smallest residual on a grid from the second to the last but one point, then refined. */
export function regressBest(points: readonly CurvePoint[], steps: number): SegmentedFit | null {
  const low = points[1]?.x;
  const high = points.at(-2)?.x;
  if (low === undefined || high === undefined || high < low) return null;
  const coarse = bestOf(points, low, high, steps);
  const step = (high - low) / steps;
  if (coarse === null || step === 0) return coarse;
  return bestOf(points, Math.max(low, coarse.k - step), Math.min(high, coarse.k + step), steps);
}

function bestOf(
  points: readonly CurvePoint[],
  low: number,
  high: number,
  steps: number,
): SegmentedFit | null {
  let best: SegmentedFit | null = null;
  for (let i = 0; i <= steps; i++) {
    const candidate = regressBent(points, low + ((high - low) * i) / steps);
    if (candidate !== null && (best === null || candidate.residual < best.residual)) best = candidate;
  }
  return best;
}

function withResidual(points: readonly CurvePoint[], fitted: SegmentedFit): SegmentedFit {
  let residual = 0;
  for (const { x, y } of points) residual += (y - heightAt(fitted, x)) ** 2;
  return { ...fitted, residual };
}

/** Of a matrix of three rows. */
function det(
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
  i: number,
): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}
