import { assignGroups } from './assign.ts';
import { expectedLoad } from './expected-load.ts';
import type { Scenario } from './load.ts';
import type { ParticipantPlan, RunPlan } from './plan-types.ts';
import { expandRooms } from './rooms.ts';
import { scheduleStages } from './stages.ts';

/**
 * Who joins which room, when, and what they do there. Pure: the same scenario and seed give the same plan.
 * Participants whom no stage lets in are left out.
 */
export function planRun(scenario: Scenario, seed: number = scenario.seed): RunPlan {
  const rooms = expandRooms(scenario.rooms);
  const assigned = assignGroups(scenario, rooms, seed);
  const schedule = scheduleStages(scenario.load.stages, assigned.length);
  const leaveAtMs = new Map(schedule.leaves.map(({ join, atMs }) => [join, atMs]));
  const width = Math.max(4, String(assigned.length).length);
  const participants: ParticipantPlan[] = [];
  for (const [index, joinAtMs] of schedule.joinsAtMs.entries()) {
    const member = assigned[index];
    if (member === undefined) break;
    const id = `p${String(index + 1).padStart(width, '0')}`;
    participants.push({ id, ...member, joinAtMs, leaveAtMs: leaveAtMs.get(index) ?? null });
  }
  return {
    scenarioName: scenario.name,
    seed,
    rooms: rooms.map(({ id, name, pinnedBridge }) => ({ id, name, pinnedBridge })),
    participants,
    stages: schedule.stages,
    durationMs: schedule.durationMs,
    expected: expectedLoad(participants, rooms, scenario.target),
  };
}
