import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** What lies between the two ends; every value applies from `a` to `b`. */
export interface PathOptions {
  /** Token bucket at the sender's device, bits a second of whole Ethernet frames (tbf). */
  rateBps?: number;
  /** How long the bucket's queue may hold a packet, ms; default 50. */
  queueMs?: number;
  /** Share of UDP packets dropped at random on arrival, 0 to 1 (nftables). */
  lossRatio?: number;
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

/** Builds the path. Rejects with what the tools said when this host does not allow it. */
export async function createPath(options: PathOptions = {}): Promise<NetnsPath> {
  const isRoot = !(options.throughUserNamespace ?? process.getuid?.() !== 0);
  const unshare = isRoot ? ['-nm'] : ['-Urnm'];
  const holder = spawn('unshare', [...unshare, '--propagation', 'private', 'sh', '-ec', script(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
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
      const { stdout, stderr } = await run('b', 'nft', ['list', 'table', 'inet', 't']);
      const packets = /counter packets (\d+)/.exec(stdout)?.[1];
      if (packets === undefined) throw new Error(`no drop rule on this path: ${stderr.trim()}`);
      return Number(packets);
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      // It waits for the end of its input.
      holder.stdin?.end();
      await closed;
    },
  };
}

function script({ rateBps, queueMs = 50, lossRatio = 0, mtuBytes = 1500 }: PathOptions): string {
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
    ...(rateBps === undefined
      ? []
      : [`tc -n a qdisc add dev va root tbf rate ${Math.round(rateBps)}bit burst 8kb latency ${queueMs}ms`]),
    ...(lossRatio === 0
      ? []
      : [
          `ip netns exec b nft 'add table inet t; add chain inet t i { type filter hook prerouting priority 0; }; add rule inet t i meta l4proto udp numgen random mod ${LOSS_SCALE} < ${Math.round(lossRatio * LOSS_SCALE)} counter drop'`,
        ]),
    'echo ready',
    'exec cat > /dev/null',
  ].join('\n');
}
