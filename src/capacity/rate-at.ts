export interface RatedLoad {
  load: number;
  packetRatePps: number;
}

/** How far away, as a share, a step still tells much of the rate at a load. */
const NEIGHBOURHOOD = 0.12;

/** Loads closer together than this, as a share, tell no slope: noise would make it. */
const LEAST_SPREAD = 0.04;

/**
 * The packet rate to expect at `load`, from steps that held: a straight line through those nearby (local linear
 * regression, Cleveland 1979), for the rate may grow with the load in any way; in proportion where they are
 * too close together to tell a slope. null without steps.
 */
export function rateAt(load: number, held: readonly RatedLoad[]): number | null {
  const away = ({ load: other }: RatedLoad) => Math.abs(Math.log(other / load));
  const nearest = Math.min(...held.map(away));
  if (held.length === 0) return null;
  const near = held.map((step) => ({
    ...step,
    weight: Math.exp(-(((away(step) - nearest) / NEIGHBOURHOOD) ** 2) / 2),
  }));
  const sum = (of: (step: (typeof near)[number]) => number) =>
    near.reduce((all, step) => all + step.weight * of(step), 0);
  const weight = sum(() => 1);
  const meanLoad = sum((step) => step.load) / weight;
  const meanRate = sum((step) => step.packetRatePps) / weight;
  const spread = sum((step) => (step.load - meanLoad) ** 2);
  if (Math.sqrt(spread / weight) < LEAST_SPREAD * meanLoad) return (meanRate / meanLoad) * load;
  const slope = sum((step) => (step.load - meanLoad) * (step.packetRatePps - meanRate)) / spread;
  return meanRate + slope * (load - meanLoad);
}
