import type { StagePlan } from './plan-types.ts';
import type { StageConfig } from './schema.ts';
import { DEFAULT_JOIN_RATE } from './schema-load.ts';

export interface StageSchedule {
  stages: StagePlan[];
  /** When the nth join is due, ascending. */
  joinsAtMs: number[];
  /** When somebody is due to leave, and the place in the order of joins of who it is. */
  leaves: { join: number; atMs: number }[];
  durationMs: number;
}

/** How long a stage takes in which `change` participants join or leave. */
export function stageDurationMs(stage: StageConfig, change: number): number {
  switch (stage.kind) {
    case 'warm-up':
    case 'hold':
      return stage.durationMs;
    case 'ramp':
    case 'ramp-down':
      return stage.overMs ?? (change * 1000) / (stage.ratePerS ?? DEFAULT_JOIN_RATE);
    case 'steps':
      return Math.ceil(change / stage.size) * stage.everyMs;
  }
}

/** Participants that should be there at the end of a stage; `waiting` have not joined yet. */
export function stageTarget(stage: StageConfig, present: number, waiting: number): number {
  switch (stage.kind) {
    case 'warm-up':
    case 'hold':
      return present;
    case 'ramp':
    case 'steps':
      return stage.to ?? present + waiting;
    case 'ramp-down':
      return stage.to;
  }
}

/**
 * Lays the stages one after the other. Every time is computed from its stage's beginning by multiplication (the
 * nth join at n / rate), never by adding periods up, so that nothing drifts. Who joined last leaves first.
 */
export function scheduleStages(configs: readonly StageConfig[], total: number): StageSchedule {
  const schedule: StageSchedule = { stages: [], joinsAtMs: [], leaves: [], durationMs: 0 };
  const present: number[] = [];
  for (const config of configs) {
    const startMs = schedule.durationMs;
    const target = stageTarget(config, present.length, total - schedule.joinsAtMs.length);
    const change = Math.abs(target - present.length);
    const durationMs = stageDurationMs(config, change);
    for (let n = 0; n < change; n++) {
      const atMs = startMs + moveOffsetMs(config, n, change, durationMs);
      if (config.kind === 'ramp-down') schedule.leaves.push({ join: present.pop() ?? 0, atMs });
      else {
        present.push(schedule.joinsAtMs.length);
        schedule.joinsAtMs.push(atMs);
      }
    }
    schedule.stages.push({
      name: stageName(config, schedule.stages),
      kind: config.kind,
      startMs,
      endMs: startMs + durationMs,
      steady: config.steady ?? config.kind === 'hold',
      participantsAtEnd: target,
    });
    schedule.durationMs = startMs + durationMs;
  }
  return schedule;
}

function moveOffsetMs(config: StageConfig, n: number, change: number, durationMs: number): number {
  // A stage begins whole: the first join is due at its beginning, the last leave at its end.
  if (config.kind === 'ramp-down') return ((n + 1) * durationMs) / change;
  if (config.kind !== 'steps') return (n * durationMs) / change;
  const step = Math.floor(n / config.size);
  return step * config.everyMs + Math.min(((n % config.size) * 1000) / config.ratePerS, config.everyMs);
}

/** Unnamed stages of the same kind are told apart by a number: `hold`, `hold-2`. */
function stageName(config: StageConfig, before: readonly StagePlan[]): string {
  if (config.name !== undefined) return config.name;
  for (let n = 1; ; n++) {
    const name = n === 1 ? config.kind : `${config.kind}-${n}`;
    if (!before.some((stage) => stage.name === name)) return name;
  }
}
