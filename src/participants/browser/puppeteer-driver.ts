import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Browser } from 'puppeteer';
import { environmentError, errorMessage } from '../../errors.ts';
import { sweepLeftovers } from '../../setup/leftovers.ts';
import { RunDirectory } from '../../system/run-directory.ts';
import { Scope } from '../../system/scope.ts';
import { sibling } from '../../system/sibling.ts';
import type { System } from '../../system/types.ts';
import type { BrowserDriver, BrowserPage, ProcessUsage } from './driver.ts';
import type { FindBrowser, LocalBrowser, LocalBrowserSettings } from './local-browser.ts';
import { killTree, processTree } from './process-tree.ts';
import { PuppeteerPage } from './puppeteer-page.ts';

/** How long a browser may take to end by itself before it is killed. */
const CLOSE_TIMEOUT_MS = 3_000;

/** One browser on this host for all its participants, driven by puppeteer: DevTools over a pipe, or BiDi. */
export class PuppeteerDriver implements BrowserDriver {
  readonly longPollMs = 1_000;
  readonly #system: System;
  readonly #find: FindBrowser;
  readonly #settings: LocalBrowserSettings;
  readonly #scope = new Scope();
  #versions: Record<string, string> = {};
  #browser: Browser | null = null;
  #gone: Promise<string> = new Promise(() => {});
  #pid: number | null = null;

  constructor(system: System, find: FindBrowser, settings: LocalBrowserSettings) {
    this.#system = system;
    this.#find = find;
    this.#settings = settings;
  }

  async start(signal: AbortSignal): Promise<void> {
    const found = await this.#find(this.#system, this.#settings);
    requireNetwork();
    sweepLeftovers();
    signal.throwIfAborted();
    const directory = RunDirectory.create('browser');
    this.#scope.defer('temporary browser profile', () => directory.remove());
    const browser = await this.#launch(found, directory);
    this.#browser = browser;
    this.#versions = found.versions;
    this.#pid = browser.process()?.pid ?? null;
    this.#gone = new Promise((resolve) => browser.on('disconnected', () => resolve('the browser has ended')));
    this.#scope.defer('browser', () => this.#end(browser));
    if (!found.endsWithOwner) this.#watchOver(directory);
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
    return this.#versions;
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

  async #launch(found: LocalBrowser, directory: RunDirectory): Promise<Browser> {
    const puppeteer = await import('puppeteer');
    try {
      return await puppeteer.launch({
        ...found.launch,
        userDataDir: directory.folder('profile'),
        // Signals are for whoever runs the engine to act on.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        timeout: this.#settings.startTimeoutMs,
      });
    } catch (error) {
      await this.#scope.close();
      throw environmentError('RTCB_BROWSER_START', `the browser did not start: ${errorMessage(error)}`, {
        hint: `npx rtc-bench doctor; tried ${found.executablePath}`,
        cause: error,
      });
    }
  }

  /** Sees to it that the browser ends with us, however we end. */
  #watchOver(directory: RunDirectory): void {
    const reaper = this.#system.processes.spawn(
      process.execPath,
      [sibling(import.meta.url, './reaper'), String(this.#pid), directory.path],
      { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
    );
    // Its end of the pipe must not keep us here; that it closes when we end is all that it is for.
    reaper.unref();
    if (reaper.stdin instanceof Socket) reaper.stdin.unref();
    this.#scope.defer('browser reaper', () => void reaper.kill('SIGKILL'));
  }

  /** Asks the browser to end, then makes sure that none of its processes stays. */
  async #end(browser: Browser): Promise<void> {
    const processes = this.#pid === null ? [] : processTree(this.#pid);
    const timeout = new AbortController();
    await Promise.race([
      browser.close().catch(() => {}),
      this.#system.clock.sleep(CLOSE_TIMEOUT_MS, timeout.signal).catch(() => {}),
    ]);
    timeout.abort();
    killTree(processes);
  }
}

/** Browsers gather no ICE candidate on a loopback interface, not even to reach an SFU that listens on one. */
function requireNetwork(): void {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  if (addresses.some(({ internal }) => !internal)) return;
  throw environmentError(
    'RTCB_BROWSER_NETWORK',
    'browsers need a network interface beside loopback, and this host has none',
    {
      hint: 'any address does, as of a veth pair: ip link add va type veth peer name vb; or use synthetic participants',
    },
  );
}
