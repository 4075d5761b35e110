import { seededRandom } from '../stats/random.ts';
import type { ParticipantPlan } from './plan-types.ts';
import type { PlannedRoom } from './rooms.ts';
import type { ParticipantGroup, ScenarioFile } from './schema.ts';

/** A participant without its number and its times. */
export type Member = Omit<ParticipantPlan, 'id' | 'joinAtMs' | 'leaveAtMs'>;

/**
 * Everybody in the order in which they join. The members of a group are dealt out to its rooms in turn, so rooms
 * fill evenly; with `order: shuffled` the order is drawn by the seed.
 */
export function assignGroups(
  scenario: Pick<ScenarioFile, 'participants' | 'rooms' | 'load' | 'browser'>,
  rooms: readonly PlannedRoom[],
  seed: number,
): Member[] {
  const members = scenario.participants.flatMap((group, index) => membersOf(group, index, scenario, rooms));
  return scenario.load.order === 'shuffled' ? shuffle(members, seed) : members;
}

/** The members of one group, dealt out to its rooms in turn. */
export function membersOf(
  group: ParticipantGroup,
  index: number,
  scenario: Pick<ScenarioFile, 'rooms' | 'browser'>,
  allRooms: readonly PlannedRoom[],
): Member[] {
  const rooms = allRooms.filter(
    (room) => group.rooms?.includes(scenario.rooms[room.entry]?.name ?? '') ?? true,
  );
  const size = group.perRoom === undefined ? (group.count ?? 0) : group.perRoom * rooms.length;
  return Array.from({ length: size }, (_, n) => ({
    group: group.name ?? `group-${index + 1}`,
    roomId: rooms[n % rooms.length]?.id ?? '',
    engine: group.engine,
    ...(group.engine === 'browser' ? { browser: group.browser ?? scenario.browser.name } : {}),
    publish: group.publish,
    subscribe: group.subscribe,
    pinnedBridge: group.bridge ?? null,
  }));
}

/** Fisher and Yates. */
function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  const random = seededRandom(seed);
  const result: Item[] = [];
  const left = [...items];
  while (left.length > 0) {
    const index = Math.floor(random() * left.length);
    const last = left.pop();
    if (last === undefined) break;
    const picked = left[index];
    result.push(picked ?? last);
    if (picked !== undefined) left[index] = last;
  }
  return result;
}
