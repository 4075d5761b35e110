import { environmentError } from '../../errors.ts';
import type { Scenario } from '../../scenario/load.ts';
import { findProgram } from '../../setup/find-program.ts';
import { beginAgainInOwnNetwork, ownNetworkAddress, ownNetworkObstacle } from '../../system/own-network.ts';
import type { System } from '../../system/types.ts';

/**
 * A Janus that the run starts leaves loopback out, and nothing of ours listens beyond loopback unless told: the whole
 * command moves into a network namespace of its own, SFU, browsers and synthetic participants together. Returns when
 * that is not needed or has been done. Throws environmentError where it cannot be.
 */
export async function beginInOwnNetwork(system: System, { target }: Scenario): Promise<void> {
  const isNeeded = target.kind === 'janus' && target.start && target.mediaAddress === undefined;
  if (!isNeeded || ownNetworkAddress(system.env) !== null) return;
  const obstacle = await ownNetworkObstacle();
  const unshare = findProgram(system.env, 'unshare');
  if (obstacle === null && unshare !== null) beginAgainInOwnNetwork(unshare, system.env);
  throw environmentError(
    'RTCB_OWN_NETWORK',
    `this host allows no network namespace, which a Janus of the run's own needs: ${obstacle ?? 'there is no unshare'}`,
    {
      hint: 'run it as root or where user namespaces are allowed (it takes `ip` of iproute2); or give Janus an address of this host that is not loopback: target.mediaAddress; or name a running one: target.servers',
    },
  );
}
