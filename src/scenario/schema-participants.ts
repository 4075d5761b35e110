import { z } from 'zod';
import { duration } from './quantities.ts';
import { MAX_BRIDGES } from './schema-target.ts';

export const MAX_PARTICIPANTS = 20_000;
export const MAX_BROWSERS = 500;
export const MAX_ROOMS = 10_000;

const bridgeIndex = z
  .int()
  .min(0)
  .max(MAX_BRIDGES - 1)
  .optional();

export const roomSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(256)
    .describe('Name given to the target; `{n}` becomes the number of the room. Any text'),
  count: z.int().min(1).max(MAX_ROOMS).default(1).describe('How many rooms of this kind'),
  bridge: bridgeIndex.describe('Bridge, from 0, that the room is pinned to'),
});

const AUDIO = { pattern: 'speech' } as const;
const VIDEO = { codec: 'vp8', heightPixels: 360, framesPerSecond: 30, simulcast: true } as const;
const SCREEN = { framesPerSecond: 5, peakIntervalS: 10 } as const;

/** `true` stands for the defaults, `false` for nothing. */
function switchable<Schema extends z.ZodType, Value>(schema: Schema, defaults: Value) {
  return z.union([z.boolean(), schema]).transform((value): Value | z.output<Schema> | null => {
    if (value === true) return defaults;
    return value === false ? null : value;
  });
}

const audioSchema = z.strictObject({
  pattern: z
    .enum(['speech', 'continuous'])
    .default('speech')
    .describe('`speech`: talk spurts of ITU-T P.59, silent between them; `continuous`: never silent'),
});

const videoSchema = z
  .strictObject({
    codec: z.enum(['vp8', 'h264']).default('vp8').describe('Video codec'),
    height: z.literal([180, 360, 720]).default(360).describe('Lines of the highest layer: 180, 360 or 720'),
    fps: z.int().min(1).max(60).default(30).describe('Frames a second'),
    simulcast: z
      .boolean()
      .default(true)
      .describe('Send every layer up to `height` side by side (180, 360, 720 lines)'),
  })
  .transform(({ codec, height, fps, simulcast }) => ({
    codec,
    heightPixels: height,
    framesPerSecond: fps,
    simulcast,
  }));

const screenSchema = z
  .strictObject({
    fps: z.int().min(1).max(30).default(5).describe('Frames a second'),
    peakInterval: duration(1000, 3_600_000)
      .default(10_000)
      .describe('Time between two bursts, as when a slide changes (default 10s)'),
  })
  .transform(({ fps, peakInterval }) => ({ framesPerSecond: fps, peakIntervalS: peakInterval / 1000 }));

const publishSchema = z
  .strictObject({
    audio: switchable(audioSchema, AUDIO).default(AUDIO).describe('Microphone: true, false or its settings'),
    video: switchable(videoSchema, VIDEO)
      .default(null)
      .describe('Camera: true, false or its settings; false when absent'),
    screen: switchable(screenSchema, SCREEN)
      .default(null)
      .describe('Shared screen: true, false or its settings; false when absent'),
  })
  .describe('What each participant of the group sends');

const subscribeSchema = z
  .strictObject({
    audio: z.enum(['all', 'none']).default('all').describe('Whose audio is received'),
    video: z
      .union([z.enum(['all', 'none']), z.int().min(0).max(1000)])
      .default('all')
      .describe('Whose video is received: all, none, or the last N who spoke (shared screens first)'),
    preferredLayer: z
      .int()
      .min(0)
      .max(2)
      .optional()
      .describe("Highest simulcast layer asked for; left to the SFU's bandwidth estimate when absent"),
  })
  .transform(({ audio, video, preferredLayer }) => ({
    audio,
    video,
    preferredSpatialLayer: preferredLayer ?? null,
  }))
  .describe('What each participant of the group receives');

export const groupSchema = z.strictObject({
  name: z.string().min(1).max(100).optional().describe('Name of the group in reports; `group-1` and so on'),
  engine: z
    .enum(['browser', 'synthetic'])
    .default('synthetic')
    .describe('`browser`: a real browser; `synthetic`: a WebRTC endpoint without a browser'),
  browser: z
    .enum(['chromium', 'firefox', 'edge'])
    .optional()
    .describe('Which browser, with the engine `browser`; that of `browser.name` when absent'),
  count: z
    .int()
    .min(1)
    .max(MAX_PARTICIPANTS)
    .optional()
    .describe('Participants in all, dealt out to the rooms in turn'),
  perRoom: z
    .int()
    .min(1)
    .max(MAX_PARTICIPANTS)
    .optional()
    .describe('Participants in each room; instead of `count`'),
  rooms: z
    .array(z.string().min(1).max(256))
    .min(1)
    .optional()
    .describe('Names of the room entries it joins, as written under `rooms`; all of them when absent'),
  publish: publishSchema.prefault({}),
  subscribe: subscribeSchema.prefault({}),
  bridge: bridgeIndex.describe('Bridge, from 0, that its participants are pinned to'),
});
