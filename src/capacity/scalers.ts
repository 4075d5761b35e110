import { type PolicyStep, scaleIn, scaleOut } from './policy.ts';

/** What a scaler sees, once a minute. */
export interface PoolView {
  /** Nodes that take sessions: neither draining nor booting. */
  active: number;
  /** Booting; they count as there, or each minute of their boot would order them again. */
  booting: number;
  /** Points in use over CPUs of the active nodes: not bounded by 100. */
  load: number;
  /** Mean points of a node: 100 for each CPU in full use. */
  meanPoints: number;
  /** Active nodes without a session. */
  idle: number;
}

/** Decides how many nodes to add (positive) or take away (negative). May remember what it saw. */
export interface Scaler {
  readonly name: string;
  /** Whether a node taken away first lets its sessions end, or ends them. */
  readonly drains: boolean;
  decide(view: PoolView): number;
}

/** Load thresholds in per cent of the pool, out and in, as elasticRTC has them. */
export function pointsScaler(out: readonly PolicyStep[], into: readonly PolicyStep[]): Scaler {
  return {
    name: 'scaling points',
    drains: true,
    decide({ load, active, booting }) {
      const nodes = active + booting;
      const add = scaleOut(out, load, nodes);
      // What was ordered has to arrive before the load can tell anything again.
      if (booting > 0) return 0;
      return add > 0 ? add : 0 - scaleIn(into, load, nodes);
    },
  };
}

/** More than so many points a node on average: add some; a node with none: remove it. */
export function absoluteScaler(above: number, add: number): Scaler {
  return {
    name: `points > ${above}`,
    drains: true,
    decide({ meanPoints, idle, booting }) {
      if (booting > 0) return 0;
      return meanPoints > above ? add : idle > 0 ? -idle : 0;
    },
  };
}

export interface CpuRule {
  /** Per cent of CPU, mean of the nodes over `windowMinutes`. */
  above: number;
  add: number;
  below: number;
  remove: number;
  windowMinutes: number;
}

/** The classic: above 60 % of CPU three more, below 30 % one less. */
export const CLASSIC_CPU_RULE: CpuRule = { above: 60, add: 3, below: 30, remove: 1, windowMinutes: 5 };

/**
 * A rule on average CPU. CPU stops at 100 %, so it cannot tell how much too much there is; it is averaged over some
 * minutes, so it comes late; and it knows no sessions, so what it takes away ends with them.
 */
export function cpuScaler(rule: CpuRule = CLASSIC_CPU_RULE): Scaler {
  const seen: number[] = [];
  return {
    name: `CPU > ${rule.above} %`,
    drains: false,
    decide({ load, booting }) {
      seen.push(Math.min(100, load));
      if (seen.length > rule.windowMinutes) seen.shift();
      if (seen.length < rule.windowMinutes || booting > 0) return 0;
      const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
      if (mean <= rule.above && mean >= rule.below) return 0;
      // The next decision waits for a window of what this one made of it.
      seen.length = 0;
      return mean > rule.above ? rule.add : -rule.remove;
    },
  };
}
