import { environmentError, errorMessage } from '../errors.ts';
import { sibling } from '../system/sibling.ts';
import type { Processes } from '../system/types.ts';
import type { CoordinatorMethods } from './coordinator/protocol.ts';
import { processEnd } from './process-end.ts';
import { RpcCaller, RpcError } from './rpc.ts';
import type { ClusterSettings } from './settings.ts';

const START_TIMEOUT_MS = 40_000;
const STOP_TIMEOUT_MS = 8000;

export interface LaunchedCluster {
  url: string;
  /** Resolves to how the coordinator ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Ends the coordinator and with it bridges and workers. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a cluster in a process of its own. It ends by itself when this process does, however that ends.
 * @throws RtcBenchError as `startCluster` does, or RTCB_CLUSTER_START.
 */
export async function launchCluster(
  processes: Processes,
  settings: ClusterSettings,
  signal: AbortSignal,
): Promise<LaunchedCluster> {
  const child = processes.spawn(process.execPath, [sibling(import.meta.url, './coordinator/process')], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Ctrl-C in the terminal drains the run, which still needs the cluster.
    detached: true,
  });
  const caller = new RpcCaller<CoordinatorMethods, Record<never, never>>(
    {
      send: (message) => void child.send?.(message, () => {}),
      onMessage: (listener) => child.on('message', listener),
    },
    () => {},
  );
  const ended = processEnd(child).then((reason) => {
    caller.close(new RpcError('coordinator-lost', reason));
    return reason;
  });
  const close = async () => {
    await caller.call('stop', null, { timeoutMs: STOP_TIMEOUT_MS }).catch(() => {});
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };
  try {
    const outcome = await caller.call('start', settings, { timeoutMs: START_TIMEOUT_MS, signal });
    if ('url' in outcome) return { url: outcome.url, ended, close };
    const { code, message, hint } = outcome.failed;
    throw environmentError(code, message, hint === undefined ? {} : { hint });
  } catch (error) {
    await close();
    if (!(error instanceof RpcError)) throw error;
    throw environmentError('RTCB_CLUSTER_START', `the cluster did not start: ${errorMessage(error)}`, {
      hint: 'npx rtc-bench doctor',
      cause: error,
    });
  }
}
