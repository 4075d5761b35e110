import { UNKNOWN_TOTALS } from '../../src/probe/iperf/run.ts';
import type { ProbeResult, ProbeTotals } from '../../src/probe/types.ts';

/** A probe document with what a test is about. */
export function probeResult({
  total,
  ...rest
}: Omit<Partial<ProbeResult>, 'total'> & { total?: Partial<ProbeTotals> } = {}): ProbeResult {
  return {
    schemaVersion: 1,
    kind: 'udp-probe',
    label: null,
    createdAt: '2026-01-02T03:04:05.000Z',
    prober: 'builtin',
    proberVersion: '1.0.0',
    mode: 'local',
    server: null,
    protocol: 'udp',
    settings: { shape: 'constant', sizeBytes: 100, offeredPacketRatePps: null, flows: 1, durationMs: 2000 },
    granted: { receiveBufferBytes: 425_984, sendBufferBytes: 212_992 },
    receiverLimits: null,
    total: { ...UNKNOWN_TOTALS, durationMs: 2000, ...total },
    reverse: null,
    ipBitrateBps: null,
    sessionBitrateBps: 40_000,
    estimatedSessions: null,
    cpu: { senderRatio: null, receiverRatio: null },
    senderBlockedRatio: 0,
    drops: null,
    intervals: [],
    findMax: null,
    warnings: [],
    ...rest,
  };
}
