import type { Manifest } from './records.ts';

export type ManifestBeginning = Pick<
  Manifest,
  'tool' | 'scenario' | 'command' | 'startedAt' | 'seed' | 'steadyWindow' | 'host' | 'warnings'
> & { targetKind: string; planned: number; intervalMs: number; rooms?: Record<string, string> };

/** The manifest as it is before anything has happened: all that is not known yet is null or empty. */
export function firstManifest(beginning: ManifestBeginning): Manifest {
  const { targetKind, planned, intervalMs, ...known } = beginning;
  return {
    schemaVersion: 1,
    ...known,
    endedAt: null,
    status: 'running',
    statusReason: null,
    verdict: null,
    exitCode: null,
    target: { kind: targetKind, notOffered: [] },
    participants: { planned, joined: 0, failed: 0 },
    bridges: [],
    gates: [],
    trust: null,
    accounting: null,
    sampling: { intervalMs, trackRowIntervalMs: intervalMs, participantRowIntervalMs: intervalMs },
    versions: { node: process.versions.node },
    files: [],
  };
}
