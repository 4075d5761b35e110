import { readFile } from 'node:fs/promises';
import { environmentError, errorMessage } from '../../errors.ts';
import type { Scenario } from '../../scenario/load.ts';
import { ownNetworkAddress } from '../../system/own-network.ts';
import type { System } from '../../system/types.ts';
import type { JanusTargetOptions } from '../../targets/janus/target.ts';

const SECRET_VARIABLE = 'RTC_BENCH_JANUS_ADMIN_SECRET';

/** The servers that a scenario names, or how those are started that it asks for. */
export async function janusServers(
  system: System,
  target: Scenario['target'],
): Promise<JanusTargetOptions['servers']> {
  if (target.servers === undefined) {
    const mediaAddress = target.mediaAddress ?? ownNetworkAddress(system.env);
    if (mediaAddress === null)
      throw environmentError('RTCB_OWN_NETWORK', 'this command is not in a network of its own', {
        hint: 'name an address of this host in target.mediaAddress',
      });
    return { start: true, count: target.bridges, mediaAddress };
  }
  return { start: false, list: target.servers, ...(await adminSecret(system, target.adminSecretFile)) };
}

/** From the file that the scenario names, else from the environment; printed nowhere. */
async function adminSecret(
  system: System,
  file: string | undefined,
): Promise<{ adminSecret: string; secretPlace: string }> {
  if (file !== undefined) {
    try {
      return { adminSecret: (await readFile(file, 'utf8')).trim(), secretPlace: file };
    } catch (cause) {
      throw environmentError('RTCB_JANUS_SECRET', `cannot read the admin secret: ${errorMessage(cause)}`, {
        hint: 'target.adminSecretFile names the file',
        cause,
      });
    }
  }
  const secret = system.env[SECRET_VARIABLE];
  if (secret === undefined || secret === '')
    throw environmentError('RTCB_JANUS_SECRET', 'the admin secret of Janus is not known', {
      hint: `set ${SECRET_VARIABLE}, or target.adminSecretFile in the scenario, to the admin_secret of its janus.jcfg`,
    });
  return { adminSecret: secret, secretPlace: SECRET_VARIABLE };
}
