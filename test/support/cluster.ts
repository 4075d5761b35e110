import type { ClusterAccess, ClusterAccessRequest, ClusterEvent } from '../../src/cluster/api.ts';
import { type RunningCluster, startCluster } from '../../src/cluster/coordinator/start.ts';
import { CLUSTER_DEFAULTS, type ClusterSettings } from '../../src/cluster/settings.ts';
import { requireWorker } from '../../src/setup/find-worker.ts';
import { createSystem } from '../../src/system/real.ts';

export interface TestCluster extends RunningCluster {
  readonly events: ClusterEvent[];
  invite(request: ClusterAccessRequest): Promise<ClusterAccess>;
}

/** A real cluster on loopback, on free ports. Close it. */
export async function startTestCluster(settings: Partial<ClusterSettings> = {}): Promise<TestCluster> {
  const system = createSystem();
  const workerFile = await requireWorker(system);
  const events: ClusterEvent[] = [];
  const cluster = await startCluster(system, { ...CLUSTER_DEFAULTS, workerFile, ...settings }, (event) =>
    events.push(event),
  );
  return {
    ...cluster,
    events,
    async invite(request) {
      const response = await fetch(`${cluster.url}/rooms/access`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as ClusterAccess;
    },
  };
}
