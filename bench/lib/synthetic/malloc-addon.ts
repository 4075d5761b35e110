import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installedPackage } from '../../../src/setup/package-root.ts';

const SOURCE = fileURLToPath(new URL('../../native/malloc.c', import.meta.url));
const run = promisify(execFile);

export interface MallocAddon extends AsyncDisposable {
  readonly file: string;
}

/** Compiles bench/native/malloc.c. Rejects without a C compiler, or where the C library is not glibc 2.33 or newer. */
export async function compileMallocAddon(): Promise<MallocAddon> {
  const headers = installedPackage('node-api-headers');
  if (headers === null) throw new Error('the npm package node-api-headers is not installed: run npm install');
  const folder = await mkdtemp(join(tmpdir(), 'rtc-bench-malloc-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'malloc.node');
  try {
    const include = `-I${join(headers.directory, 'include')}`;
    await run('cc', ['-O2', '-shared', '-fPIC', include, '-o', file, SOURCE]);
  } catch (error) {
    await dispose();
    throw new Error('bench/native/malloc.c was not compiled: it needs a C compiler and glibc 2.33 or newer', {
      cause: error,
    });
  }
  return { file, [Symbol.asyncDispose]: dispose };
}
