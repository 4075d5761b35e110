/** The coordinator as a process of its own, away from the generator's measurements. Ends with its parent. */
import { RtcBenchError } from '../../errors.ts';
import { createSystem } from '../../system/real.ts';
import { serveRpc } from '../rpc.ts';
import type { CoordinatorMethods } from './protocol.ts';
import { type RunningCluster, startCluster } from './start.ts';

let starting: Promise<RunningCluster> | undefined;

async function stop(): Promise<null> {
  await starting?.then((cluster) => cluster.close()).catch(() => {});
  return null;
}

serveRpc<CoordinatorMethods>(
  {
    send: (message) => process.send?.(message, undefined, undefined, () => {}),
    onMessage: (listener) => process.on('message', listener),
  },
  {
    async start(settings) {
      try {
        starting = startCluster(createSystem(), settings);
        return { url: (await starting).url };
      } catch (error) {
        if (!(error instanceof RtcBenchError)) throw error;
        const { code, message, hint } = error;
        return { failed: { code, message, hint } };
      }
    },
    stop,
  },
);

process.on('disconnect', () => {
  void stop().then(() => process.exit(0));
});
