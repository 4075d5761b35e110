import { BridgeSummaries } from './bridge-summaries.ts';
import type { Manifest, TimelineRecord } from './records.ts';

/**
 * The manifest of a run that left no end, with what its timeline tells: who joined, the bridges, the steady
 * window as far as it came. Its gates were never judged, so its verdict is inconclusive.
 */
export async function rebuildManifest(
  manifest: Manifest,
  timeline: (take: (record: TimelineRecord) => void) => Promise<void>,
): Promise<Manifest> {
  const bridges = new BridgeSummaries();
  const joined = new Set<string>();
  const failed = new Set<string>();
  let steadyWindow: Manifest['steadyWindow'] = null;
  let steady = false;
  let lastMs = 0;
  let end: { status: Manifest['status']; reason: string | null } | null = null;
  await timeline((record) => {
    bridges.take(record);
    lastMs = Math.max(lastMs, record.tMs);
    if (record.type === 'participant-joined') joined.add(record.participantId);
    else if (record.type === 'participant-failed') failed.add(record.participantId);
    else if (record.type === 'stage-started') steady = record.steady;
    else if (record.type === 'run-ended') end = { status: record.status, reason: record.reason };
    if (steady) steadyWindow = { startMs: steadyWindow?.startMs ?? record.tMs, endMs: record.tMs };
  });
  for (const id of joined) failed.delete(id);
  const { status, reason } = end ?? {
    status: 'interrupted' as const,
    reason: `the run left no end (killed, or still going on); its last record is at ${(lastMs / 1000).toFixed(1)} s`,
  };
  return {
    ...manifest,
    status,
    statusReason: reason,
    verdict: 'inconclusive',
    endedAt: timeAfter(manifest.startedAt, lastMs),
    steadyWindow,
    participants: { planned: manifest.participants.planned, joined: joined.size, failed: failed.size },
    bridges: bridges.result(manifest.bridges),
  };
}

function timeAfter(startedAt: string, ms: number): string | null {
  const date = new Date(Date.parse(startedAt) + ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
