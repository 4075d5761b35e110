import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { System } from '../system/types.ts';

/** Whether `path` is a file that this user may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first of `names` found on PATH, as a full path; null where there is none. */
export function findProgram(env: System['env'], ...names: string[]): string | null {
  const directories = (env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}
