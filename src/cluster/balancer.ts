/**
 * Which bridge a participant is placed on. Data in, decision out; the coordinator supplies the loads. The rules
 * are those of jicofo (`Bridge.kt`, `SingleBridgeSelectionStrategy.kt`): one bridge a room as long as that one
 * is fit, else the least stressed.
 */

/**
 * `least-stressed` keeps a room together until its bridge is full; `spread` deals a room's participants out over
 * all bridges, whatever their stress.
 */
export type Placement = 'least-stressed' | 'spread';

/** A bridge above this takes participants only when all others are above it too. */
export const OVERLOAD_STRESS = 0.8;
/** What a participant who was placed just now adds to a stress that was measured before (jicofo's default). */
export const AVERAGE_PARTICIPANT_STRESS = 0.01;
/** Placed less than this ago, a participant does not show in the measured stress yet (jicofo's default). */
export const RECENT_PLACEMENT_MS = 20_000;

export interface BridgeLoad {
  /** Place in the cluster, from 0; what the scenario pins by. */
  index: number;
  /** Last measured; 0 before the first measurement. */
  stress: number;
  /** Placed within the last `RECENT_PLACEMENT_MS`, in any room. */
  recentlyPlaced: number;
  /** Placed here, in any room. */
  participants: number;
  /** Of those, in the room in question. */
  roomParticipants: number;
  /** The room in question has its place here, maybe with nobody in it yet. */
  hasRoom: boolean;
}

export interface PlacementRequest {
  placement: Placement;
  pinnedIndex: number | null;
  /** A room that has as many on one bridge goes on to the next; null: no limit. */
  maxParticipantsPerBridgePerRoom: number | null;
}

export function correctedStress(load: Pick<BridgeLoad, 'stress' | 'recentlyPlaced'>): number {
  return load.stress + load.recentlyPlaced * AVERAGE_PARTICIPANT_STRESS;
}

/**
 * Chooses among the living bridges; null when there is none. A pin to a bridge that died is void, for the
 * participant is to come back somewhere.
 */
export function choosePlacement(request: PlacementRequest, living: readonly BridgeLoad[]): number | null {
  if (request.pinnedIndex !== null) {
    const pinned = living.find((load) => load.index === request.pinnedIndex);
    if (pinned !== undefined) return pinned.index;
  }
  const limit = request.maxParticipantsPerBridgePerRoom ?? Number.POSITIVE_INFINITY;
  const withSpace = living.filter((load) => load.roomParticipants < limit);
  const candidates = withSpace.length > 0 ? withSpace : living;
  if (request.placement === 'spread') {
    return least(candidates, (load) => [load.roomParticipants, load.participants, load.index]);
  }
  const fit = candidates.filter((load) => correctedStress(load) < OVERLOAD_STRESS);
  return least(fit.length > 0 ? fit : candidates, (load) => [
    load.hasRoom ? 0 : 1,
    correctedStress(load),
    load.participants,
    load.index,
  ]);
}

function least(loads: readonly BridgeLoad[], key: (load: BridgeLoad) => number[]): number | null {
  const ranked = loads
    .map((load) => ({ load, rank: key(load) }))
    .sort((a, b) => compareRanks(a.rank, b.rank));
  return ranked[0]?.load.index ?? null;
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
