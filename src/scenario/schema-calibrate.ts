import { z } from 'zod';
import { duration } from './quantities.ts';
import { MAX_PARTICIPANTS } from './schema-participants.ts';

/**
 * What quality must hold for a load to count as carried. Loss before repair is in it because past the knee
 * retransmissions hide for a while what is lost.
 */
export const DEFAULT_OBJECTIVE = [
  'mean(track.loss_ratio) <= 0.01',
  'mean(track.loss_before_repair_ratio) <= 0.01',
  'p95(track.one_way_delay_ms) <= 50',
  'max(participant.join_ms) < 5000',
  'mean(track.freeze_ratio) <= 0.01',
];

export const calibrateSchema = z
  .strictObject({
    variable: z
      .enum(['participants', 'rooms', 'publishers', 'bitrate'])
      .default('participants')
      .describe(
        'What is varied: the size of a group; the number of rooms; the size of a group that sends video; or the kbit/s of video, all layers together, that each of it sends (at the same frames a second; no less than its recording has)',
      ),
    group: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Group whose size or bitrate is varied; the last when absent (for publishers and bitrate the first that sends video)',
      ),
    start: z.int().min(1).max(MAX_PARTICIPANTS).default(8).describe('First load'),
    max: z.int().min(1).max(MAX_PARTICIPANTS).default(2000).describe('Highest load that may be tried'),
    joinRate: z.number().positive().max(1000).default(20).describe('Joins a second between two loads'),
    settle: duration(0, 600_000)
      .default(2000)
      .describe('After the joins, before anything is judged (default 2s)'),
    hold: duration(1000, 3_600_000).default(5000).describe('How long a load is held and judged (default 5s)'),
    drain: duration(0, 600_000)
      .default(2000)
      .describe('How long the bridge is left in peace after quality broke (default 2s)'),
    resolution: z
      .number()
      .min(0.001)
      .max(0.5)
      .default(0.02)
      .describe('Where to stop: how narrow the interval of the edge has to be, as a share of it'),
    repeats: z.int().min(1).max(20).default(3).describe('Searches, each with a fresh bridge'),
    maxSteps: z.int().min(5).max(500).default(12).describe('Loads tried in one search, at most'),
    budget: duration(1000, 86_400_000)
      .optional()
      .describe(
        'Time for all searches together; when it is over, what is not known makes the interval wider (no limit when absent)',
      ),
    objective: z
      .array(z.string().min(1).max(500))
      .min(1)
      .max(50)
      .default(DEFAULT_OBJECTIVE)
      .describe('Gates that must hold, judged over each hold (joins over the whole step)'),
  })
  .transform(({ settle, hold, drain, budget, joinRate, ...rest }) => ({
    ...rest,
    settleMs: settle,
    holdMs: hold,
    drainMs: drain,
    budgetMs: budget ?? null,
    joinRatePerS: joinRate,
  }))
  .describe('How `rtc-bench calibrate` searches; a run takes no notice of it');
