import { z } from 'zod';

const maybe = z.number().nullable();

const trial = z.looseObject({
  askedBytes: z.number(),
  grantedBytes: maybe,
  clamped: z.boolean(),
  sentPackets: z.number(),
  lossRatio: z.number(),
  drops: z.looseObject({
    socketDrops: maybe,
    receiveBufferErrors: maybe,
    sendBufferErrors: maybe,
    backlogDrops: maybe,
    networkLost: maybe,
  }),
  passed: z.boolean(),
});

const sweep = z.looseObject({
  unasked: trial,
  receive: z.array(trial),
  send: z.array(trial),
  smallestReceiveBytes: maybe,
  notTested: z.array(z.string()),
});

/** As much of `tune.json` (`TuneResult` in src/probe/tune/types.ts) as a report shows. */
const tuneSchema = z.looseObject({
  kind: z.literal('udp-buffer-sweep'),
  createdAt: z.string(),
  server: z.looseObject({ host: z.string(), port: z.number() }).nullable().default(null),
  burst: z.looseObject({
    ratePps: z.number(),
    sizeBytes: z.number(),
    senders: z.number(),
    pauseMs: z.number(),
    pauseEveryMs: z.number(),
  }),
  sweep,
  advice: z.looseObject({
    recommendedBytes: z.number(),
    isEstimate: z.boolean(),
    marginRatio: z.number(),
    memoryBytes: z.number(),
    sockets: z.number(),
    comparisons: z.array(
      z.looseObject({
        name: z.string(),
        source: z.string(),
        grantedBytes: maybe,
        verdict: z.string(),
        ratio: maybe,
      }),
    ),
    sysctl: z.array(
      z.looseObject({
        name: z.string(),
        value: z.number(),
        current: maybe,
        host: z.enum(['here', 'server']).default('here'),
      }),
    ),
    sfuSettings: z.array(z.looseObject({ sfu: z.string(), setting: z.string() })),
  }),
  applied: z.looseObject({ dropIn: z.string() }).nullable(),
  after: sweep.nullable(),
  warnings: z.array(z.string()),
});

/** A sweep of UDP buffers, saved by `tune udp-buffers`. */
export type SweptBuffers = z.infer<typeof tuneSchema>;
export type BufferSweep = SweptBuffers['sweep'];
export type BufferTrial = BufferSweep['unasked'];

/** Throws for what is no saved sweep. */
export function parseSwept(text: string): SweptBuffers {
  return tuneSchema.parse(JSON.parse(text));
}
