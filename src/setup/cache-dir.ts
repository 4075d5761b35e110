import { homedir } from 'node:os';
import { join } from 'node:path';
import type { System } from '../system/types.ts';

/**
 * Where set-up keeps what it provides, outside `node_modules` so that a reinstall does not lose it:
 * `$XDG_CACHE_HOME/rtc-bench`, by default `~/.cache/rtc-bench`.
 * The XDG Base Directory specification says to ignore a relative path.
 */
export function cacheDirectory(env: System['env']): string {
  const configured = env.XDG_CACHE_HOME;
  const base = configured?.startsWith('/') ? configured : join(env.HOME ?? homedir(), '.cache');
  return join(base, 'rtc-bench');
}
