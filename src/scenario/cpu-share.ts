import type { Scenario } from './load.ts';

/** Share of a core that the bridges of a run are held to, null: to none. Nothing where somebody else started them. */
export function cpuShareOf({ url, servers, cpuShare }: Scenario['target']): { cpuShare?: number | null } {
  return url === undefined && servers === undefined ? { cpuShare: cpuShare ?? null } : {};
}
