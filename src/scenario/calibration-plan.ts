import { type Member, membersOf } from './assign.ts';
import type { Scenario } from './load.ts';
import type { ParticipantPlan, RoomPlan } from './plan-types.ts';
import { expandRooms } from './rooms.ts';
import type { ParticipantGroup } from './schema.ts';

export interface LoadPlan {
  rooms: RoomPlan[];
  /**
   * Everybody who should be there at this load, in order of joining. Who is in two plans has the same id and does
   * the same in both: to go from one load to another, those missing join and those too many leave.
   */
  participants: Omit<ParticipantPlan, 'joinAtMs' | 'leaveAtMs'>[];
}

/** Who takes part when the variable of the scenario's `calibrate` block has the value `load`. Pure. */
export function planLoad(scenario: Scenario, load: number): LoadPlan {
  const { variable } = scenario.calibrate;
  return variable === 'rooms' ? roomsLoad(scenario, load) : groupLoad(scenario, load);
}

/** The group whose size or bitrate is varied. */
export function variedGroup(scenario: Pick<Scenario, 'calibrate' | 'participants'>): ParticipantGroup | null {
  const { variable, group } = scenario.calibrate;
  const groups = scenario.participants;
  if (group !== undefined) return groups.find((candidate) => candidate.name === group) ?? null;
  if (variable === 'participants') return groups.at(-1) ?? null;
  return groups.find((candidate) => candidate.publish.video !== null) ?? null;
}

/** The other groups stay as they are and join first; of the varied one there are `load`. */
function groupLoad(scenario: Scenario, load: number): LoadPlan {
  const rooms = expandRooms(scenario.rooms);
  const varied = variedGroup(scenario);
  const of = (group: ParticipantGroup) =>
    membersOf(group, scenario.participants.indexOf(group), scenario, rooms);
  const fixed = scenario.participants
    .filter((group) => group !== varied)
    .flatMap((group) => numbered(of(group), prefix(scenario, group)));
  if (varied === null) return { rooms: bare(rooms), participants: fixed };
  if (scenario.calibrate.variable === 'bitrate') {
    // Somebody who sends another bitrate is somebody else: the engine makes its media when it joins.
    const members = numbered(of(varied), `${prefix(scenario, varied)}at${load}-`).map((member) =>
      withBitrate(member, load),
    );
    return { rooms: bare(rooms), participants: [...fixed, ...members] };
  }
  const { perRoom: _perRoom, ...rest } = varied;
  return {
    rooms: bare(rooms),
    participants: [
      ...fixed,
      ...numbered(
        membersOf({ ...rest, count: load }, scenario.participants.indexOf(varied), scenario, rooms),
        prefix(scenario, varied),
      ),
    ],
  };
}

/** Every room entry has `load` rooms, filled one after the other. */
function roomsLoad(scenario: Scenario, load: number): LoadPlan {
  const rooms = expandRooms(
    Array.from({ length: load }, (_, n) =>
      scenario.rooms.map((room) => ({ ...room, name: `${room.name}-${n + 1}`, count: 1 })),
    ).flat(),
  ).map((room) => ({ ...room, entry: room.entry % scenario.rooms.length }));
  const participants = rooms.flatMap((room) =>
    scenario.participants.flatMap((group, index) => {
      const { count, ...rest } = group;
      // A group told by its number in all has its share in every room.
      const perRoom = group.perRoom ?? Math.max(1, Math.round((count ?? 0) / roomsOf(scenario, group)));
      return numbered(
        membersOf({ ...rest, perRoom }, index, scenario, [room]),
        `${room.id}-${prefix(scenario, group)}`,
      );
    }),
  );
  return { rooms: bare(rooms), participants };
}

function roomsOf(scenario: Scenario, group: ParticipantGroup): number {
  return scenario.rooms
    .filter((room) => group.rooms?.includes(room.name) ?? true)
    .reduce((sum, room) => sum + room.count, 0);
}

function numbered(members: readonly Member[], before: string): LoadPlan['participants'] {
  return members.map((member, n) => ({ id: `${before}${n + 1}`, ...member }));
}

/** Group names are any text and may be missing; an id is unique and safe in file names. */
function prefix(scenario: Scenario, group: ParticipantGroup): string {
  return `g${scenario.participants.indexOf(group) + 1}-`;
}

function withBitrate<Participant extends Member>(
  member: Participant,
  kilobitsPerSecond: number,
): Participant {
  const { video } = member.publish;
  if (video === null) return member;
  return {
    ...member,
    publish: { ...member.publish, video: { ...video, bitrateBps: kilobitsPerSecond * 1000 } },
  };
}

function bare(rooms: readonly RoomPlan[]): RoomPlan[] {
  return rooms.map(({ id, name, pinnedBridge }) => ({ id, name, pinnedBridge }));
}
