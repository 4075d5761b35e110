import { parseIperfText } from './iperf/iperf-text.ts';
import { parseIperf3 } from './iperf/iperf3.ts';
import type { IperfRun } from './iperf/run.ts';
import { estimateSessions, ipBitrate } from './sessions.ts';
import type { ProbeResult } from './types.ts';

/** Reads iperf output of any kind: JSON and JSON stream of iperf3, text of iperf2 and iperf3. */
export function parseIperf(text: string): IperfRun {
  return /^\s*\{|"(?:start|event|intervals)"\s*:/m.test(text) ? parseIperf3(text) : parseIperfText(text);
}

export interface ImportOptions {
  label: string | null;
  sessionBitrateBps: number;
  /** For runs that do not tell when they were: ISO 8601. */
  fallbackCreatedAt: string;
}

/** Makes the probe document out of an iperf run. */
export function resultOfIperf(run: IperfRun, options: ImportOptions): ProbeResult {
  const { total } = run;
  return {
    schemaVersion: 1,
    kind: 'udp-probe',
    label: options.label,
    createdAt: run.startedAtMs === null ? options.fallbackCreatedAt : new Date(run.startedAtMs).toISOString(),
    prober: run.tool,
    proberVersion: run.version,
    mode: 'imported',
    server: run.server,
    protocol: run.protocol,
    settings: {
      shape: 'constant',
      sizeBytes: run.sizeBytes,
      offeredPacketRatePps:
        run.targetBitrateBps === null || run.sizeBytes === null
          ? null
          : run.targetBitrateBps / 8 / run.sizeBytes,
      flows: run.flows,
      durationMs: run.durationMs,
    },
    granted: run.granted,
    receiverLimits: null,
    total,
    reverse: run.reverse,
    ipBitrateBps: run.protocol === 'udp' ? ipBitrate(total.throughputBps, total.packetRatePps) : null,
    sessionBitrateBps: options.sessionBitrateBps,
    estimatedSessions: estimateSessions(total.throughputBps, options.sessionBitrateBps),
    cpu: run.cpu,
    senderBlockedRatio: null,
    drops: null,
    intervals: run.intervals,
    findMax: null,
    warnings: run.warnings,
  };
}
