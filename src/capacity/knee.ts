import { seededRandom } from '../stats/random.ts';
import {
  type CurvePoint,
  heightAt,
  regressBest,
  regressStraight,
  type SegmentedFit,
} from './segmented-fit.ts';

export const KNEE_METHOD = 'segmented-regression';

export interface Knee {
  x: number;
  /** 95 % band of `x` by residual bootstrap; null with fewer than six points. */
  band: { low: number; high: number } | null;
  /** Slopes before and after it. */
  slopeBefore: number;
  slopeAfter: number;
  method: typeof KNEE_METHOD;
}

/** A knee must explain this share of what a straight line leaves unexplained. */
const LEAST_IMPROVEMENT = 0.5;
const GRID_STEPS = 60;
const BOOTSTRAP_GRID_STEPS = 20;
const BOOTSTRAPS = 200;

/**
 * The knee of a curve that rises slowly and then steeply, by segmented regression (D. V. Hinkley, "Inference in
 * two-phase regression", JASA 66, 1971): of all broken lines with one bend the one with the smallest squares. null
 * when there are fewer than four points, when the curve does not bend upwards, or when a straight line explains it
 * about as well.
 */
export function findKnee(points: readonly CurvePoint[], seed = 1): Knee | null {
  if (points.length < 4) return null;
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const line = regressStraight(sorted);
  const bent = regressBest(sorted, GRID_STEPS);
  if (line === null || bent === null || bent.c <= 0) return null;
  if (bent.residual > (1 - LEAST_IMPROVEMENT) * line.residual || isExact(sorted, line)) return null;
  return {
    x: bent.k,
    band: sorted.length < 6 ? null : bootstrap(sorted, bent, seed),
    slopeBefore: bent.b,
    slopeAfter: bent.b + bent.c,
    method: KNEE_METHOD,
  };
}

/** What floating point leaves over is nothing to be explained. */
function isExact(points: readonly CurvePoint[], line: SegmentedFit): boolean {
  const mean = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const variation = points.reduce((sum, point) => sum + (point.y - mean) ** 2, 0);
  return line.residual <= 1e-12 * variation;
}

/** Draws the residuals again and again onto the fitted curve, and sees where the knee falls. */
function bootstrap(
  points: readonly CurvePoint[],
  found: SegmentedFit,
  seed: number,
): { low: number; high: number } {
  const random = seededRandom(seed);
  // Residuals of a fit are smaller than the errors were, by the parameters that it took.
  const inflation = Math.sqrt(points.length / Math.max(1, points.length - 4));
  const residuals = points.map((point) => (point.y - heightAt(found, point.x)) * inflation);
  const knees: number[] = [];
  for (let i = 0; i < BOOTSTRAPS; i++) {
    const redrawn = points.map(({ x }) => {
      const residual = residuals[Math.floor(random() * residuals.length)] ?? 0;
      return { x, y: heightAt(found, x) + residual };
    });
    const refit = regressBest(redrawn, BOOTSTRAP_GRID_STEPS);
    if (refit !== null) knees.push(refit.k);
  }
  knees.sort((a, b) => a - b);
  const at = (share: number) => knees[Math.round(share * (knees.length - 1))] ?? found.k;
  return { low: Math.min(found.k, at(0.025)), high: Math.max(found.k, at(0.975)) };
}
