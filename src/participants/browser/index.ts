import type { System } from '../../system/types.ts';
import type { Engine, EngineOptions } from '../types.ts';
import { findLocalChromium } from './chromium.ts';
import { BrowserEngine } from './engine.ts';
import { findLocalFirefox } from './firefox.ts';
import { type BrowserName, LOCAL_BROWSER_DEFAULTS, type LocalBrowserSettings } from './local-browser.ts';
import { PuppeteerDriver } from './puppeteer-driver.ts';

export interface BrowserSettings extends LocalBrowserSettings {
  name: BrowserName;
  /** Measured in docs/browser.md: most of what sharing a page saves is saved by four. */
  participantsPerPage: number;
}

export const BROWSER_DEFAULTS: BrowserSettings = {
  ...LOCAL_BROWSER_DEFAULTS,
  name: 'chromium',
  participantsPerPage: 4,
};

const FINDERS = { chromium: findLocalChromium, firefox: findLocalFirefox } as const;

/** Participants in a browser on this host. What `settings` leaves out is as in `BROWSER_DEFAULTS`. */
export function createBrowserEngine(
  system: System,
  options: EngineOptions,
  settings: Partial<BrowserSettings> = {},
): Engine {
  const all = { ...BROWSER_DEFAULTS, ...settings };
  return new BrowserEngine(system, options, {
    driver: new PuppeteerDriver(system, FINDERS[all.name], all),
    participantsPerPage: all.participantsPerPage,
    advertise: null,
  });
}
