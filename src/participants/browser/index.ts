import type { System } from '../../system/types.ts';
import type { Engine, EngineOptions } from '../types.ts';
import { findLocalChromium } from './chromium.ts';
import type { BrowserDriver } from './driver.ts';
import { BrowserEngine } from './engine.ts';
import { findLocalFirefox } from './firefox.ts';
import type { GridBrowser } from './grid/capabilities.ts';
import { GridDriver } from './grid/driver.ts';
import { type BrowserName, LOCAL_BROWSER_DEFAULTS, type LocalBrowserSettings } from './local-browser.ts';
import { PuppeteerDriver } from './puppeteer-driver.ts';

export interface BrowserSettings extends LocalBrowserSettings {
  name: BrowserName;
  /** Measured in docs/browser.md: most of what sharing a page saves is saved by four. */
  participantsPerPage: number;
  /** Most participants at a time, as planned; pages for them are opened ahead. */
  participants: number;
  /** Browsers of a Selenium Grid instead of one on this host. */
  grid: GridChoice | null;
  /** Address of this host by which browsers elsewhere reach the page; null keeps it on the loopback interface. */
  advertise: string | null;
}

export interface GridChoice extends Omit<GridBrowser, 'args'> {
  /** A secret where it is signed. */
  url: string;
  clearLeftovers: boolean;
}

export const BROWSER_DEFAULTS: BrowserSettings = {
  ...LOCAL_BROWSER_DEFAULTS,
  name: 'chromium',
  participantsPerPage: 4,
  participants: 1,
  grid: null,
  advertise: null,
};

/** A page costs about 150 MB: beyond these they are opened when they are needed. */
const MOST_PAGES_AHEAD = 16;

const FINDERS = { chromium: findLocalChromium, firefox: findLocalFirefox } as const;

/** Participants in browsers. What `settings` leaves out is as in `BROWSER_DEFAULTS`. */
export function createBrowserEngine(
  system: System,
  options: EngineOptions,
  settings: Partial<BrowserSettings> = {},
): Engine {
  const all = { ...BROWSER_DEFAULTS, ...settings };
  const pages = Math.max(1, Math.ceil(all.participants / all.participantsPerPage));
  return new BrowserEngine(system, options, {
    driver: createDriver(system, all, pages),
    participantsPerPage: all.participantsPerPage,
    // A session on a grid is there to be had now or not at all.
    pagesAhead: all.grid === null ? Math.min(pages, MOST_PAGES_AHEAD) : pages,
    advertise: all.advertise,
  });
}

function createDriver(system: System, settings: BrowserSettings, pages: number): BrowserDriver {
  const { grid, name, args } = settings;
  return grid === null
    ? new PuppeteerDriver(system, FINDERS[name], settings)
    : new GridDriver(system, { ...grid, args, sessions: pages });
}
