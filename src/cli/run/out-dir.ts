import { join, resolve } from 'node:path';

/** Longest part of a scenario's name that goes into a folder name. */
const MAX_SLUG_LENGTH = 60;

/** A scenario's name as part of a folder name: letters, digits and dashes, never empty, never a path. */
export function slug(name: string): string {
  const letters = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, MAX_SLUG_LENGTH);
  return letters === '' ? 'run' : letters;
}

/** Where a run lands: `--out`, or `reports/<scenario>-<UTC time>` below the working folder. */
export function outDir(cwd: string, out: string | undefined, scenarioName: string, wallMs: number): string {
  if (out !== undefined) return resolve(cwd, out);
  const time = new Date(wallMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return join(cwd, 'reports', `${slug(scenarioName)}-${time}`);
}
