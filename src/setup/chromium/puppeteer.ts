import { join } from 'node:path';
import type { System } from '../../system/types.ts';
import { lastLines } from '../debian.ts';
import { puppeteerCacheDirectory } from '../find-chromium.ts';
import { installedPackage } from '../package-root.ts';
import { runProgram } from '../run-program.ts';
import { type Source, SourceFailed } from '../types.ts';

const ANSWER_TIMEOUT_MS = 8000;
const DOWNLOAD_TIMEOUT_MS = 600_000;
/** A download that says nothing for so long has stalled. */
const SILENCE_MS = 30_000;

/** Where Chrome for Testing is downloaded from; puppeteer reads the same variable. */
const DOWNLOADS = 'https://storage.googleapis.com/chrome-for-testing-public';

/** Whether the download server answers at all: puppeteer itself waits for it without limit. */
async function serverAnswers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/**
 * The Chrome that puppeteer manages, downloaded by puppeteer's own command into its own cache. As a process of its
 * own, because its download cannot be interrupted otherwise.
 */
export function puppeteerChrome(system: System): Source {
  const puppeteer = installedPackage('puppeteer');
  const base = system.env.PUPPETEER_CHROME_DOWNLOAD_BASE_URL || DOWNLOADS;
  return {
    async plan() {
      // Chrome for Testing is not built for Linux on ARM.
      if (puppeteer === null || (process.platform === 'linux' && process.arch !== 'x64')) return null;
      return [`download Chrome for Testing from ${base} into ${puppeteerCacheDirectory(system.env)}`];
    },
    async provide(progress, signal) {
      if (puppeteer === null) throw new SourceFailed('the npm package puppeteer is not installed');
      progress.step(`  downloading Chrome for Testing from ${base}`);
      if (!(await serverAnswers(base, signal))) {
        throw new SourceFailed(`download failed: ${new URL(base).host} cannot be reached`);
      }
      const command = join(puppeteer.directory, 'lib', 'puppeteer', 'node', 'cli.js');
      const result = await runProgram(system, process.execPath, [command, 'browsers', 'install', 'chrome'], {
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        silenceMs: SILENCE_MS,
        signal,
        // Node minds HTTPS_PROXY only when told to.
        env: { ...system.env, NODE_USE_ENV_PROXY: '1' },
        onLine: (line) => progress.status(line),
      });
      signal.throwIfAborted();
      if (result.exitCode !== 0) throw new SourceFailed(`download failed: ${lastLines(result)}`);
    },
  };
}
