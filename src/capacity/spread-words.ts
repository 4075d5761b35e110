import type { CapacityFile } from './capacity-file.ts';

/** How far apart the repeats are; null without a capacity. */
export function describeSpread({ spreadRatio, equalSpeed }: CapacityFile): string | null {
  if (spreadRatio === null) return null;
  const percent = (ratio: number) => `${(100 * ratio).toFixed(1)} %`;
  const told = `${percent(spreadRatio)} of the median`;
  return equalSpeed == null
    ? told
    : `${told}; ${percent(equalSpeed.spreadRatio)} at equal speed of the cores`;
}

/** Repeats that differ by less are alike. */
const NOTABLE = 0.05;

/**
 * Why repeats of a bridge that was at the end of its CPU differ, where that is seen: a packet cost it more CPU in one
 * than in another, so the host's cores were not equally fast (frequency, neighbours of a virtual machine, other
 * processes). null: they are alike, or something else is why.
 */
export function whyRepeatsDiffer({ spreadRatio, limitedBy, repeats }: CapacityFile): string | null {
  if (spreadRatio === null || spreadRatio <= NOTABLE || limitedBy !== 'bridge-cpu') return null;
  const costs = repeats.flatMap(({ cpuPerPacketUs }) => cpuPerPacketUs ?? []);
  if (costs.length < repeats.length) return null;
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  if (most / least - 1 < spreadRatio / 2) return null;
  const told = costs.map((cost) => cost.toFixed(1)).join(', ');
  return `one packet cost the bridge ${told} µs of CPU in the repeats, ${Math.round((most / least - 1) * 100)} % apart: the cores of this host were not equally fast all the time (frequency, neighbours, other processes)`;
}
