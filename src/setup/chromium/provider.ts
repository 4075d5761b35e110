import { errorMessage } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import type { Debian } from '../debian.ts';
import { findChromium } from '../find-chromium.ts';
import type { Provider } from '../types.ts';
import { debianChromium } from './debian.ts';
import { npmChromium } from './npm.ts';
import { puppeteerChrome } from './puppeteer.ts';

/** The browser of the browser participants. */
export function chromiumProvider(system: System, debian: Debian): Provider {
  return {
    name: 'Chromium',
    essential: true,
    async check() {
      try {
        const found = await findChromium(system);
        if (found === null) return { found: false, why: 'none that starts here yet' };
        return { found: true, what: `${found.version}, ${found.executablePath} (${found.source})` };
      } catch (error) {
        return { found: false, why: errorMessage(error) };
      }
    },
    // A browser that the user named is the user's to mend.
    sources: system.env.PUPPETEER_EXECUTABLE_PATH
      ? []
      : [puppeteerChrome(system), debianChromium(debian), npmChromium(system)],
  };
}
