import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../errors.ts';

/** What parts of a run leave beside its record, by their names in the folder. */
export const SIDE_FILES = {
  observer: 'observer/summary.json',
  probe: 'probe.json',
  capacity: 'capacity.json',
  tune: 'tune.json',
} as const;

/** Beyond this a file is none that we wrote. */
const MOST_BYTES = 256 * 1024 * 1024;

/** A file that a folder may have or not: its text, nothing where there is none, or why it could not be read. */
export async function readSideFile(
  dir: string,
  name: string,
): Promise<{ text: string | null; problem: string | null }> {
  const path = join(dir, name);
  try {
    if ((await stat(path)).size > MOST_BYTES)
      return { text: null, problem: `${name} is too large to be read` };
    return { text: await readFile(path, 'utf8'), problem: null };
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return { text: null, problem: absent ? null : `${name} could not be read: ${errorMessage(error)}` };
  }
}
