import { errorMessage } from '../../errors.ts';
import type { Scenario } from '../../scenario/load.ts';
import { coresOfThisProcess, dealCores, pinToCores } from '../../system/cpu-cores.ts';
import { CpuQuota } from '../../system/cpu-quota.ts';
import type { HostInfo } from '../../system/host-info.ts';

/**
 * A scenario whose bridges get the share of a core that it asks for; where it asks for that only if possible and this
 * host has no means for it, the scenario without, and a warning. Where it must be, whoever starts the bridges fails.
 */
export function withPossibleCpuShare(
  scenario: Scenario,
  open: (share: number) => unknown = (share) => CpuQuota.open(share),
): { scenario: Scenario; warning: string | null } {
  const { cpuShare, cpuShareIfPossible, ...target } = scenario.target;
  if (cpuShare === undefined || !cpuShareIfPossible) return { scenario, warning: null };
  try {
    open(cpuShare);
    return { scenario, warning: null };
  } catch (error) {
    return {
      scenario: { ...scenario, target: { ...target, cpuShareIfPossible } },
      warning: `bridges have all the CPU they get and not ${cpuShare} of a core: ${errorMessage(error)}`,
    };
  }
}

/** Which core is whose, by number; null where bridges have no share of one. */
export interface CoreDeal {
  bridges: readonly number[];
  generator: readonly number[];
}

/**
 * Keeps this process and all that it starts off the cores of the bridges, where enough are left: neither then waits
 * for the other, and where the scheduler puts them is no part of the result.
 */
export async function keepOffBridgeCores({ target }: Scenario): Promise<CoreDeal | null> {
  if (target.cpuShare === undefined) return null;
  const { bridges, others: generator } = dealCores(coresOfThisProcess(), target.bridges);
  await pinToCores(process.pid, generator);
  return { bridges, generator };
}

/** What is told of the deal beside the host's own facts. */
export function withCores(host: HostInfo, cores: CoreDeal | null): HostInfo {
  if (cores === null) return host;
  return { ...host, bridgeCores: cores.bridges.join(','), generatorCores: cores.generator.join(',') };
}
