import { z } from 'zod';

const maybe = z.number().nullable();

/** As much of `probe.json` (`ProbeResult` in src/probe/types.ts) as a report shows. */
const probeSchema = z.looseObject({
  kind: z.literal('udp-probe'),
  prober: z.string(),
  proberVersion: z.string(),
  mode: z.string(),
  server: z.looseObject({ host: z.string(), port: z.number() }).nullable(),
  settings: z.looseObject({ sizeBytes: maybe, offeredPacketRatePps: maybe, durationMs: maybe }),
  total: z.looseObject({
    throughputBps: maybe,
    packetRatePps: maybe,
    lossRatio: maybe,
    jitterMs: maybe,
    outOfOrderPackets: maybe,
    duplicatePackets: maybe,
  }),
  cpu: z.looseObject({ senderRatio: maybe, receiverRatio: maybe }),
  findMax: z
    .looseObject({
      lossBoundRatio: z.number(),
      maxPacketRatePps: maybe,
      maxThroughputBps: maybe,
      senderLimited: z.boolean(),
      trials: z.array(
        z.looseObject({
          offeredPacketRatePps: maybe,
          deliveredPacketRatePps: z.number(),
          lossRatio: z.number(),
          passed: z.boolean(),
          reason: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
  warnings: z.array(z.string()),
});

/** The UDP path as it was measured before the participants joined. */
export type ProbedPath = z.infer<typeof probeSchema>;

/** Throws for what is no saved probe. */
export function parseProbe(text: string): ProbedPath {
  return probeSchema.parse(JSON.parse(text));
}

/** UDP payload a second that the path was measured to carry: the searched maximum, or what was delivered. */
export function probedBitrateBps({ findMax, total }: ProbedPath): number | null {
  return findMax?.maxThroughputBps ?? total.throughputBps;
}

export function probedPacketRatePps({ findMax, total }: ProbedPath): number | null {
  return findMax?.maxPacketRatePps ?? total.packetRatePps;
}
