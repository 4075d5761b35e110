import type { LaunchOptions } from 'puppeteer';
import type { System } from '../../system/types.ts';

/** What a scenario may say about the browsers on this host. */
export interface LocalBrowserSettings {
  /** Which executable; null: what is found on this host. */
  executable: string | null;
  /** true: no sandbox; false: the sandbox or nothing; null: without only where this host allows none. */
  noSandbox: boolean | null;
  /** More arguments for the browser. */
  args: readonly string[];
  startTimeoutMs: number;
}

export const LOCAL_BROWSER_DEFAULTS: LocalBrowserSettings = {
  executable: null,
  noSandbox: null,
  args: [],
  startTimeoutMs: 60_000,
};

/** A browser that was found on this host, and how puppeteer starts it. */
export interface LocalBrowser {
  executablePath: string;
  launch: LaunchOptions;
  /** For the manifest; what it says of itself comes on top. */
  versions: Record<string, string>;
  /** Ends by itself when we do. One that does not is given a reaper. */
  endsWithOwner: boolean;
}

/** Finds a browser on this host. Throws environmentError. */
export type FindBrowser = (system: System, settings: LocalBrowserSettings) => Promise<LocalBrowser>;
