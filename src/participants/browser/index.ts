import type { System } from '../../system/types.ts';
import type { Engine, EngineOptions } from '../types.ts';
import { ChromiumDriver } from './chromium-driver.ts';
import { BrowserEngine } from './engine.ts';

/** Measured in docs/browser.md: most of what sharing a page saves is saved by four. */
const PARTICIPANTS_PER_PAGE = 4;

/** Participants in a Chromium on this host. */
export function createBrowserEngine(
  system: System,
  options: EngineOptions,
  participantsPerPage = PARTICIPANTS_PER_PAGE,
): Engine {
  return new BrowserEngine(system, options, {
    driver: new ChromiumDriver(system),
    participantsPerPage,
    advertise: null,
  });
}
