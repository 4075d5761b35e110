import { POINTS_PER_CPU } from './points.ts';

export interface PoolNode {
  id: number;
  cpus: number;
  usedPoints: number;
  /** Takes nobody any more; it goes when its last session ends. */
  draining: boolean;
}

/** Points that a node has in all (NUBOMEDIA: cores times 100). */
export function capacityOf(node: Pick<PoolNode, 'cpus'>): number {
  return node.cpus * POINTS_PER_CPU;
}

/**
 * The node that takes an application of so many points: of those with room for it the one with the fewest used
 * points (NUBOMEDIA's rule, which looks at the first candidate alone and so refuses what another could take).
 * null: not enough resources.
 */
export function nodeFor(nodes: readonly PoolNode[], points: number): PoolNode | null {
  return leastUsed(nodes.filter((node) => node.usedPoints + points <= capacityOf(node)));
}

/** The node with the fewest used points that is not draining, full or not: where there is no admission control. */
export function leastUsed(nodes: readonly PoolNode[]): PoolNode | null {
  let best: PoolNode | null = null;
  for (const node of nodes) {
    if (!node.draining && (best === null || node.usedPoints < best.usedPoints)) best = node;
  }
  return best;
}

/** Only a node that nobody uses may go. */
export function isRemovable(node: PoolNode): boolean {
  return node.usedPoints === 0;
}
