import { ProcessSocketDrops } from '../system/process-socket-drops.ts';
import type { BridgeInfo, BridgeSample } from '../targets/types.ts';

/**
 * Fills in what the kernel dropped at a bridge's sockets where its target does not tell but its process is on this
 * host. An SFU with a port a participant has no main port, so there nothing is told apart as between bridges.
 */
export class BridgeDrops {
  readonly #processes = new Map<number, ProcessSocketDrops>();

  complete(samples: readonly BridgeSample[], infos: readonly BridgeInfo[]): Promise<BridgeSample[]> {
    return Promise.all(
      samples.map(async (sample) => {
        const pid = infos.find(({ bridgeId }) => bridgeId === sample.bridgeId)?.pid ?? null;
        if (sample.socketDrops !== undefined || pid === null) return sample;
        const process = this.#processes.get(pid) ?? new ProcessSocketDrops(pid);
        this.#processes.set(pid, process);
        const drops = await process.read(null);
        return { ...sample, socketDrops: drops?.socketDrops ?? null, relaySocketDrops: null };
      }),
    );
  }
}
