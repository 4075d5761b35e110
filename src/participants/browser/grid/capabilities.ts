import { chromiumArguments } from '../chromium-arguments.ts';
import { FIREFOX_PREFERENCES } from '../firefox.ts';

/** As WebDriver names them. */
export const GRID_NAMES = { chromium: 'chrome', firefox: 'firefox', edge: 'MicrosoftEdge' } as const;
export type GridBrowserName = (typeof GRID_NAMES)[keyof typeof GRID_NAMES];

export interface GridBrowser {
  browserName: GridBrowserName;
  browserVersion: string | null;
  platformName: string | null;
  /** More arguments for the browser. */
  args: readonly string[];
  /** Further capabilities, as the grid's operator asks for; they win over ours. */
  capabilities: Readonly<Record<string, unknown>>;
}

/** What a session of one browser is asked for (https://www.w3.org/TR/webdriver2/#capabilities). */
export function sessionCapabilities(browser: GridBrowser, mark: string): Record<string, unknown> {
  const { browserName, browserVersion, platformName, args, capabilities } = browser;
  return {
    browserName,
    ...(browserVersion === null ? {} : { browserVersion }),
    ...(platformName === null ? {} : { platformName }),
    ...browserOptions(browserName, args),
    'se:name': mark,
    ...capabilities,
  };
}

function browserOptions(browserName: GridBrowserName, args: readonly string[]): Record<string, unknown> {
  if (browserName === 'firefox')
    return { 'moz:firefoxOptions': { args: ['-headless', ...args], prefs: { ...FIREFOX_PREFERENCES } } };
  const key = browserName === 'chrome' ? 'goog:chromeOptions' : 'ms:edgeOptions';
  return { [key]: { args: ['--headless=new', '--disable-dev-shm-usage', ...chromiumArguments(), ...args] } };
}
