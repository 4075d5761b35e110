import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * A network namespace of our own, with loopback and one more interface. Janus leaves loopback interfaces out, and
 * neither Node nor a browser can enter a namespace while it runs: so the whole command begins again inside.
 */

/** Set inside: the address of the interface that is no loopback. */
const ADDRESS_VARIABLE = 'RTC_BENCH_OWN_NETWORK';
/** Nothing beyond the namespace can be reached from it, or reach it. */
const ADDRESS = '10.53.0.1';

/** A veth pair, because kernels without `dummy` are met in practice. Its far end is in the same namespace. */
const SCRIPT = [
  'set -e',
  'PATH="$PATH:/usr/sbin:/sbin"',
  'ip link set lo up',
  'ip link add rtcb0 type veth peer name rtcb1',
  `ip addr add ${ADDRESS}/32 dev rtcb0`,
  'ip link set rtcb0 up',
  'ip link set rtcb1 up',
  `export ${ADDRESS_VARIABLE}=${ADDRESS}`,
  'exec "$0" "$@"',
].join('\n');

/** Its address, when this process is in one. */
export function ownNetworkAddress(env: Readonly<Record<string, string | undefined>>): string | null {
  return env[ADDRESS_VARIABLE] ?? null;
}

/** What to execute so that `command` runs in a network of its own. */
export function inOwnNetwork(
  command: readonly string[],
  uid = process.getuid?.() ?? -1,
): [file: string, args: string[]] {
  // Root needs no user namespace for it, which chroots and containers forbid even to root.
  const asWhom = uid === 0 ? [] : ['--map-root-user'];
  return ['unshare', ['--net', ...asWhom, '--', 'sh', '-c', SCRIPT, ...command]];
}

/**
 * Begins this very command again, in a network of its own and under the same process id: nothing is left between it
 * and who started it, so signals, streams and exit code stay what they are. Does not return.
 */
export function beginAgainInOwnNetwork(
  unshare: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const [name, args] = inOwnNetwork([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  // It is new in Node, and says so on stderr, which is ours.
  process.removeAllListeners('warning');
  process.execve?.(unshare, [name, ...args], Object.fromEntries(known));
}

/** Why this host lets us have none; null: it does. Takes some milliseconds and leaves nothing behind. */
export async function ownNetworkObstacle(): Promise<string | null> {
  if (process.platform !== 'linux') return 'network namespaces are Linux only';
  try {
    const [file, args] = inOwnNetwork(['true']);
    await promisify(execFile)(file, args, { timeout: 10_000 });
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return said.split('\n')[0] || (error instanceof Error ? error.message : String(error));
  }
}
