import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../errors.ts';
import { RunObserver } from '../observer/from-run.ts';
import { rowIntervalMs } from '../results/row-interval.ts';
import type { RigTap } from './rig.ts';
import type { SessionInput } from './session.ts';

const FOLDER = 'observer';

export interface ObservedRun {
  tap: RigTap;
  /** What the observer could not write. */
  readonly troubles: readonly string[];
  /** Ends the observer's calls; resolves to the names of its files, relative to the run folder. */
  close(): Promise<string[]>;
}

/**
 * Feeds a run's own participants and bridges to the observer, so that every run leaves calls, events and matched
 * tracks beside its own record. A large run is fed at the interval of its track rows: the record stays in
 * proportion.
 */
export async function observeRun(input: SessionInput, expectedTracks: number): Promise<ObservedRun> {
  const { system, plan, scenario } = input;
  const rooms = new Map(plan.participants.map(({ id, roomId }) => [id, roomId]));
  const directory = join(input.dir, FOLDER);
  const troubles: string[] = [];
  const observer = await RunObserver.open({
    clock: system.clock,
    directory,
    serviceId: scenario.name,
    roomOf: (participantId) => rooms.get(participantId) ?? null,
    onTrouble: (message) => {
      if (troubles.length === 0) troubles.push(message);
    },
  });
  const intervalMs = rowIntervalMs(expectedTracks, plan.durationMs, scenario.sampling.intervalMs);
  let fedAtMs = Number.NEGATIVE_INFINITY;
  return {
    troubles,
    tap: {
      onParticipantEvent: (event) => observer.onParticipantEvent(event),
      onReadings(bridges, participants) {
        const now = system.clock.nowMs();
        // A tick may come a little early; half an interval is never a whole one.
        if (now - fedAtMs < intervalMs - scenario.sampling.intervalMs / 2) return;
        fedAtMs = now;
        observer.addBridges(bridges);
        observer.addParticipants(participants);
      },
    },
    async close() {
      try {
        await observer.close();
        return (await readdir(directory)).sort().map((name) => `${FOLDER}/${name}`);
      } catch (error) {
        troubles.push(`observer: ${errorMessage(error)}`);
        return [];
      }
    },
  };
}
