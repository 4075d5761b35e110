import type { WebDriver } from 'selenium-webdriver';
import { environmentError, errorMessage } from '../../../errors.ts';
import { sandboxObstacle } from '../../../setup/sandbox.ts';
import { safeText } from '../../../system/safe-text.ts';
import type { System } from '../../../system/types.ts';
import type { BrowserDriver, BrowserPage, ProcessUsage } from '../driver.ts';
import { type GridBrowser, sessionCapabilities } from './capabilities.ts';
import { isLoopback } from './loopback.ts';
import { ownerOf, ownMark } from './mark.ts';
import { GridPage } from './page.ts';
import { freeSlots, type GridStatus, parseGridStatus, sessionsOf } from './status.ts';

const STATUS_TIMEOUT_MS = 10_000;
const STATUS_INTERVAL_MS = 200;
const DELETE_TIMEOUT_MS = 5_000;
const SCRIPT_TIMEOUT_MS = 15_000;

export interface GridSettings extends GridBrowser {
  /** Where the grid is. May hold a signature, as AWS Device Farm's does: it is shown to nobody. */
  url: string;
  /** Sessions that the plan needs at the same time. */
  sessions: number;
  /** true: without the browser's sandbox; null: without where grid and browsers are on this host and it allows none. */
  noSandbox: boolean | null;
  /** Delete sessions that killed runs of this host have left behind. */
  clearLeftovers: boolean;
}

/** Browsers of a Selenium Grid, or of anything that speaks WebDriver as one: a session is a page. */
export class GridDriver implements BrowserDriver {
  readonly longPollMs = 0;
  readonly #system: System;
  readonly #settings: GridSettings;
  readonly #mark = ownMark();
  readonly #pages = new Set<GridPage>();
  readonly #opening = new Set<Promise<unknown>>();
  #closed = false;
  #browserVersion: string | null = null;

