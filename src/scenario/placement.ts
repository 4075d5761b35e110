import type { ParticipantPlan, RoomPlan } from './plan-types.ts';
import type { TargetConfig } from './schema.ts';

/**
 * The planner's guess at where the balancer (`src/cluster/balancer.ts`) puts everybody, in the order of joins. It
 * has no measured stress, so participants stand for it: pins first; with `spread` the bridge with the fewest of
 * the room; else the bridge that has the room and space for more, else the one with the fewest participants.
 */
export function place(
  participants: readonly ParticipantPlan[],
  rooms: readonly RoomPlan[],
  target: Pick<TargetConfig, 'bridges' | 'placement' | 'maxParticipantsPerBridgeAndRoom'>,
): Map<string, number> {
  const limit = target.maxParticipantsPerBridgeAndRoom ?? Number.POSITIVE_INFINITY;
  const pins = new Map(rooms.map((room) => [room.id, room.pinnedBridge]));
  const perBridge = Array.from({ length: target.bridges }, () => 0);
  const perRoom = new Map<string, number[]>();
  const placed = new Map<string, number>();
  for (const { id, roomId, pinnedBridge } of participants) {
    const inRoom = perRoom.get(roomId) ?? perBridge.map(() => 0);
    perRoom.set(roomId, inRoom);
    const pinned = pinnedBridge ?? pins.get(roomId) ?? null;
    const chosen = pinned ?? choose(inRoom, perBridge, limit, target.placement === 'spread');
    const bridge = Math.min(chosen, target.bridges - 1);
    inRoom[bridge] = (inRoom[bridge] ?? 0) + 1;
    perBridge[bridge] = (perBridge[bridge] ?? 0) + 1;
    placed.set(id, bridge);
  }
  return placed;
}

function choose(
  inRoom: readonly number[],
  perBridge: readonly number[],
  limit: number,
  spread: boolean,
): number {
  const all = [...perBridge.keys()];
  const withSpace = all.filter((bridge) => (inRoom[bridge] ?? 0) < limit);
  const candidates = withSpace.length > 0 ? withSpace : all;
  const roomKey = (bridge: number) => {
    const here = inRoom[bridge] ?? 0;
    return spread ? here : here > 0 ? 0 : 1;
  };
  const [best = 0] = candidates.toSorted(
    (a, b) => roomKey(a) - roomKey(b) || (perBridge[a] ?? 0) - (perBridge[b] ?? 0) || a - b,
  );
  return best;
}
