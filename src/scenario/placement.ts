import type { ParticipantPlan, RoomPlan } from './plan-types.ts';
import type { TargetConfig } from './schema.ts';

/**
 * The planner's own guess at where the balancer puts everybody, in the order of joins: pins first; else the
 * bridge that has the room already, until the room is full there; else the bridge with the fewest participants.
 * The real balancer reckons with measured packet rates, so `plan` calls this an expectation.
 */
export function place(
  participants: readonly ParticipantPlan[],
  rooms: readonly RoomPlan[],
  target: Pick<TargetConfig, 'bridges' | 'placement' | 'maxParticipantsPerBridgeAndRoom'>,
): Map<string, number> {
  const limit = target.maxParticipantsPerBridgeAndRoom ?? Number.POSITIVE_INFINITY;
  const pins = new Map(rooms.map((room) => [room.id, room.pinnedBridge]));
  const perBridge = Array.from({ length: target.bridges }, () => 0);
  const inRoom = new Map<string, number[]>();
  const placed = new Map<string, number>();
  let turn = 0;
  for (const participant of participants) {
    const counts = inRoom.get(participant.roomId) ?? perBridge.map(() => 0);
    inRoom.set(participant.roomId, counts);
    const pinned = participant.pinnedBridge ?? pins.get(participant.roomId) ?? null;
    const bridge =
      pinned ??
      sharedBridge(counts, limit) ??
      (target.placement === 'spread' ? turn++ % target.bridges : lowest(perBridge));
    const index = Math.min(bridge, target.bridges - 1);
    counts[index] = (counts[index] ?? 0) + 1;
    perBridge[index] = (perBridge[index] ?? 0) + 1;
    placed.set(participant.id, index);
  }
  return placed;
}

/** A bridge that has some of the room and space for more. */
function sharedBridge(counts: readonly number[], limit: number): number | null {
  const index = counts.findIndex((count) => count > 0 && count < limit);
  return index === -1 ? null : index;
}

function lowest(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}
