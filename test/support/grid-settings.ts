import type { BrowserSettings } from '../../src/participants/browser/index.ts';
import { sandboxObstacle } from '../../src/setup/sandbox.ts';
import { createSystem } from '../../src/system/real.ts';

const obstacle = await sandboxObstacle(createSystem());

/** Two participants to a session, in Chromium as this host can run it. */
export function gridSettings(
  url: string,
  participants: number,
  clearLeftovers = false,
): Partial<BrowserSettings> {
  return {
    participants: { chromium: participants },
    participantsPerPage: 2,
    args: obstacle === null ? [] : ['--no-sandbox'],
    grid: { url, browserVersion: null, platformName: null, capabilities: {}, clearLeftovers },
  };
}