  constructor(system: System, settings: GridSettings) {
    this.#system = system;
    this.#settings = settings;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { sessions, browserName } = this.#settings;
    let status = await this.#status(signal);
    if (status === null) {
      this.#say('the grid tells nothing of its slots: whether they are enough will be seen');
      return;
    }
    const leftovers = sessionsOf(status).filter(({ name }) => ownerOf(name) === 'gone');
    if (leftovers.length > 0) {
      const ids = leftovers.map(({ id }) => safeText(id)).join(', ');
      if (this.#settings.clearLeftovers) {
        await Promise.all(leftovers.map(({ id }) => this.#delete(id, signal)));
        this.#say(`deleted from the grid what a killed run had left: ${ids}`);
        status = await this.#statusWithout(new Set(leftovers.map(({ id }) => id)), signal);
      } else this.#say(`sessions on the grid that a killed run has left: ${ids}; --clear-grid deletes them`);
    }
    const free = status === null ? 0 : freeSlots(status, browserName);
    if (free < sessions)
      throw environmentError(
        'RTCB_GRID_SLOTS',
        `the plan needs ${sessions} sessions of ${browserName} on the grid, ${free} are free: ${sessions - free} missing`,
        {
          hint: `plan for fewer browsers, raise participantsPerPage, or add slots${
            leftovers.length > 0 ? '; --clear-grid deletes what a killed run has left' : ''
          }`,
        },
      );
  }

  openPage(url: string): Promise<BrowserPage> {
    const opening = this.#openSession(url);
    this.#opening.add(opening);
    opening.catch(() => {}).finally(() => this.#opening.delete(opening));
    return opening;
  }

  versions(): Record<string, string> {
    const { browserName } = this.#settings;
    return this.#browserVersion === null ? {} : { [`grid-${browserName}`]: this.#browserVersion };
  }

  /** They run elsewhere, and a grid does not tell. */
  readUsage(): ProcessUsage {
    return { cpuSeconds: null, rssBytes: null };
  }

  /** Deletes every session, those that are only being made too. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#opening]);
    await Promise.all([...this.#pages].map((page) => page.close()));
    this.#pages.clear();
  }

  async #openSession(url: string): Promise<BrowserPage> {
    const { Builder, Capabilities } = await import('selenium-webdriver');
    const args = [...this.#settings.args, ...(await this.#sandboxArguments())];
    const capabilities = new Capabilities(sessionCapabilities({ ...this.#settings, args }, this.#mark));
    let driver: WebDriver;
    try {
      driver = await new Builder().usingServer(this.#settings.url).withCapabilities(capabilities).build();
    } catch (error) {
      throw environmentError(
        'RTCB_GRID_SESSION',
        this.#redact(`the grid gives no session: ${errorMessage(error).split('\n')[0]}`),
        { hint: 'the log of its node says why; as root, Chromium needs noSandbox: true in the scenario' },
      );
    }
    const page = new GridPage(driver, this.#system.clock, (message) => this.#redact(message));
    this.#pages.add(page);
    try {
      if (this.#closed) throw new Error('the engine was closed');
      await driver.manage().setTimeouts({ script: SCRIPT_TIMEOUT_MS });
      await driver.get(url);
      const version = (await driver.getCapabilities()).getBrowserVersion();
      this.#browserVersion ??= version ?? null;
      return page;
    } catch (error) {
      await page.close();
      throw new Error(this.#redact(errorMessage(error)));
    }
  }

  async #sandboxArguments(): Promise<string[]> {
    const { noSandbox, browserName, url } = this.#settings;
    if (browserName === 'firefox' || noSandbox === false) return [];
    const without = noSandbox === true || (isLoopback(url) && (await sandboxObstacle(this.#system)) !== null);
    return without ? ['--no-sandbox'] : [];
  }

  /** null: what answers is no Selenium Grid. */
  async #status(signal: AbortSignal): Promise<GridStatus | null> {
    const response = await this.#fetch('status', 'GET', signal);
    return parseGridStatus(await response.json().catch(() => null));
  }

  /** A grid has its slots back a moment after their sessions were deleted. */
  async #statusWithout(ids: ReadonlySet<string>, signal: AbortSignal): Promise<GridStatus | null> {
    const { clock } = this.#system;
    const deadlineMs = clock.nowMs() + DELETE_TIMEOUT_MS;
    for (;;) {
      const status = await this.#status(signal);
      const remain = status !== null && sessionsOf(status).some(({ id }) => ids.has(id));
      if (!remain || clock.nowMs() >= deadlineMs) return status;
      await clock.sleep(STATUS_INTERVAL_MS, signal);
    }
  }

  async #delete(sessionId: string, signal: AbortSignal): Promise<void> {
    await this.#fetch(`session/${encodeURIComponent(sessionId)}`, 'DELETE', signal);
  }

  async #fetch(path: string, method: 'GET' | 'DELETE', signal: AbortSignal): Promise<Response> {
    const url = new URL(this.#settings.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`;
    try {
      return await fetch(url, {
        method,
        signal: AbortSignal.any([signal, AbortSignal.timeout(STATUS_TIMEOUT_MS)]),
      });
    } catch (error) {
      signal.throwIfAborted();
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw environmentError(
        'RTCB_GRID_UNREACHABLE',
        `the grid does not answer: ${this.#redact(errorMessage(cause))}`,
        { hint: 'is its address right, and is it running?' },
      );
    }
  }

  #say(line: string): void {
    this.#system.stderr.write(`${line}\n`);
  }

  /** Its address may be a secret, and what others say of it often quotes it. */
  #redact(message: string): string {
    const { href, host, hostname, pathname, search } = new URL(this.#settings.url);
    const secrets = [this.#settings.url, href, host, hostname, search, pathname.length > 1 ? pathname : ''];
    return secrets
      .filter((secret) => secret !== '')
      .reduce((text, secret) => text.replaceAll(secret, '(grid)'), message);
  }
}
