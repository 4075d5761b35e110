import { z } from 'zod';
import { usageError } from '../errors.ts';
import type { Manifest } from './records.ts';

const finite = z.number();
const maybe = finite.nullable();
const stats = z.looseObject({ mean: maybe, p95: maybe, max: maybe });

/** Loose: a field that a later version adds is kept, one that is missing or of the wrong kind is an error. */
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(1),
  tool: z.looseObject({ version: z.string() }),
  scenario: z.looseObject({ name: z.string(), sha256: z.string(), path: z.string().nullable() }),
  command: z.array(z.string()),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  status: z.enum(['running', 'completed', 'interrupted', 'failed']),
  statusReason: z.string().nullable(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable(),
  exitCode: maybe,
  seed: finite,
  steadyWindow: z.looseObject({ startMs: finite, endMs: finite }).nullable(),
  target: z.looseObject({ kind: z.string(), notOffered: z.array(z.string()) }),
  participants: z.looseObject({ planned: finite, joined: finite, failed: finite }),
  endpoints: z.array(z.looseObject({ kind: z.string(), notReported: z.array(z.string()) })).exactOptional(),
  rooms: z.record(z.string(), z.string()).exactOptional(),
  bridges: z.array(
    z.looseObject({
      id: z.string(),
      software: z.string(),
      maxPacketRatePps: maybe,
      maxPacketRateSource: z.string().nullable(),
      packetRatePps: stats,
      relayPacketRatePps: stats,
      stress: stats,
      cpuRatio: stats,
      diedAtMs: maybe,
    }),
  ),
  gates: z.array(
    z.looseObject({
      expression: z.string(),
      level: z.enum(['warn', 'error']),
      value: maybe,
      samples: finite,
      outcome: z.enum(['passed', 'failed', 'inconclusive']),
      note: z.string().nullable(),
      line: finite.exactOptional(),
      column: finite.exactOptional(),
    }),
  ),
  trust: z
    .looseObject({
      verdict: z.enum(['trusted', 'suspect', 'saturated']),
      reasons: z.array(z.looseObject({ code: z.string(), message: z.string(), value: maybe, bound: maybe })),
    })
    .nullable(),
  accounting: z
    .looseObject({
      windowMs: finite,
      bridgesIn: finite,
      bridgesOut: finite,
      participantsSent: maybe,
      participantsReceived: maybe,
      differenceUpRatio: maybe,
      differenceDownRatio: maybe,
      relayPackets: finite,
      controlDatagrams: maybe,
      kernelDatagramsOut: maybe,
      kernelDifferenceRatio: maybe,
    })
    .nullable(),
  kernelDrops: z
    .looseObject({
      bridges: z.array(z.looseObject({ bridgeId: z.string(), socketDrops: maybe, relaySocketDrops: maybe })),
      generatorSocketDrops: maybe,
      otherSocketDrops: maybe,
      receiveBufferErrors: maybe,
      sendBufferErrors: maybe,
      backlogDrops: maybe,
    })
    .nullable()
    .exactOptional(),
  sampling: z.looseObject({
    intervalMs: finite,
    trackRowIntervalMs: finite,
    participantRowIntervalMs: finite,
    distributionWindowMs: finite.exactOptional(),
  }),
  host: z.record(z.string(), z.union([z.string(), finite, z.null()])),
  versions: z.record(z.string(), z.string()),
  warnings: z.array(z.string()),
  files: z.array(z.string()),
});

export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Throws usageError for what is no manifest of this version. */
export function parseManifest(text: string, path: string): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw usageError('RTCB_MANIFEST_INVALID', `${path} is not JSON: ${(error as Error).message}`);
  }
  const version = (document as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > 1)
    throw usageError(
      'RTCB_MANIFEST_NEWER',
      `${path} has schemaVersion ${version}; this rtc-bench reads 1`,
      'Use the version of rtc-bench that made the run, or a later one.',
    );
  const parsed = manifestSchema.safeParse(document);
  if (parsed.success) return parsed.data satisfies Manifest;
  const issue = parsed.error.issues[0];
  throw usageError(
    'RTCB_MANIFEST_INVALID',
    `${path} is not a manifest of rtc-bench: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  );
}
