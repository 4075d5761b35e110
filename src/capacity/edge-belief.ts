/**
 * What is believed of a bridge's edge after steps that each held or broke, as weights over a grid of possible
 * edges and widths. Near its edge a bridge sometimes holds and sometimes breaks, and now and then the host hiccups
 * and a step far from it tells the wrong thing: one answer is never proof, so every answer only moves weight.
 *
 * Probabilistic bisection (Horstein 1963; Waeber, Frazier and Henderson 2013) over a psychometric curve with lapses
 * (Wichmann and Hill 2001): chance to break at load L = lapse + (1 - 2 lapse) / (1 + exp(-(ln L - ln edge) / width)).
 */
export interface EdgeBelief {
  /** Natural logarithms of the edges considered, ascending and equally far apart. */
  logEdges: Float64Array;
  /** One row of weights a width; all of them sum to 1. */
  weights: readonly Float64Array[];
}

/** Where the edge is, in loads: as likely above as below `middle`, and in `low` to `high` with 95 %. */
export interface Edge {
  low: number;
  middle: number;
  high: number;
}

/** How blurred an edge may be, as a share of its load: that of a policer, of a busy core, of a busy host. */
const WIDTHS = [0.003, 0.01, 0.03];

/** Chance that a step tells the wrong thing wherever it is: a hiccup of the host. */
const LAPSE = 0.03;

/** How far from where another search ended an edge may well be: so far that a few answers outweigh it. */
const AROUND_WIDTH = 0.15;

/**
 * Before anything is measured: any edge from under 1 to beyond `max` alike, on a scale of shares; or, where another
 * search ended at `around`, rather near it than far away (Cauchy), so that one wrong answer does not send the search to
 * the other end of the scale.
 */
export function beginBelief(max: number, resolution: number, around: number | null = null): EdgeBelief {
  const spacing = Math.min(0.01, resolution / 4);
  const [from, to] = [Math.log(0.5), Math.log(max * 1.5)];
  const size = Math.max(2, Math.ceil((to - from) / spacing) + 1);
  const logEdges = Float64Array.from({ length: size }, (_, i) => from + ((to - from) * i) / (size - 1));
  const row = logEdges.map((logEdge) =>
    around === null ? 1 : 1 / (1 + ((logEdge - Math.log(around)) / AROUND_WIDTH) ** 2),
  );
  const sum = WIDTHS.length * row.reduce((all, weight) => all + weight, 0);
  return { logEdges, weights: WIDTHS.map(() => row.map((weight) => weight / sum)) };
}

/** What is believed after a step at `load` held, or did not. */
export function afterAnswer({ logEdges, weights }: EdgeBelief, load: number, held: boolean): EdgeBelief {
  const logLoad = Math.log(load);
  let sum = 0;
  const moved = weights.map((row, w) => {
    const width = WIDTHS[w] ?? 1;
    return row.map((weight, i) => {
      const breaks = chanceToBreak((logLoad - (logEdges[i] ?? 0)) / width);
      const now = weight * (held ? 1 - breaks : breaks);
      sum += now;
      return now;
    });
  });
  return { logEdges, weights: moved.map((row) => row.map((weight) => weight / sum)) };
}

/** The edges below which the given shares of the belief lie, told in loads; shares ascend. */
export function edgeQuantiles({ logEdges, weights }: EdgeBelief, shares: readonly number[]): number[] {
  const last = logEdges.length - 1;
  const spacing = ((logEdges[last] ?? 0) - (logEdges[0] ?? 0)) / last;
  const found: number[] = [];
  let below = 0;
  for (const [i, logEdge] of logEdges.entries()) {
    let here = 0;
    for (const row of weights) here += row[i] ?? 0;
    for (let rest = (shares[found.length] ?? 1) - below; found.length < shares.length && rest <= here; ) {
      // A point stands for what lies around it.
      found.push(Math.exp(logEdge + spacing * ((here === 0 ? 0 : rest / here) - 0.5)));
      rest = (shares[found.length] ?? 1) - below;
    }
    below += here;
  }
  return shares.map((_, n) => found[n] ?? Math.exp(logEdges[last] ?? 0));
}

/** Where the edge is believed to be. */
export function edgeOf(belief: EdgeBelief): Edge {
  const [low = 0, middle = 0, high = 0] = edgeQuantiles(belief, [0.025, 0.5, 0.975]);
  return { low, middle, high };
}

/** Whether a load is so near under the edge, or in its interval, that what it showed holds for the edge. */
export function isAtEdge(load: number, { low, high }: Pick<Edge, 'low' | 'high'>): boolean {
  return load >= 0.9 * low && load <= high;
}

function chanceToBreak(widthsAbove: number): number {
  return LAPSE + (1 - 2 * LAPSE) / (1 + Math.exp(-widthsAbove));
}
