import { environmentError } from '../../errors.ts';
import type { BrowserName } from '../../scenario/plan-types.ts';
import type { System } from '../../system/types.ts';
import type { Engine, EngineOptions } from '../types.ts';
import { findLocalChromium } from './chromium.ts';
import type { BrowserDriver } from './driver.ts';
import { BrowserEngine, type BrowserFleet } from './engine.ts';
import { findLocalFirefox } from './firefox.ts';
import { GRID_NAMES, type GridBrowser } from './grid/capabilities.ts';
import { GridDriver } from './grid/driver.ts';
import { type FindBrowser, LOCAL_BROWSER_DEFAULTS, type LocalBrowserSettings } from './local-browser.ts';
import { PuppeteerDriver } from './puppeteer-driver.ts';

export interface BrowserSettings extends LocalBrowserSettings {
  /** Most participants at a time in each browser, as planned; pages for them are opened ahead. */
  participants: Partial<Record<BrowserName, number>>;
  /** Measured in docs/browser.md: most of what sharing a page saves is saved by four. */
  participantsPerPage: number;
  /** Browsers of a Selenium Grid instead of those on this host. */
  grid: GridChoice | null;
  /** Address of this host by which browsers elsewhere reach the page; null keeps it on the loopback interface. */
  advertise: string | null;
}

export interface GridChoice extends Omit<GridBrowser, 'args' | 'browserName'> {
  /** A secret where it is signed. */
  url: string;
  clearLeftovers: boolean;
}

export const BROWSER_DEFAULTS: BrowserSettings = {
  ...LOCAL_BROWSER_DEFAULTS,
  participants: { chromium: 1 },
  participantsPerPage: 4,
  grid: null,
  advertise: null,
};

/** A page costs about 150 MB: beyond these they are opened when they are needed. */
const MOST_PAGES_AHEAD = 16;

const FINDERS: Record<BrowserName, FindBrowser> = {
  chromium: findLocalChromium,
  firefox: findLocalFirefox,
  edge: async () => {
    throw environmentError('RTCB_EDGE_LOCAL', 'Edge is started on a grid only', {
      hint: 'use chromium, or add browser.grid to the scenario',
    });
  },
};

/** Participants in browsers. What `settings` leaves out is as in `BROWSER_DEFAULTS`. */
export function createBrowserEngine(
  system: System,
  options: EngineOptions,
  settings: Partial<BrowserSettings> = {},
): Engine {
  const all = { ...BROWSER_DEFAULTS, ...settings };
  return new BrowserEngine(system, options, { fleets: fleetsOf(system, all), advertise: all.advertise });
}

/** Whether the grid has the sessions that the settings ask for. Starts nothing. Throws environmentError. */
export async function checkGrid(
  system: System,
  settings: Partial<BrowserSettings>,
  signal: AbortSignal,
): Promise<void> {
  for (const { driver } of fleetsOf(system, { ...BROWSER_DEFAULTS, ...settings }).values())
    await driver.start(signal);
}

function fleetsOf(system: System, settings: BrowserSettings): Map<BrowserName, BrowserFleet> {
  const { participants, participantsPerPage, grid } = settings;
  return new Map(
    (Object.entries(participants) as [BrowserName, number][]).map(([name, count]) => {
      const pages = Math.max(1, Math.ceil(count / participantsPerPage));
      const driver = createDriver(system, name, settings, pages);
      // A session on a grid is there to be had now or not at all.
      const pagesAhead = grid === null ? Math.min(pages, MOST_PAGES_AHEAD) : pages;
      return [name, { driver, participantsPerPage, pagesAhead }];
    }),
  );
}

function createDriver(
  system: System,
  name: BrowserName,
  settings: BrowserSettings,
  pages: number,
): BrowserDriver {
  const { grid, args, noSandbox } = settings;
  return grid === null
    ? new PuppeteerDriver(system, FINDERS[name], settings)
    : new GridDriver(system, { ...grid, browserName: GRID_NAMES[name], args, noSandbox, sessions: pages });
}
