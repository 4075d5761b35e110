import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An installed npm package: where it lies and which version it is. */
export interface InstalledPackage {
  directory: string;
  version: string;
}

function readManifest(directory: string): { name?: unknown; version?: unknown } | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** The nearest folder at or above `start` whose package.json carries `name`. */
function packageAbove(start: string, name: string): InstalledPackage | null {
  for (let directory = start; ; directory = dirname(directory)) {
    const manifest = readManifest(directory);
    if (manifest?.name === name) return { directory, version: String(manifest.version) };
    if (dirname(directory) === directory) return null;
  }
}

/**
 * The folder of rtc-bench itself, with `native/`, `scenarios/` and `package.json`: the same whether the caller
 * runs from `src/` in a checkout or from `dist/src/` in the published package.
 */
export function packageRoot(): string {
  const found = packageAbove(dirname(fileURLToPath(import.meta.url)), 'rtc-bench');
  if (found === null) throw new Error('the package.json of rtc-bench is missing above its own sources');
  return found.directory;
}

/** Finds an installed dependency without loading it; null where it is not installed. */
export function installedPackage(name: string): InstalledPackage | null {
  try {
    return packageAbove(dirname(createRequire(import.meta.url).resolve(name)), name);
  } catch {
    return null;
  }
}
