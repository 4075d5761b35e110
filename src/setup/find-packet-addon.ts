import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from '../system/types.ts';
import { cacheDirectory } from './cache-dir.ts';
import { packageRoot } from './package-root.ts';

export const PACKET_ADDON_FILE = 'packets.node';
/** How the compiler is called; part of what makes one addon another. */
export const PACKET_ADDON_FLAGS = [
  '-O3',
  '-std=c++20',
  '-shared',
  '-fPIC',
  '-pthread',
  '-fvisibility=hidden',
  '-Wall',
];

/** The sources of the native packet loop. */
export function packetAddonSources(root = packageRoot()): string[] {
  const directory = join(root, 'native', 'packets');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /\.(c|cc|cpp|h|hpp)$/.test(name))
    .sort()
    .map((name) => join(directory, name));
}

/** Where the addon built from these sources is kept: other sources or flags are another addon. */
export function packetAddonDirectory(env: System['env'], sources: readonly string[]): string {
  const hash = createHash('sha256').update(PACKET_ADDON_FLAGS.join(' '));
  for (const source of sources) hash.update(readFileSync(source));
  const name = `packets-${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 12)}`;
  return join(cacheDirectory(env), name);
}

/**
 * The native packet loop that set-up built from the sources at hand; null where there is none and the TypeScript
 * one does the work. Takes about a millisecond.
 */
export function findPacketAddon(env: System['env'], root = packageRoot()): string | null {
  const sources = packetAddonSources(root);
  if (sources.length === 0) return null;
  const file = join(packetAddonDirectory(env, sources), PACKET_ADDON_FILE);
  return existsSync(file) ? file : null;
}
