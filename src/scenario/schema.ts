import { z } from 'zod';
import { calibrateSchema } from './schema-calibrate.ts';
import { loadSchema } from './schema-load.ts';
import { groupSchema, MAX_ROOMS, roomSchema } from './schema-participants.ts';
import { browserSchema, gateSchema, probeSchema, samplingSchema, syntheticSchema } from './schema-run.ts';
import { targetSchema } from './schema-target.ts';
import { trustSchema } from './schema-trust.ts';

/**
 * The one description of a scenario file: types, defaults, checks, JSON Schema and the tables of
 * `docs/scenarios.md` all come from here. What it parses to has units in its names (`durationMs`), what is
 * written in the file has them in its values (`30s`).
 */
export const scenarioSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this format'),
    name: z.string().min(1).max(100).describe('Name of the scenario in reports'),
    description: z.string().max(2000).optional().describe('What it is for'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1)
      .describe('Everything random follows from it'),
    target: targetSchema.prefault({}),
    rooms: z
      .union([roomSchema.transform((room) => [room]), z.array(roomSchema).min(1).max(MAX_ROOMS)])
      .prefault([{ name: 'room' }])
      .describe('One room entry or a list of them'),
    participants: z.array(groupSchema).min(1).max(1000).describe('Groups of participants'),
    load: loadSchema.prefault({}),
    gates: z.array(gateSchema).max(200).default([]).describe('What must hold, by expression'),
    sampling: samplingSchema.prefault({}),
    browser: browserSchema.prefault({}),
    synthetic: syntheticSchema.prefault({}),
    probe: probeSchema.optional(),
    trust: trustSchema.prefault({}),
    calibrate: calibrateSchema.prefault({}),
  })
  .describe('A scenario of rtc-bench');

/** The scenario file's contents, checked, with defaults; gates still as written. */
export type ScenarioFile = z.output<typeof scenarioSchema>;
export type TargetConfig = ScenarioFile['target'];
export type RoomEntry = ScenarioFile['rooms'][number];
export type ParticipantGroup = ScenarioFile['participants'][number];
export type StageConfig = ScenarioFile['load']['stages'][number];
export type CalibrateConfig = ScenarioFile['calibrate'];
export type ProbeConfig = NonNullable<ScenarioFile['probe']>;

/** Draft 2020-12, of the file as it is written. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: 'rtc-bench scenario', ...rest };
}
