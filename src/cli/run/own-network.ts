import { environmentError } from '../../errors.ts';
import type { Scenario } from '../../scenario/load.ts';
import { findProgram } from '../../setup/find-program.ts';
import { beginAgainInOwnNetwork, ownNetworkAddress, ownNetworkObstacle } from '../../system/own-network.ts';
import type { System } from '../../system/types.ts';

/** Who leaves loopback out, and what to do where the host allows no namespace. */
interface Need {
  who: string;
  otherwise: string;
}

/**
 * A Janus that the run starts leaves loopback interfaces out, Firefox connects to no SFU on one, and nothing of ours
 * listens beyond loopback unless told: the whole command moves into a network namespace of its own, SFU, browsers and
 * synthetic participants together. Returns the scenario as it is to run: in such a namespace Firefox gets the address
 * there. Throws environmentError where there can be none.
 */
export async function beginInOwnNetwork(system: System, scenario: Scenario): Promise<Scenario> {
  const need = needOf(scenario);
  if (need === null) return scenario;
  const address = ownNetworkAddress(system.env);
  if (address === null) return beginAgain(system, need);
  if (scenario.target.kind === 'janus') return scenario;
  return { ...scenario, browser: { ...scenario.browser, advertise: address } };
}

function needOf({ target, browser, participants }: Scenario): Need | null {
  if (target.kind === 'janus')
    return target.start && target.mediaAddress === undefined
      ? {
          who: "a Janus of the run's own",
          otherwise:
            'give Janus an address of this host that is not loopback: target.mediaAddress; or name a running one: target.servers',
        }
      : null;
  const hasFirefox = participants.some(
    (group) => group.engine === 'browser' && (group.browser ?? browser.name) === 'firefox',
  );
  if (
    !hasFirefox ||
    target.url !== undefined ||
    browser.grid !== undefined ||
    browser.advertise !== undefined
  )
    return null;
  return {
    who: 'Firefox, which connects to no SFU on loopback,',
    otherwise:
      'name an address of this host that is not loopback: --advertise ADDRESS, or browser.advertise in the scenario',
  };
}

async function beginAgain(system: System, { who, otherwise }: Need): Promise<never> {
  const obstacle = await ownNetworkObstacle();
  const unshare = findProgram(system.env, 'unshare');
  if (obstacle === null && unshare !== null) beginAgainInOwnNetwork(unshare, system.env);
  throw environmentError(
    'RTCB_OWN_NETWORK',
    `this host allows no network namespace, which ${who} needs: ${obstacle ?? 'there is no unshare'}`,
    {
      hint: `run it as root or where user namespaces are allowed (it takes \`ip\` of iproute2); or ${otherwise}`,
    },
  );
}
