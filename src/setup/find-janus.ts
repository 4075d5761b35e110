import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError } from '../errors.ts';
import type { System } from '../system/types.ts';
import { findProgram } from './find-program.ts';

export interface FoundJanus {
  program: string;
  /** Has the folders `plugins`, `transports`, `events` and `loggers`. */
  libraryFolder: string;
}

/** Where packages and a build from the sources put the plugins. */
function libraryFolders(): string[] {
  const multiarch = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'janus'))
    : [];
  return [...multiarch, '/usr/lib/janus', '/usr/local/lib/janus', '/opt/janus/lib/janus'];
}

/** The Janus server that is installed on this host; null where there is none with the plugin that is used. */
export function findJanus(system: Pick<System, 'env'>): FoundJanus | null {
  const program = findProgram({ ...system.env, PATH: `${system.env.PATH ?? ''}:/opt/janus/bin` }, 'janus');
  const libraryFolder = libraryFolders().find((folder) =>
    existsSync(join(folder, 'plugins', 'libjanus_videoroom.so')),
  );
  return program === null || libraryFolder === undefined ? null : { program, libraryFolder };
}

/** @throws RtcBenchError RTCB_JANUS_MISSING */
export function requireJanus(system: Pick<System, 'env'>): FoundJanus {
  const found = findJanus(system);
  if (found !== null) return found;
  throw environmentError('RTCB_JANUS_MISSING', 'target.start is true, and there is no Janus on this host', {
    hint: 'npx rtc-bench setup --all, or apt-get install --no-install-recommends janus',
  });
}
