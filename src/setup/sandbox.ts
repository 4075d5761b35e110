import type { System } from '../system/types.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

const PROBE_TIMEOUT_MS = 5000;

/**
 * Why Chromium's sandbox cannot be used here; null where it can. Chromium refuses it as root, and otherwise makes
 * user, process and network namespaces, which distributions, containers and chroots each forbid in a way of their
 * own: so the same is tried, with util-linux's `unshare`. Where that is not there, the sandbox is left on.
 */
export async function sandboxObstacle(
  system: Pick<System, 'processes' | 'env'>,
  uid = process.getuid?.() ?? -1,
): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  if (uid === 0) return 'running as root';
  const unshare = findProgram(system.env, 'unshare');
  if (unshare === null) return null;
  const args = ['--user', '--pid', '--net', '--fork', process.execPath, '--version'];
  const { exitCode } = await runProgram(system, unshare, args, { timeoutMs: PROBE_TIMEOUT_MS });
  return exitCode === 0 ? null : 'user namespaces are not allowed here';
}
