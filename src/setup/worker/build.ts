import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { System } from '../../system/types.ts';
import { type Debian, lastLines } from '../debian.ts';
import { findProgram } from '../find-program.ts';
import { WORKER_FILE, workerCacheDirectories, workerRecipeDirectory, workerStarts } from '../find-worker.ts';
import { withLock } from '../lock.ts';
import { type InstalledPackage, installedPackage } from '../package-root.ts';
import { type ProgramResult, runProgram } from '../run-program.ts';
import { type Progress, type Source, SourceFailed } from '../types.ts';
import { PATCHED_FILE, patchDtlsTransport } from './patch.ts';

/** What the build needs, as Debian 12 names it. */
export const BUILD_PACKAGES = [
  'cmake',
  'flatbuffers-compiler',
  'g++',
  'libflatbuffers-dev',
  'libsrtp2-dev',
  'libssl-dev',
  'libuv1-dev',
  'ninja-build',
  'pkg-config',
];
const CONFIGURE_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 30 * 60_000;
/** The worst source files take nearly this much memory to compile. */
const MEMORY_PER_JOB_BYTES = 700e6;

const TOOLS = ['cmake', 'ninja', 'pkg-config', 'flatc', 'g++'];
const LIBRARIES = ['libuv', 'openssl', 'libsrtp2'];

/** Tools and libraries that the build would not find; asked of the tools themselves, so any distribution will do. */
async function missingTools(system: System): Promise<string[]> {
  const tools = TOOLS.filter((tool) => {
    const names = tool === 'g++' ? ['g++', 'c++', 'clang++'] : [tool];
    return findProgram(system.env, ...names) === null;
  });
  if (tools.includes('pkg-config')) return [...tools, ...LIBRARIES];
  const missing: string[] = [];
  for (const library of LIBRARIES) {
    const asked = await runProgram(system, 'pkg-config', ['--exists', library], { timeoutMs: 10_000 });
    if (asked.exitCode !== 0) missing.push(library);
  }
  return [...tools, ...missing];
}

function jobs(system: System): number {
  const fitting = Math.floor(system.readHostCounters().memoryAvailableBytes / MEMORY_PER_JOB_BYTES);
  return Math.max(1, Math.min(availableParallelism(), fitting));
}

/** Writes the changed copy of the one source file, where it needs changing. */
function writePatchedSources(mediasoup: InstalledPackage, directory: string): void {
  const result = patchDtlsTransport(
    readFileSync(join(mediasoup.directory, 'worker', 'src', PATCHED_FILE), 'utf8'),
  );
  if (result.kind === 'unknown') {
    throw new SourceFailed(
      `mediasoup ${mediasoup.version} is not a version that this recipe knows how to build: ` +
        `worker/src/${PATCHED_FILE} has changed`,
    );
  }
  if (result.kind === 'unneeded') return;
  mkdirSync(dirname(join(directory, PATCHED_FILE)), { recursive: true });
  writeFileSync(join(directory, PATCHED_FILE), result.source);
}

/** Builds the worker from the sources in the npm package, by the recipe in native/mediasoup-worker. */
export function builtWorker(system: System, debian: Debian): Source {
  const mediasoup = installedPackage('mediasoup');

  async function build(source: InstalledPackage, target: string, progress: Progress, signal: AbortSignal) {
    // Under the lock there is one of these; what a killed set-up left in it goes first.
    const work = `${target}.build`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const log = join(dirname(target), 'mediasoup-worker-build.log');
    const step = async (name: string, file: string, args: string[], timeoutMs: number) => {
      const result = await runProgram(system, file, args, {
        timeoutMs,
        signal,
        env: { ...system.env, NINJA_STATUS: '[%f/%t] ' },
        // ninja names the whole path of the object file; the source below worker/src says as much.
        onLine: (line) => progress.status(line.replace(/Building CXX object \S*\/src\/(\S+)\.o$/, '$1')),
      });
      signal.throwIfAborted();
      if (result.exitCode !== 0) fail(name, result, log);
    };
    try {
      const patched = join(work, 'patched');
      mkdirSync(patched);
      writePatchedSources(source, patched);
      const output = join(work, 'out');
      const configure = ['-G', 'Ninja', '-S', workerRecipeDirectory(), '-B', output];
      const settings = [
        `-DMEDIASOUP_WORKER=${join(source.directory, 'worker')}`,
        `-DPATCHED_SOURCES=${patched}`,
      ];
      await step('cmake', 'cmake', [...configure, ...settings], CONFIGURE_TIMEOUT_MS);
      await step('ninja', 'ninja', ['-C', output, '-j', String(jobs(system))], BUILD_TIMEOUT_MS);
      if (!(await workerStarts(system, join(output, WORKER_FILE)))) {
        throw new SourceFailed('the worker was built but does not start');
      }
      const result = join(work, 'result');
      mkdirSync(result);
      copyFileSync(join(output, WORKER_FILE), join(result, WORKER_FILE));
      rmSync(target, { recursive: true, force: true });
      renameSync(result, target);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  return {
    async plan() {
      // The recipe is for little-endian Linux, where the libraries come from the distribution.
      if (mediasoup === null || process.platform !== 'linux') return null;
      const missing = await missingTools(system);
      if (missing.length > 0 && !debian.hasApt()) return null;
      const packages = missing.length === 0 ? [] : await debian.missing(BUILD_PACKAGES);
      return [
        ...(packages.length === 0 ? [] : [`install Debian packages: ${debian.command(packages)}`]),
        `build mediasoup-worker ${mediasoup.version} from ${join(mediasoup.directory, 'worker')} (about a minute on two cores)`,
        `keep it in ${workerCacheDirectories(system.env, mediasoup.version).built}`,
      ];
    },
    async provide(progress, signal) {
      if (mediasoup === null) throw new SourceFailed('the npm package mediasoup is not installed');
      if ((await missingTools(system)).length > 0) await debian.install(BUILD_PACKAGES, progress, signal);
      const missing = await missingTools(system);
      if (missing.length > 0) throw new SourceFailed(`the build needs ${missing.join(', ')}`);
      const target = workerCacheDirectories(system.env, mediasoup.version).built;
      const onWait = (pid: number) =>
        progress.step(`  another set-up (process ${pid}) is building it; waiting`);
      await withLock(
        system.clock,
        `${target}.lock`,
        { timeoutMs: BUILD_TIMEOUT_MS, signal, onWait },
        async () => {
          if (await workerStarts(system, join(target, WORKER_FILE))) return;
          progress.step(
            `  building mediasoup-worker ${mediasoup.version} from source (about a minute on two cores)`,
          );
          const startedAtMs = system.clock.nowMs();
          await build(mediasoup, target, progress, signal);
          progress.done();
          progress.step(`  built in ${Math.round((system.clock.nowMs() - startedAtMs) / 1000)} s`);
        },
      );
    },
  };
}

function fail(name: string, result: ProgramResult, log: string): never {
  writeFileSync(log, result.output);
  const errors = result.output.split('\n').filter((line) => /error|FAILED|Could NOT|not found/i.test(line));
  const why = errors.slice(0, 3).join(' / ') || lastLines(result);
  throw new SourceFailed(`${name} failed: ${result.failure ?? why} (whole output: ${log})`);
}
