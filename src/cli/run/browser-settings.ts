import { isIP } from 'node:net';
import { usageError } from '../../errors.ts';
import { isLoopback } from '../../participants/browser/grid/loopback.ts';
import type { BrowserSettings, GridChoice } from '../../participants/browser/index.ts';
import type { Scenario } from '../../scenario/load.ts';
import type { BrowserName, RunPlan } from '../../scenario/plan-types.ts';
import { ownNetworkAddress } from '../../system/own-network.ts';
import type { System } from '../../system/types.ts';
import type { LoadedScenario } from '../scenario-file.ts';
import type { RunFlags } from './flags.ts';

/** Holds the address of a grid, which may be signed and is then a secret. */
const GRID_VARIABLE = 'RTC_BENCH_GRID';

/** What the scenario, the environment and the plan say of the browsers. */
export function browserSettings(
  system: System,
  { browser }: Scenario,
  plan: RunPlan,
): Partial<BrowserSettings> {
  const { executable, noSandbox, args, startTimeoutMs, participantsPerPage, advertise } = browser;
  const participants = participantsByBrowser(browser.name, plan);
  const grid = browser.grid === undefined ? null : gridChoice(system, browser.grid);
  if (grid !== null && !isLoopback(grid.url) && advertise === undefined)
    throw usageError(
      'RTCB_GRID_ADVERTISE',
      'the browsers of a grid elsewhere cannot reach this host on a loopback address',
      'name an address by which they can: --advertise ADDRESS, or browser.advertise in the scenario',
    );
  return {
    executable: executable ?? null,
    // Without a word of the scenario the sandbox is left out only where this host allows none.
    noSandbox: noSandbox ?? null,
    args,
    startTimeoutMs,
    participantsPerPage,
    participants,
    grid,
    advertise: advertise ?? null,
  };
}

/**
 * Asks, before anything is started, what would keep the plan's browsers from running: settings that contradict each
 * other, slots that a grid does not have. Throws usageError or environmentError.
 */
export async function checkBrowsers(
  system: System,
  scenario: Scenario,
  plan: RunPlan,
  signal: AbortSignal,
): Promise<void> {
  if (!plan.participants.some(({ engine }) => engine === 'browser')) return;
  const settings = browserSettings(system, scenario, plan);
  if (settings.grid === null) return;
  const { checkGrid } = await import('../../participants/browser/index.ts');
  await checkGrid(system, settings, signal);
}

/** Where the run can be reached, in words, when that is not on this host's loopback; null: there. */
export function reachWords(
  { env }: Pick<System, 'env'>,
  { browser, target }: Pick<Scenario, 'browser' | 'target'>,
): string | null {
  if (ownNetworkAddress(env) !== null)
    return 'the run has a network namespace of its own: nothing of it can be reached from elsewhere';
  const { advertise } = browser;
  if (advertise === undefined) return null;
  // A cluster that runs already is open as whoever started it has it.
  const what =
    target.url === undefined ? "the participants' page, signalling and media" : "the participants' page";
  return `${what}, and nothing else, open on ${advertise} for as long as the run lasts`;
}

/** The scenario with what the command line says of its browsers. */
export function withBrowserFlags(loaded: LoadedScenario, flags: RunFlags): LoadedScenario {
  const { advertise, clearGrid } = flags;
  if (advertise !== undefined && isIP(advertise) === 0)
    throw usageError('RTCB_ADVERTISE', `--advertise takes an IP address of this host, not "${advertise}"`);
  const { grid, ...own } = loaded.scenario.browser;
  const browser = {
    ...own,
    ...(advertise === undefined ? {} : { advertise }),
    grid: grid === undefined || clearGrid !== true ? grid : { ...grid, clearLeftovers: true },
  };
  return { ...loaded, scenario: { ...loaded.scenario, browser } };
}

/** The scenario's own browser first: it is for those whose group names none. */
function participantsByBrowser(own: BrowserName, plan: RunPlan): Partial<Record<BrowserName, number>> {
  const counts = new Map<BrowserName, number>([[own, 0]]);
  for (const { engine, browser = own } of plan.participants)
    if (engine === 'browser') counts.set(browser, (counts.get(browser) ?? 0) + 1);
  return Object.fromEntries([...counts].filter(([, count]) => count > 0));
}

function gridChoice(system: System, grid: NonNullable<Scenario['browser']['grid']>): GridChoice {
  const url = grid.url ?? system.env[GRID_VARIABLE] ?? '';
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw usageError(
      'RTCB_GRID_ADDRESS',
      url === '' ? 'the scenario names no grid' : `${GRID_VARIABLE} holds no http address`,
      `set ${GRID_VARIABLE}=http://host:4444, or browser.grid.url in the scenario`,
    );
  const { version, platform, capabilities, clearLeftovers } = grid;
  return {
    url,
    browserVersion: version ?? null,
    platformName: platform ?? null,
    capabilities,
    clearLeftovers,
  };
}
