import { usageError } from '../errors.ts';

/** `threshold=percent`: beyond this load, so many per cent of the nodes are added or taken away. */
export interface PolicyStep {
  threshold: number;
  percent: number;
}

/** Reads `75=10` or `65=10,85=40`. Throws RTCB_BAD_POLICY (exit 2). */
export function parsePolicy(text: string): PolicyStep[] {
  const steps = text.split(',').map((part) => {
    const [, threshold, percent] = /^\s*(\d+(?:\.\d+)?)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    if (threshold === undefined || percent === undefined) {
      throw usageError('RTCB_BAD_POLICY', `"${part}" is no step of a policy`, 'as in 75=10 or 65=10,85=40');
    }
    return { threshold: Number(threshold), percent: Number(percent) };
  });
  const thresholds = new Set(steps.map((step) => step.threshold));
  if (thresholds.size < steps.length) {
    throw usageError('RTCB_BAD_POLICY', `"${text}" has a threshold twice`, 'each load threshold once');
  }
  return steps.toSorted((a, b) => a.threshold - b.threshold);
}

/** Nodes for a percentage: rounded down, but never from something to nothing (elasticRTC). */
export function nodesOf(percent: number, nodes: number): number {
  const exact = (percent * nodes) / 100;
  return exact > 0 && exact < 1 ? 1 : Math.floor(exact);
}

/** Nodes to add at this load: the highest threshold that it has reached decides. */
export function scaleOut(policy: readonly PolicyStep[], load: number, nodes: number): number {
  const step = policy.findLast(({ threshold }) => load >= threshold);
  return step === undefined ? 0 : nodesOf(step.percent, nodes);
}

/** Nodes to take away at this load: the lowest threshold that it has fallen to decides. */
export function scaleIn(policy: readonly PolicyStep[], load: number, nodes: number): number {
  const step = policy.find(({ threshold }) => load <= threshold);
  return step === undefined ? 0 : nodesOf(step.percent, nodes);
}

export interface PoolBounds {
  minimum: number;
  maximum: number;
}

/** A change kept within the bounds of the pool; positive adds, negative removes. */
export function bounded(change: number, nodes: number, { minimum, maximum }: PoolBounds): number {
  return Math.min(maximum, Math.max(minimum, nodes + change)) - nodes;
}
