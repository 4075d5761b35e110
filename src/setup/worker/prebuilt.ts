import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorMessage } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import { lastLines } from '../debian.ts';
import { WORKER_FILE, workerCacheDirectories, workerStarts } from '../find-worker.ts';
import { installedPackage } from '../package-root.ts';
import { runProgram } from '../run-program.ts';
import { type Progress, type Source, SourceFailed } from '../types.ts';

/** Until the server has answered; an unreachable one must not hold up the other ways. */
const ANSWER_TIMEOUT_MS = 8000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UPSTREAM_RELEASES = 'https://github.com/versatica/mediasoup/releases/download';

/** The address that mediasoup's own install step downloads from (upstream: npm-scripts.mjs). */
export function prebuiltUrl(env: System['env'], version: string): string {
  const base = env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || UPSTREAM_RELEASES;
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  return `${base}/${version}/mediasoup-worker-${version}-${process.platform}-${process.arch}${kernel}.tgz`;
}

async function download(url: string, file: string, signal: AbortSignal): Promise<void> {
  const answered = new AbortController();
  const timer = setTimeout(
    () => answered.abort(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)),
    ANSWER_TIMEOUT_MS,
  );
  try {
    const stop = AbortSignal.any([signal, answered.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
    const response = await fetch(url, { signal: stop });
    clearTimeout(timer);
    if (!response.ok || response.body === null) throw new Error(`the server says ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal: stop });
  } finally {
    clearTimeout(timer);
  }
}

/** fetch says only "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined
    ? errorMessage(error)
    : errorMessage(cause) || String((cause as { code?: unknown }).code);
}

/** mediasoup's prebuilt worker from its release page, kept outside node_modules. */
export function prebuiltWorker(system: System): Source {
  const mediasoup = installedPackage('mediasoup');
  return {
    async plan() {
      if (mediasoup === null) return null;
      return [`download ${prebuiltUrl(system.env, mediasoup.version)}`];
    },
    async provide(progress: Progress, signal: AbortSignal) {
      if (mediasoup === null) throw new SourceFailed('the npm package mediasoup is not installed');
      const url = prebuiltUrl(system.env, mediasoup.version);
      const target = workerCacheDirectories(system.env, mediasoup.version).prebuilt;
      progress.step(`  downloading ${url}`);
      mkdirSync(dirname(target), { recursive: true });
      const work = mkdtempSync(join(dirname(target), 'download-'));
      try {
        const archive = join(work, 'worker.tgz');
        try {
          await download(url, archive, signal);
        } catch (error) {
          signal.throwIfAborted();
          throw new SourceFailed(`download failed: ${reasonOf(error)}`);
        }
        const content = join(work, 'content');
        mkdirSync(content);
        const args = ['-xzf', archive, '-C', content];
        const unpacked = await runProgram(system, 'tar', args, { timeoutMs: 60_000, signal });
        if (unpacked.exitCode !== 0) throw new SourceFailed(`cannot unpack it: ${lastLines(unpacked)}`);
        chmodSync(join(content, WORKER_FILE), 0o755);
        if (!(await workerStarts(system, join(content, WORKER_FILE)))) {
          throw new SourceFailed('the prebuilt worker does not start on this host');
        }
        rmSync(target, { recursive: true, force: true });
        renameSync(content, target);
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
  };
}
