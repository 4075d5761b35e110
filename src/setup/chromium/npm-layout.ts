import { join } from 'node:path';
import type { System } from '../../system/types.ts';
import { cacheDirectory } from '../cache-dir.ts';

/** The npm package that carries a Chromium of its own (a headless shell, Linux on x64 only). */
export const CHROMIUM_PACKAGE = '@sparticuz/chromium';
/** Pinned, because what is unpacked is a program that will be run. */
export const CHROMIUM_PACKAGE_VERSION = '153.0.0';

/** Where set-up unpacks the npm package's Chromium. */
export interface NpmChromiumLayout {
  directory: string;
  executablePath: string;
  /** Shared libraries that a bare Debian may lack. */
  libraries: string;
  fonts: string;
}

export function npmChromiumLayout(env: System['env']): NpmChromiumLayout {
  const directory = join(cacheDirectory(env), `chromium-npm-${CHROMIUM_PACKAGE_VERSION}`);
  return {
    directory,
    executablePath: join(directory, 'chromium'),
    libraries: join(directory, 'lib'),
    fonts: directory,
  };
}
