import { relative } from 'node:path';

/** As short as it can be typed: below the working folder without it. */
export function shownPath(cwd: string, path: string): string {
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') ? path : below;
}
