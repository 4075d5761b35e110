import type { ProbeInterval, ProbeTotals } from '../types.ts';
import { perSecond, UNKNOWN_TOTALS } from './run.ts';
import type { TextRow } from './text-rows.ts';

/** What `rows` of one direction add up to, and whether a stream's closing row was missing. */
export interface SideTotals {
  durationS: number;
  bytes: number;
  bitrateBps: number;
  jitterMs: number | null;
  lost: number | null;
  expected: number | null;
  sent: number | null;
  truncated: boolean;
}

function byStream(rows: readonly TextRow[]): Map<string, TextRow[]> {
  const streams = new Map<string, TextRow[]>();
  for (const row of rows) streams.set(row.id, [...(streams.get(row.id) ?? []), row]);
  return streams;
}

/** The closing row of a stream covers the whole run; every other row is an interval. */
function closingRow(rows: readonly TextRow[]): TextRow | null {
  const end = Math.max(...rows.map(({ endS }) => endS));
  const start = Math.min(...rows.map(({ startS }) => startS));
  // Intervals may end a hair after the total does, in an iperf that counts its last partial interval.
  return rows.findLast((row) => row.startS === start && row.endS >= end - 0.02 * (end - start)) ?? null;
}

const sumOf = (rows: readonly TextRow[], field: 'bytes' | 'lost' | 'expected' | 'sent') =>
  rows.some((row) => row[field] === null) ? null : rows.reduce((sum, row) => sum + (row[field] ?? 0), 0);

function streamTotals(rows: readonly TextRow[]): SideTotals {
  const closing = closingRow(rows);
  const counted = closing === null ? rows : [closing];
  const first = Math.min(...counted.map(({ startS }) => startS));
  const durationS = Math.max(...counted.map(({ endS }) => endS)) - first;
  const bytes = sumOf(counted, 'bytes') ?? 0;
  const jitters = counted.flatMap(({ jitterMs }) => (jitterMs === null ? [] : [jitterMs]));
  return {
    durationS,
    bytes,
    // The printed rate has three digits, as the printed bytes have; it is the figure that people quote.
    bitrateBps: closing === null ? (perSecond(bytes * 8, durationS) ?? 0) : closing.bitrateBps,
    jitterMs: jitters.at(-1) ?? null,
    lost: sumOf(counted, 'lost'),
    expected: sumOf(counted, 'expected'),
    sent: sumOf(counted, 'sent'),
    truncated: closing === null,
  };
}

/** Adds the streams of one side up; null without rows. */
export function sideTotals(rows: readonly TextRow[]): SideTotals | null {
  const streams = [...byStream(rows).values()].map(streamTotals);
  if (streams.length === 0) return null;
  const add = (field: 'lost' | 'expected' | 'sent') =>
    streams.some((stream) => stream[field] === null)
      ? null
      : streams.reduce((sum, stream) => sum + (stream[field] ?? 0), 0);
  const jitters = streams.flatMap(({ jitterMs }) => (jitterMs === null ? [] : [jitterMs]));
  return {
    durationS: Math.max(...streams.map(({ durationS }) => durationS)),
    bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0),
    bitrateBps: streams.reduce((sum, { bitrateBps }) => sum + bitrateBps, 0),
    jitterMs: jitters.length === 0 ? null : jitters.reduce((a, b) => a + b, 0) / jitters.length,
    lost: add('lost'),
    expected: add('expected'),
    sent: add('sent'),
    truncated: streams.some(({ truncated }) => truncated),
  };
}

export function totalsOf(
  sent: SideTotals | null,
  sentPackets: number | null,
  received: SideTotals | null,
  outOfOrder: number | null,
): ProbeTotals {
  const arrived =
    received?.expected == null || received.lost === null
      ? null
      : Math.max(0, received.expected - received.lost);
  // iperf 2.0.14 prints counts of more late datagrams than there were datagrams.
  const isPossible = outOfOrder !== null && received?.expected != null && outOfOrder <= received.expected;
  return {
    durationMs: (received ?? sent)?.durationS === undefined ? 0 : ((received ?? sent)?.durationS ?? 0) * 1000,
    sentPackets,
    sentBytes: sent?.bytes ?? null,
    offeredBitrateBps: sent?.bitrateBps ?? null,
    offeredPacketRatePps: perSecond(sentPackets, sent?.durationS ?? null),
    receivedPackets: arrived,
    receivedBytes: received?.bytes ?? null,
    throughputBps: received?.bitrateBps ?? null,
    packetRatePps: perSecond(arrived, received?.durationS ?? null),
    lostPackets: received?.lost ?? null,
    // Computed, never read: iperf 2.2.1 prints `(0%)` beside 7518/250625.
    lossRatio: received?.expected ? (received.lost ?? 0) / received.expected : null,
    outOfOrderPackets: outOfOrder === null ? (arrived === null ? null : 0) : isPossible ? outOfOrder : null,
    duplicatePackets: null,
    jitterMs: received?.jitterMs ?? null,
  };
}

/** Interval rows of one side, the streams of each interval added up. */
export function intervalsOf(rows: readonly TextRow[], side: 'sent' | 'received'): ProbeInterval[] {
  const windows = new Map<string, TextRow[]>();
  for (const stream of byStream(rows).values()) {
    const closing = closingRow(stream);
    if (stream.length === 1 || stream.length === 0) continue;
    for (const row of stream) {
      if (row === closing && stream.indexOf(row) > 0) continue;
      const key = row.startS.toFixed(1);
      windows.set(key, [...(windows.get(key) ?? []), row]);
    }
  }
  const { durationMs: _, ...unknown } = UNKNOWN_TOTALS;
  return [...windows.values()].map((window) => {
    const totals = sideTotals(window);
    const startMs = Math.min(...window.map(({ startS }) => startS)) * 1000;
    const endMs = Math.max(...window.map(({ endS }) => endS)) * 1000;
    const { durationMs: __, ...figures } =
      side === 'sent'
        ? totalsOf(totals, totals?.sent ?? null, null, null)
        : totalsOf(null, null, totals, null);
    return { ...unknown, ...figures, outOfOrderPackets: null, startMs, endMs };
  });
}
