import { environmentError, type RtcBenchError, usageError } from '../../errors.ts';
import { safeText } from '../../system/safe-text.ts';
import type { GrantedBuffers, ProbeCpu, ProbeInterval, ProbeTotals } from '../types.ts';

/** What a parser makes of the output of one iperf run, whichever iperf wrote it. */
export interface IperfRun {
  tool: 'iperf2' | 'iperf3';
  version: string;
  protocol: 'udp' | 'tcp';
  startedAtMs: number | null;
  server: { host: string; port: number } | null;
  sizeBytes: number | null;
  /** Asked for, over all streams; null: unlimited or not told. */
  targetBitrateBps: number | null;
  flows: number | null;
  durationMs: number | null;
  granted: GrantedBuffers;
  total: ProbeTotals;
  reverse: ProbeTotals | null;
  intervals: ProbeInterval[];
  cpu: ProbeCpu;
  warnings: string[];
}

export function iperfFailed(reason: string): RtcBenchError {
  return environmentError('RTCB_IPERF_FAILED', `the iperf run failed: ${safeText(reason)}`, {
    hint: 'check that the server is up and reachable, then repeat the run',
  });
}

export function iperfUnreadable(reason: string): RtcBenchError {
  return usageError(
    'RTCB_IPERF_UNREADABLE',
    `not a readable iperf output: ${reason}`,
    'give the whole output of `iperf3 … -J`, `iperf3 … --json-stream` or `iperf …` (version 2)',
  );
}

/** Neither end told anything. */
export const UNKNOWN_TOTALS: ProbeTotals = {
  durationMs: 0,
  sentPackets: null,
  sentBytes: null,
  offeredBitrateBps: null,
  offeredPacketRatePps: null,
  receivedPackets: null,
  receivedBytes: null,
  throughputBps: null,
  packetRatePps: null,
  lostPackets: null,
  lossRatio: null,
  outOfOrderPackets: null,
  duplicatePackets: null,
  jitterMs: null,
};

/** units / second over `seconds`; null where either is unknown. */
export function perSecond(amount: number | null, seconds: number | null): number | null {
  return amount === null || seconds === null || !(seconds > 0) ? null : amount / seconds;
}
