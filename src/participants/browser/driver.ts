import type { PageApi } from './page-api.ts';

/** CPU and memory of every process that the driver has started; null where they run on another host. */
export interface ProcessUsage {
  cpuSeconds: number | null;
  rssBytes: number | null;
}

/** One page in which participants live. */
export interface BrowserPage {
  /** Calls a method of the page's API. Rejects when page or browser is gone, never hangs on that. */
  call<M extends keyof PageApi>(
    method: M,
    ...parameters: Parameters<PageApi[M]>
  ): Promise<Awaited<ReturnType<PageApi[M]>>>;
  /** Resolves with the reason as soon as the page cannot be used any more; never after `close`. */
  readonly gone: Promise<string>;
  close(): Promise<void>;
}

/**
 * How a browser is driven: puppeteer on this host, WebDriver on a Selenium Grid. Everything above it, the page
 * included, is the same for all.
 */
export interface BrowserDriver {
  /** How long a call of `nextEvents` may wait in the page; 0 where a waiting call would block all others. */
  readonly longPollMs: number;
  /** Starts or reaches the browser. Throws environmentError. */
  start(signal: AbortSignal): Promise<void>;
  /** Opens a page and resolves once its script has run. */
  openPage(url: string): Promise<BrowserPage>;
  /** For the manifest. */
  versions(): Record<string, string>;
  readUsage(): ProcessUsage;
  /** Ends every page and process. Idempotent, bounded in time. */
  close(): Promise<void>;
}
