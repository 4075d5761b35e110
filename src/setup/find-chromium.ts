import { existsSync, readdirSync, realpathSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { environmentError } from '../errors.ts';
import type { System } from '../system/types.ts';
import { npmChromiumLayout } from './chromium/npm-layout.ts';
import { findProgram, isExecutable } from './find-program.ts';
import { runProgram } from './run-program.ts';
import { sandboxObstacle } from './sandbox.ts';

/** A Chromium that was seen to start here, and what it needs on this host. */
export interface FoundChromium {
  executablePath: string;
  /** Arguments that this executable needs on this host (sandbox, small /dev/shm); the engine adds its own. */
  args: string[];
  /** Variables to set beside the caller's environment. */
  env: Record<string, string>;
  /** Whether it is a whole browser (`--headless=new`) or only a headless shell; as puppeteer's `headless`. */
  headless: true | 'shell';
  source: 'configured' | 'puppeteer' | 'system' | 'npm';
  /** As it prints it, for example `Chromium 156.0.8078.79`. */
  version: string;
}

/** Below this /dev/shm Chromium crashes in odd places; container defaults are 64 MiB. */
const SHM_MINIMUM_BYTES = 512 * 1024 * 1024;
const VERSION_TIMEOUT_MS = 15_000;

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const SYSTEM_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

type Candidate = Pick<FoundChromium, 'executablePath' | 'source' | 'headless' | 'env'>;

/** Browsers in puppeteer's own cache (`PUPPETEER_CACHE_DIR`, by default `~/.cache/puppeteer`), newest first. */
async function puppeteerChromes(env: System['env']): Promise<string[]> {
  const cacheDir = puppeteerCacheDirectory(env);
  if (!existsSync(join(cacheDir, 'chrome')) || readdirSync(join(cacheDir, 'chrome')).length === 0) return [];
  const { Browser, getInstalledBrowsers, getVersionComparator } = await import('@puppeteer/browsers');
  const newestFirst = getVersionComparator(Browser.CHROME);
  const installed = await getInstalledBrowsers({ cacheDir });
  return installed
    .filter(({ browser }) => browser === Browser.CHROME)
    .sort((a, b) => newestFirst(b.buildId, a.buildId))
    .map(({ executablePath }) => executablePath);
}

export function puppeteerCacheDirectory(env: System['env']): string {
  return env.PUPPETEER_CACHE_DIR ?? join(env.HOME ?? homedir(), '.cache', 'puppeteer');
}

function systemChromium(env: System['env']): string | null {
  const onPath = SYSTEM_NAMES.map((name) => findProgram(env, name)).filter((path) => path !== null);
  // A snap does not see the temporary folder, where the profiles of a run lie.
  return (
    [...onPath, ...SYSTEM_PATHS].find(
      (path) => isExecutable(path) && basename(realpathSync(path)) !== 'snap',
    ) ?? null
  );
}

function npmChromium(env: System['env']): Candidate {
  const layout = npmChromiumLayout(env);
  const libraries = [layout.libraries, env.LD_LIBRARY_PATH].filter(
    (path) => path !== undefined && path !== '',
  );
  return {
    executablePath: layout.executablePath,
    source: 'npm',
    headless: 'shell',
    env: {
      LD_LIBRARY_PATH: libraries.join(':'),
      ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: layout.fonts }),
    },
  };
}

/** The version that the executable prints, or null when it does not start, for want of a library say. */
async function versionOf(system: System, { executablePath, env }: Candidate): Promise<string | null> {
  if (!isExecutable(executablePath)) return null;
  const result = await runProgram(system, executablePath, ['--version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
    env: { ...system.env, ...env },
  });
  if (result.exitCode !== 0) return null;
  return /\b(?:Chrom\w+|HeadlessChrome)[^\n]* \d+\.\d+\.\d+\.\d+/.exec(result.output)?.[0] ?? null;
}

function sharedMemoryIsSmall(): boolean {
  try {
    const { bsize, blocks } = statfsSync('/dev/shm');
    return bsize * blocks < SHM_MINIMUM_BYTES;
  } catch {
    return process.platform === 'linux';
  }
}

async function hostArguments(system: System): Promise<string[]> {
  return [
    ...((await sandboxObstacle(system)) === null ? [] : ['--no-sandbox']),
    ...(sharedMemoryIsSmall() ? ['--disable-dev-shm-usage'] : []),
  ];
}

async function accept(system: System, candidate: Candidate): Promise<FoundChromium | null> {
  const version = await versionOf(system, candidate);
  return version === null ? null : { ...candidate, version, args: await hostArguments(system) };
}

/**
 * The Chromium to run participants in, seen to start here; null where set-up has to provide one first.
 * In order: `PUPPETEER_EXECUTABLE_PATH`, the one that puppeteer manages, the system's, the npm package's.
 * Takes tens of milliseconds and no network.
 * @throws RtcBenchError RTCB_CHROMIUM_UNUSABLE when `PUPPETEER_EXECUTABLE_PATH` names something that does not start.
 */
export async function findChromium(system: System): Promise<FoundChromium | null> {
  const { env } = system;
  const configured = env.PUPPETEER_EXECUTABLE_PATH;
  const plain = { headless: true, env: {} } as const;
  if (configured !== undefined && configured !== '') {
    const found = await accept(system, { ...plain, executablePath: configured, source: 'configured' });
    if (found !== null) return found;
    throw environmentError(
      'RTCB_CHROMIUM_UNUSABLE',
      `PUPPETEER_EXECUTABLE_PATH is no Chromium that starts: ${configured}`,
      { hint: 'point it at a Chromium or Chrome, or unset it and run: npx rtc-bench setup' },
    );
  }
  const ownSystem = systemChromium(env);
  const candidates: Candidate[] = [
    ...(await puppeteerChromes(env)).map(
      (executablePath): Candidate => ({ ...plain, executablePath, source: 'puppeteer' }),
    ),
    ...(ownSystem === null ? [] : [{ ...plain, executablePath: ownSystem, source: 'system' } as const]),
    npmChromium(env),
  ];
  for (const candidate of candidates) {
    const found = await accept(system, candidate);
    if (found !== null) return found;
  }
  return null;
}

/** As `findChromium`, but its absence is the error that a user sees. */
export async function requireChromium(system: System): Promise<FoundChromium> {
  const found = await findChromium(system);
  if (found !== null) return found;
  throw environmentError('RTCB_CHROMIUM_MISSING', 'no Chromium is installed that starts here', {
    hint: 'npx rtc-bench setup',
  });
}
