import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** What lies between the two ends; every value applies from `a` to `b`. */
export interface PathOptions {
  /** Token bucket at the sender's device, bits a second of whole Ethernet frames (tbf). */
  rateBps?: number;
  /** How long the bucket's queue may hold a packet, ms; default 50. */
  queueMs?: number;
  /** Share of UDP packets dropped at random, 0 to 1: by netem where the kernel has it, else by nftables. */
  lossRatio?: number;
  /** Only where the kernel has netem (`hasNetem`): each packet is held back, evenly spread by `jitterMs` both ways. */
  delayMs?: number;
  jitterMs?: number;
  /** Only with netem: share of packets that arrive twice. */
  duplicateRatio?: number;
  /** MTU of the link; default 1500. */
  mtuBytes?: number;
  /** Through a user namespace, as anybody but root has to; default: when not root. */
  throughUserNamespace?: boolean;
}

/** Two network namespaces, `a` and `b`, joined by a veth pair. As root or, through a user namespace, as anybody. */
export interface NetnsPath {
  readonly a: { readonly address: string };
  readonly b: { readonly address: string };
  /** Starts a program in one of them. It dies with the path at the latest. */
  spawn(side: 'a' | 'b', file: string, args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  /** Runs a program to its end. */
  run(side: 'a' | 'b', file: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished>;
  /** How many packets `lossRatio` has dropped so far, by the kernel's own count. */
  dropped(): Promise<number>;
  /** Ends everything in it; the namespaces go with their last process. */
  close(): Promise<void>;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

const ADDRESS_A = '10.213.0.1';
const ADDRESS_B = '10.213.0.2';

/** Probability for `numgen random`, which takes whole numbers. */
const LOSS_SCALE = 100_000;

const runs = (file: string, args: readonly string[]) =>
  new Promise<boolean>((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });

let netem: Promise<boolean> | undefined;

/** Whether this kernel delays packets itself; tried in a namespace that is thrown away. Many have no such module. */
export function hasNetem(): Promise<boolean> {
  netem ??= runs('unshare', [
    ...(process.getuid?.() === 0 ? ['-n'] : ['-Urn']),
    ...['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'],
  ]);
  return netem;
}

/** Builds the path. Rejects with what the tools said when this host does not allow it. */
export async function createPath(options: PathOptions = {}): Promise<NetnsPath> {
  const isRoot = !(options.throughUserNamespace ?? process.getuid?.() !== 0);
  const unshare = isRoot ? ['-nm'] : ['-Urnm'];
  const withNetem = await hasNetem();
  const holder = spawn(
    'unshare',
    [...unshare, '--propagation', 'private', 'sh', '-ec', pathScript(options, withNetem)],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let stderr = '';
  holder.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(holder, 'close');
  const ready = new Promise<'ready'>((resolve) => {
    holder.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready')) resolve('ready');
    });
  });
  if ((await Promise.race([ready, closed])) !== 'ready')
    throw new Error(`no network namespaces here: ${stderr.trim()}`);
  const children = new Set<ChildProcess>();
  const enter = (side: 'a' | 'b', file: string, args: readonly string[]) => [
    ...(isRoot ? [] : ['--preserve-credentials', '-U']),
    '-n',
    '-m',
    '-t',
    String(holder.pid),
    'ip',
    'netns',
    'exec',
    side,
    file,
    ...args,
  ];
  const start = (side: 'a' | 'b', file: string, args: readonly string[], env = process.env) => {
    const child = spawn('nsenter', enter(side, file, args), { stdio: ['ignore', 'pipe', 'pipe'], env });
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };
  const run: NetnsPath['run'] = async (side, file, args, env) => {
    const child = start(side, file, args, env);
    const finished: Finished = { code: null, stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      finished.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      finished.stderr += text;
    });
    [finished.code] = (await once(child, 'close')) as [number | null];
    return finished;
  };
  return {
    a: { address: ADDRESS_A },
    b: { address: ADDRESS_B },
    spawn: start,
    run,
    async dropped() {
      const { stdout, stderr } = withNetem
        ? await run('a', 'tc', ['-s', 'qdisc', 'show', 'dev', 'va'])
        : await run('b', 'nft', ['list', 'ruleset']);
      const found = withNetem ? /netem.*?dropped (\d+)/s.exec(stdout) : /counter packets (\d+)/.exec(stdout);
      if (found?.[1] === undefined) throw new Error(`no drop rule on this path: ${stderr.trim()}`);
      return Number(found[1]);
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      // It waits for the end of its input.
      holder.stdin?.end();
      await closed;
    },
  };
}

/** What builds the path, for `sh -e`. */
export function pathScript(options: PathOptions, withNetem: boolean): string {
  const { rateBps, queueMs = 50, lossRatio = 0, delayMs = 0, jitterMs = 0, duplicateRatio = 0 } = options;
  const { mtuBytes = 1500 } = options;
  const faults = [
    ...(delayMs > 0 ? [`delay ${delayMs}ms${jitterMs > 0 ? ` ${jitterMs}ms` : ''}`] : []),
    ...(lossRatio > 0 ? [`loss ${lossRatio * 100}%`] : []),
    ...(duplicateRatio > 0 ? [`duplicate ${duplicateRatio * 100}%`] : []),
  ];
  if (!withNetem && delayMs + jitterMs + duplicateRatio > 0)
    throw new Error('this kernel has no netem: use the relay for delay, jitter and duplicates');
  const tbf =
    rateBps === undefined ? null : `tbf rate ${Math.round(rateBps)}bit burst 8kb latency ${queueMs}ms`;
  const usesNetem = withNetem && faults.length > 0;
  return [
    'mount -t tmpfs none /run',
    'ip netns add a',
    'ip netns add b',
    `ip link add va mtu ${mtuBytes} netns a type veth peer name vb mtu ${mtuBytes} netns b`,
    `ip -n a addr add ${ADDRESS_A}/24 dev va`,
    `ip -n b addr add ${ADDRESS_B}/24 dev vb`,
    ...['a', 'b'].map((side) => `ip -n ${side} link set lo up`),
    'ip -n a link set va up',
    'ip -n b link set vb up',
    // Its own limit of 1000 packets would drop at higher rates.
    ...(usesNetem ? [`tc -n a qdisc add dev va root handle 1: netem limit 100000 ${faults.join(' ')}`] : []),
    ...(tbf === null ? [] : [`tc -n a qdisc add dev va ${usesNetem ? 'parent 1:1' : 'root'} ${tbf}`]),
    ...(lossRatio > 0 && !withNetem
      ? [
          `ip netns exec b nft 'add table inet t; add chain inet t i { type filter hook prerouting priority 0; }; add rule inet t i meta l4proto udp numgen random mod ${LOSS_SCALE} < ${Math.round(lossRatio * LOSS_SCALE)} counter drop'`,
        ]
      : []),
    'echo ready',
    'exec cat > /dev/null',
  ].join('\n');
}
