import { CLUSTER_DEFAULTS } from '../../src/cluster/settings.ts';
import { createSystem } from '../../src/system/real.ts';
import { MediasoupTarget } from '../../src/targets/mediasoup/target.ts';
import { describeTargetContract } from '../targets/contract.ts';

describeTargetContract('mediasoup', {
  create: (options) =>
    new MediasoupTarget({
      ...options,
      system: createSystem(),
      url: null,
      placement: 'least-stressed',
      settings: CLUSTER_DEFAULTS,
    }),
  kill(target, bridgeId) {
    const pid = target.bridges().find((bridge) => bridge.bridgeId === bridgeId)?.pid;
    if (typeof pid !== 'number') throw new Error(`no process of ${bridgeId} is known`);
    process.kill(pid, 'SIGKILL');
  },
});
