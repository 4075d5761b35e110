import type { BrowserSettings } from '../../src/participants/browser/index.ts';

/** Two participants to a session. */
export function gridSettings(
  url: string,
  participants: number,
  clearLeftovers = false,
): Partial<BrowserSettings> {
  return {
    participants: { chromium: participants },
    participantsPerPage: 2,
    grid: { url, browserVersion: null, platformName: null, capabilities: {}, clearLeftovers },
  };
}
