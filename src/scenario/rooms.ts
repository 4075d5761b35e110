import type { RoomPlan } from './plan-types.ts';
import type { RoomEntry } from './schema.ts';

export interface PlannedRoom extends RoomPlan {
  /** Index of the scenario's room entry that it came from. */
  entry: number;
}

/** Every room, in order. `{n}` in a name becomes its number from 1; without it `-1`, `-2` is appended. */
export function expandRooms(entries: readonly RoomEntry[]): PlannedRoom[] {
  const rooms: PlannedRoom[] = [];
  for (const [entry, { name, count, bridge }] of entries.entries()) {
    for (let n = 1; n <= count; n++) {
      rooms.push({
        id: `r${String(rooms.length + 1).padStart(3, '0')}`,
        name: numbered(name, n, count),
        pinnedBridge: bridge ?? null,
        entry,
      });
    }
  }
  return rooms;
}

function numbered(name: string, n: number, count: number): string {
  if (name.includes('{n}')) return name.replaceAll('{n}', String(n));
  return count === 1 ? name : `${name}-${n}`;
}
