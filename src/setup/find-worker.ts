import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError } from '../errors.ts';
import type { System } from '../system/types.ts';
import { cacheDirectory } from './cache-dir.ts';
import { isExecutable } from './find-program.ts';
import { installedPackage, packageRoot } from './package-root.ts';
import { runProgram } from './run-program.ts';
import { MENDED } from './worker/patch.ts';

export const WORKER_FILE = 'mediasoup-worker';

/** What the worker exits with when it is not started by mediasoup (upstream: worker/src/lib or main.cpp). */
const NOT_STARTED_BY_MEDIASOUP = 41;
const START_TIMEOUT_MS = 5000;

/** The recipe that builds the worker: CMakeLists.txt and what lies beside it. */
export function workerRecipeDirectory(): string {
  return join(packageRoot(), 'native', 'mediasoup-worker');
}

/** Hash of the recipe and of what is changed in the sources: another recipe is another build. */
function recipeHash(directory: string): string {
  const hash = createHash('sha256').update(MENDED);
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(directory.length)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** Where set-up puts a worker, built or downloaded, of this version on this kind of machine. */
export function workerCacheDirectories(
  env: System['env'],
  version: string,
): { built: string; prebuilt: string } {
  const base = `${WORKER_FILE}-${version}-${process.platform}-${process.arch}`;
  return {
    built: join(cacheDirectory(env), `${base}-${recipeHash(workerRecipeDirectory())}`),
    prebuilt: join(cacheDirectory(env), `${base}-prebuilt`),
  };
}

/** Whether the worker starts on this machine at all: it may have been built for other libraries. */
export async function workerStarts(
  system: Pick<System, 'processes' | 'env'>,
  file: string,
): Promise<boolean> {
  if (!isExecutable(file)) return false;
  // Without its version in the environment the worker says that this is not mediasoup, and ends.
  const { exitCode } = await runProgram(system, file, [], { timeoutMs: START_TIMEOUT_MS, env: {} });
  return exitCode === NOT_STARTED_BY_MEDIASOUP;
}

/**
 * The mediasoup worker to start bridges with, checked to run here; null where set-up has to provide one first.
 * In order: `MEDIASOUP_WORKER_BIN`, the one that mediasoup's own install step left, the downloaded one, the
 * built one. Takes milliseconds and no network.
 * @throws RtcBenchError RTCB_WORKER_UNUSABLE when `MEDIASOUP_WORKER_BIN` names something that does not start.
 */
export async function findWorker(system: System): Promise<string | null> {
  const configured = system.env.MEDIASOUP_WORKER_BIN;
  if (configured !== undefined && configured !== '') {
    if (await workerStarts(system, configured)) return configured;
    throw environmentError(
      'RTCB_WORKER_UNUSABLE',
      `MEDIASOUP_WORKER_BIN is no worker that starts: ${configured}`,
      {
        hint: 'point it at a mediasoup-worker, or unset it and run: npx rtc-bench setup',
      },
    );
  }
  const mediasoup = installedPackage('mediasoup');
  if (mediasoup === null) return null;
  const cache = workerCacheDirectories(system.env, mediasoup.version);
  const candidates = [join(mediasoup.directory, 'worker', 'out', 'Release'), cache.prebuilt, cache.built];
  for (const directory of candidates) {
    const file = join(directory, WORKER_FILE);
    if (await workerStarts(system, file)) return file;
  }
  return null;
}

/** As `findWorker`, but its absence is the error that a user sees. */
export async function requireWorker(system: System): Promise<string> {
  const file = await findWorker(system);
  if (file !== null) return file;
  throw environmentError('RTCB_WORKER_MISSING', 'the mediasoup worker is not installed', {
    hint: 'npx rtc-bench setup',
  });
}
