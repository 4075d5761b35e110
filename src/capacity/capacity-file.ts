import { z } from 'zod';
import { errorMessage, usageError } from '../errors.ts';

/** What ended the search: the resource that was used up when quality broke. */
export const LIMITS = [
  'bridge-cpu',
  'kernel-drops',
  'network',
  'generator',
  'search-bound',
  'unknown',
] as const;
export type Limit = (typeof LIMITS)[number];

const finite = z.number();
const maybe = finite.nullable();

const trustSchema = z.looseObject({
  verdict: z.enum(['trusted', 'suspect', 'saturated']),
  reasons: z.array(z.looseObject({ code: z.string(), message: z.string(), value: maybe, bound: maybe })),
});

const stepSchema = z.looseObject({
  /** Which repeat it belongs to, from 1. */
  repeat: z.int(),
  phase: z.enum(['bracket', 'bisect', 'confirm-under', 'confirm-over']),
  /** Value of the variable that was searched: participants, rooms, publishers or kbit/s. */
  load: finite,
  participants: finite,
  packetRateInPps: maybe,
  packetRateOutPps: maybe,
  packetRatePps: maybe,
  bridgeCpuRatio: maybe,
  /** Share of the hold in which the media process was ready and had no core. */
  bridgeCpuWaitRatio: maybe.optional(),
  delayP95Ms: maybe,
  lossRatio: maybe,
  freezeRatio: maybe,
  nackRatePps: maybe.optional(),
  trust: trustSchema.nullable().optional(),
  holds: z.boolean().nullable(),
  reason: z.string().nullable(),
});

const capacitySchema = z.looseObject({
  schemaVersion: z.literal(1),
  tool: z.looseObject({ version: z.string() }),
  createdAt: z.string(),
  scenario: z.looseObject({ name: z.string(), sha256: z.string() }),
  /** Kind of traffic, one line a group, so that another kind is noticed. */
  traffic: z.array(z.string()),
  bridge: z.looseObject({
    kind: z.string(),
    software: z.string(),
    /** Share of one core that it was held to; null: to none; absent: somebody else had started it. */
    cpuShare: maybe.optional(),
  }),
  machine: z.record(z.string(), z.union([z.string(), finite, z.null()])),
  versions: z.record(z.string(), z.string()),
  /** Gates that had to hold. */
  objective: z.array(z.string()),
  variable: z.enum(['participants', 'rooms', 'publishers', 'bitrate']),
  /** Packets a second in and out at which quality still held: median of the repeats, at equal speed where that is known. null: none was found. */
  maxPacketRatePps: finite.positive().nullable(),
  /** Confidence interval of the median. */
  interval: z.looseObject({ low: finite, high: finite, confidence: finite }).nullable(),
  /** (highest - lowest) / median over the repeats, as they were found. */
  spreadRatio: maybe,
  /**
   * The same had the host's cores been equally fast all the time, and what a packet cost the bridge then, microseconds;
   * null where something else than CPU ended it.
   */
  equalSpeed: z.looseObject({ cpuPerPacketUs: finite, spreadRatio: finite }).nullable().optional(),
  repeats: z.array(
    z.looseObject({
      maxPacketRatePps: maybe,
      /** At which it is as likely to hold as to break. */
      load: maybe,
      /** What is left possible of that load, 95 %. */
      loadInterval: z.looseObject({ low: finite, high: finite }).nullable().optional(),
      limitedBy: z.enum(LIMITS),
      /** CPU that the bridge took for one packet near its edge, microseconds. */
      cpuPerPacketUs: maybe.optional(),
      steps: finite,
      durationMs: finite,
    }),
  ),
  limitedBy: z.enum(LIMITS),
  /** What one participant of this kind adds at the maximum. */
  perParticipant: z.looseObject({ packetRatePps: finite, bridgeCpuRatio: maybe }).nullable(),
  perConsumer: z.looseObject({ packetRatePps: finite, bridgeCpuRatio: maybe }).nullable(),
  curve: z.array(stepSchema),
  knee: z
    .looseObject({
      packetRatePps: finite,
      method: z.string(),
      /** 95 % band; null when there were too few steps for one. */
      band: z.looseObject({ low: finite, high: finite }).nullable().optional(),
    })
    .nullable(),
  search: z.looseObject({ durationMs: finite, linearRampMs: finite }),
  trust: trustSchema,
});

/** `capacity.json`: what one bridge of a kind carries on one machine, and how sure that is. */
export type CapacityFile = z.infer<typeof capacitySchema>;
export type CurveStep = CapacityFile['curve'][number];

/** Throws RTCB_CAPACITY_INVALID (exit 2) for what is no capacity file. */
export function parseCapacityFile(text: string, fileName: string): CapacityFile {
  const hint = '`rtc-bench calibrate` writes such a file';
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw usageError('RTCB_CAPACITY_INVALID', `${fileName} is no JSON: ${errorMessage(error)}`, hint);
  }
  const parsed = capacitySchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'the file';
  throw usageError('RTCB_CAPACITY_INVALID', `${fileName}: ${where}: ${issue?.message ?? 'invalid'}`, hint);
}

export function formatCapacityFile(capacity: CapacityFile): string {
  return `${JSON.stringify(capacity, null, 2)}\n`;
}
