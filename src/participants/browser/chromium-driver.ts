import type { Browser } from 'puppeteer';
import { environmentError, errorMessage } from '../../errors.ts';
import { type FoundChromium, requireChromium } from '../../setup/find-chromium.ts';
import { sandboxObstacle } from '../../setup/sandbox.ts';
import { Scope } from '../../system/scope.ts';
import type { System } from '../../system/types.ts';
import { chromiumArguments } from './chromium-arguments.ts';
import type { BrowserDriver, BrowserPage, ProcessUsage } from './driver.ts';
import { processTree } from './process-tree.ts';
import { PuppeteerPage } from './puppeteer-page.ts';
import { RunDirectory, removeLeftovers } from './run-directory.ts';

const START_TIMEOUT_MS = 30_000;
/** How long Chromium may take to end by itself before it is killed. */
const CLOSE_TIMEOUT_MS = 3_000;

/** One Chromium on this host for all participants, driven by puppeteer over a pipe. */
export class ChromiumDriver implements BrowserDriver {
  readonly longPollMs = 1_000;
  readonly #system: System;
  readonly #scope = new Scope();
  #found: FoundChromium | null = null;
  #sandboxObstacle: string | null = null;
  #browser: Browser | null = null;
  #gone: Promise<string> = new Promise(() => {});
  #pid: number | null = null;

  constructor(system: System) {
    this.#system = system;
  }

  async start(signal: AbortSignal): Promise<void> {
    const found = await requireChromium(this.#system);
    if (found.args.includes('--no-sandbox')) this.#sandboxObstacle = await sandboxObstacle(this.#system);
    await removeLeftovers();
    signal.throwIfAborted();
    const directory = RunDirectory.create();
    this.#scope.defer('temporary browser profile', () => directory.remove());
    const puppeteer = await import('puppeteer');
    try {
      this.#browser = await puppeteer.launch({
        executablePath: found.executablePath,
        headless: found.headless,
        env: { ...this.#system.env, ...found.env },
        args: [...chromiumArguments(), ...found.args],
        userDataDir: directory.folder('profile'),
        // Chromium ends when its pipe closes, so it cannot outlive us however we end.
        pipe: true,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        timeout: START_TIMEOUT_MS,
      });
    } catch (error) {
      await this.#scope.close();
      throw environmentError('RTCB_BROWSER_START', `Chromium did not start: ${errorMessage(error)}`, {
        hint: `npx rtc-bench doctor; tried ${found.executablePath}`,
        cause: error,
      });
    }
    const browser = this.#browser;
    this.#found = found;
    this.#pid = browser.process()?.pid ?? null;
    this.#gone = new Promise((resolve) => browser.on('disconnected', () => resolve('the browser has ended')));
    this.#scope.defer('browser', () => this.#end(browser));
    if (signal.aborted) await this.close();
    signal.throwIfAborted();
  }

  /** Each page in a context of its own: no storage is shared, and each is in front in a window of its own. */
  async openPage(url: string): Promise<BrowserPage> {
    if (this.#browser?.connected !== true) throw new Error('the browser has ended');
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    // Video is decoded whether or not it is in view, and drawn only if it is.
    await page.setViewport({ width: 8, height: 8 });
    await page.goto(url, { waitUntil: 'load' });
    return new PuppeteerPage(page, this.#gone);
  }

  versions(): Record<string, string> {
    if (this.#found === null) return {};
    return {
      chromium: this.#found.version.replace(/^.* /, ''),
      ...(this.#sandboxObstacle === null ? {} : { 'chromium-sandbox': `off: ${this.#sandboxObstacle}` }),
    };
  }

  readUsage(): ProcessUsage {
    const tree = this.#pid === null ? [] : processTree(this.#pid);
    if (tree.length === 0) return { cpuSeconds: null, rssBytes: null };
    return {
      cpuSeconds: tree.reduce((sum, process) => sum + process.cpuSeconds, 0),
      rssBytes: tree.reduce((sum, process) => sum + process.rssBytes, 0),
    };
  }

  async close(): Promise<void> {
    await this.#scope.close();
  }

  /** Asks Chromium to end, then makes sure that none of its processes stays. */
  async #end(browser: Browser): Promise<void> {
    const processes = this.#pid === null ? [] : processTree(this.#pid);
    const timeout = new AbortController();
    await Promise.race([
      browser.close().catch(() => {}),
      this.#system.clock.sleep(CLOSE_TIMEOUT_MS, timeout.signal).catch(() => {}),
    ]);
    timeout.abort();
    for (const { pid } of processes) kill(pid);
  }
}

/** What has ended meanwhile needs no killing; process ids come round again only after many thousand others. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // No such process: it has ended.
  }
}
