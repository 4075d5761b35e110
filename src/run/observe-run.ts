import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../errors.ts';
import { RunObserver } from '../observer/from-run.ts';
import { rowIntervalMs } from '../results/row-interval.ts';
import type { Target } from '../targets/types.ts';
import type { RigTap } from './rig.ts';
import type { SessionInput } from './session-input.ts';

const FOLDER = 'observer';
/** Producers and consumers are many and change slowly: they are told this often, or with every feed if that is rarer. */
const PADS_INTERVAL_MS = 5000;

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
  // As private as the rest of the run folder.
  await mkdir(directory, { recursive: true, mode: 0o700 });
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
  let padsAtMs = Number.NEGATIVE_INFINITY;
  let target: Target | null = null;
  let askingForPads = Promise.resolve();
  // Beside the tick, which waits for nobody; a question that fails is asked again with the next.
  const askForPads = (): void => {
    askingForPads = (target?.samplePads?.() ?? Promise.resolve([])).then(
      (pads) => observer.addPads(pads),
      () => {},
    );
  };
  return {
    troubles,
    tap: {
      onTarget(started) {
        target = started;
      },
      onParticipantEvent: (event) => observer.onParticipantEvent(event),
      onReadings(bridges, participants) {
        const now = system.clock.nowMs();
        // A tick may come a little early; half an interval is never a whole one.
        if (now - fedAtMs < intervalMs - scenario.sampling.intervalMs / 2) return;
        fedAtMs = now;
        observer.addBridges(bridges);
        observer.addParticipants(participants);
        if (now - padsAtMs < PADS_INTERVAL_MS) return;
        padsAtMs = now;
        askForPads();
      },
    },
    async close() {
      try {
        await askingForPads;
        await observer.close();
        return (await readdir(directory)).sort().map((name) => `${FOLDER}/${name}`);
      } catch (error) {
        troubles.push(`observer: ${errorMessage(error)}`);
        return [];
      }
    },
  };
}
