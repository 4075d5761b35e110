import { z } from 'zod';
import { duration } from './quantities.ts';
import { MAX_PARTICIPANTS } from './schema-participants.ts';

const HOUR = 3_600_000;
export const MAX_RUN_MS = 24 * HOUR;
export const DEFAULT_JOIN_RATE = 1;

const name = z.string().min(1).max(60).optional().describe('Name in reports; its kind when absent');
const steady = z
  .boolean()
  .optional()
  .describe('Judged by gates; true for `hold`, false for the others when absent');
const count = z.int().min(0).max(MAX_PARTICIPANTS);
const rate = z.number().positive().max(1000);
const over = duration(0, MAX_RUN_MS);

const warmUp = z
  .strictObject({
    kind: z
      .literal('warm-up')
      .describe('Nobody joins, nothing is judged: codecs and bandwidth estimates settle'),
    name,
    duration: duration(0, MAX_RUN_MS).describe('How long'),
    steady,
  })
  .transform(({ duration: durationMs, ...rest }) => ({ ...rest, durationMs }));

const hold = z
  .strictObject({
    kind: z.literal('hold').describe('Nobody joins or leaves; what gates judge'),
    name,
    duration: duration(0, MAX_RUN_MS).describe('How long'),
    steady,
  })
  .transform(({ duration: durationMs, ...rest }) => ({ ...rest, durationMs }));

const ramp = z
  .strictObject({
    kind: z.literal('ramp').describe('Participants join evenly'),
    name,
    to: count.optional().describe('Participants in a room at its end; all of them when absent'),
    over: over.optional().describe('How long it takes; instead of `rate`'),
    rate: rate.optional().describe('Joins a second; 1 when neither is given'),
    steady,
  })
  .transform(({ over: overMs, rate: ratePerS, ...rest }) => ({ ...rest, overMs, ratePerS }));

const steps = z
  .strictObject({
    kind: z.literal('steps').describe('Participants join in groups, with a rest after each'),
    name,
    to: count.optional().describe('Participants in a room at its end; all of them when absent'),
    size: z.int().min(1).max(MAX_PARTICIPANTS).describe('Participants a step'),
    every: duration(1000, HOUR).describe('From the beginning of a step to that of the next'),
    rate: rate.default(10).describe('Joins a second within a step'),
    steady,
  })
  .transform(({ every: everyMs, rate: ratePerS, ...rest }) => ({ ...rest, everyMs, ratePerS }));

const rampDown = z
  .strictObject({
    kind: z.literal('ramp-down').describe('Participants leave evenly, the latest to join first'),
    name,
    to: count.default(0).describe('Participants left at its end'),
    over: over.optional().describe('How long it takes; instead of `rate`'),
    rate: rate.optional().describe('Leaves a second; 1 when neither is given'),
    steady,
  })
  .transform(({ over: overMs, rate: ratePerS, ...rest }) => ({ ...rest, overMs, ratePerS }));

export const stageSchema = z.discriminatedUnion('kind', [warmUp, ramp, steps, hold, rampDown]);

export const loadSchema = z
  .strictObject({
    order: z
      .enum(['listed', 'shuffled'])
      .default('listed')
      .describe('Who joins first: as the groups are listed, or shuffled by the seed'),
    stages: z
      .array(stageSchema)
      .min(1)
      .max(200)
      .prefault([
        { kind: 'ramp', rate: 5 },
        { kind: 'warm-up', duration: '5s' },
        { kind: 'hold', duration: '30s' },
      ])
      .describe('One after the other'),
  })
  .describe('When participants join and leave');
