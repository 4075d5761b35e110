import { once } from 'node:events';
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ExitCode, environmentError } from '../../errors.ts';
import { safeText } from '../../system/safe-text.ts';
import type { BridgeInfo } from '../../targets/types.ts';
import type { CliContext } from '../context.ts';

export interface ClusterStartFlags {
  bridges: number;
  port: number;
  host: string;
  placement: 'least-stressed' | 'spread';
  maxParticipantsPerBridgeAndRoom?: number;
  maxPacketRate: number;
  receiveBuffer?: number;
  sendBuffer?: number;
  cpuShare?: number;
  json: boolean;
}

const EXAMPLE = `
Examples:
  $ rtc-bench cluster start --bridges 2                    on a free port; prints its address
  $ rtc-bench cluster start --bridges 4 --port 7880 --json the address as a line of JSON
  $ curl http://127.0.0.1:7880/samples                     one reading of every bridge

A scenario uses it with \`target: { url: http://127.0.0.1:7880 }\`. Ctrl-C ends the cluster.
Anyone who reaches the address can use it: it is made for loopback and closed networks. See docs/cluster.md.`;

export function registerCluster(program: Command, context: CliContext): void {
  const cluster = program
    .command('cluster')
    .description('an SFU cluster of mediasoup bridges, to run load against');
  cluster
    .command('start')
    .description('start bridges, signalling and API, and keep them up until interrupted')
    .option('-b, --bridges <n>', 'bridges, each a process of its own, 1 to 64', integer(1, 64), 2)
    .option('-p, --port <n>', 'TCP port of API and signalling; 0: a free one', integer(0, 65_535), 0)
    .option('--host <address>', 'address to listen on, for media too', address, '127.0.0.1')
    .addOption(
      new Option('--placement <how>', 'where participants go that no scenario places')
        .choices(['least-stressed', 'spread'])
        .default('least-stressed'),
    )
    .option(
      '--max-participants-per-bridge-and-room <n>',
      'beyond, a room goes on to the next bridge',
      integer(1, 100_000),
    )
    .option(
      '--max-packet-rate <pps>',
      'packets/s at which placement takes a bridge for full',
      integer(1, 1e9),
      50_000,
    )
    .option(
      '--receive-buffer <bytes>',
      'SO_RCVBUF of media sockets (default: 10 MiB, capped by the kernel)',
      integer(4096, 1 << 28),
    )
    .option(
      '--send-buffer <bytes>',
      'SO_SNDBUF of media sockets (default: 4 MiB, capped by the kernel)',
      integer(4096, 1 << 28),
    )
    .option(
      '--cpu-share <share>',
      'share of one core that each bridge may use, 0.1 to 1 (Linux; default: all that it gets)',
      share,
    )
    .option('--json', 'print the address and the bridges as one line of JSON', false)
    .addHelpText('after', EXAMPLE)
    .action(async (flags: ClusterStartFlags) => {
      const stop = new AbortController();
      const unlisten = context.system.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
        const code = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
        context.exit(code);
        if (stop.signal.aborted) context.system.exit(code);
        stop.abort();
      });
      try {
        await serve(flags, context, stop);
      } finally {
        unlisten();
      }
    });
}

/** Runs a cluster until `stop` is aborted or its last bridge has died. */
async function serve(flags: ClusterStartFlags, context: CliContext, stop: AbortController): Promise<void> {
  const { system } = context;
  const { requireWorker } = await import('../../setup/find-worker.ts');
  const { startCluster } = await import('../../cluster/coordinator/start.ts');
  const { CLUSTER_DEFAULTS: defaults } = await import('../../cluster/settings.ts');
  let living = flags.bridges;
  const cluster = await startCluster(
    system,
    {
      ...defaults,
      workerFile: await requireWorker(system),
      bridges: flags.bridges,
      host: flags.host,
      port: flags.port,
      placement: flags.placement,
      maxParticipantsPerBridgePerRoom: flags.maxParticipantsPerBridgeAndRoom ?? null,
      maxPacketRatePps: flags.maxPacketRate,
      receiveBufferBytes: flags.receiveBuffer ?? defaults.receiveBufferBytes,
      sendBufferBytes: flags.sendBuffer ?? defaults.sendBufferBytes,
      cpuShare: flags.cpuShare ?? null,
    },
    (event) => {
      if (event.type !== 'bridge-died') return;
      living -= 1;
      system.stderr.write(`${event.bridgeId} died: ${safeText(event.reason)}; ${living} left\n`);
      if (living === 0) stop.abort();
    },
  );
  const { url, bridges } = cluster;
  system.stdout.write(flags.json ? `${JSON.stringify({ url, bridges })}\n` : describe(url, bridges));
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  await cluster.close();
  if (living === 0) {
    throw environmentError('RTCB_NO_BRIDGE_LEFT', 'every bridge of the cluster has died', {
      hint: 'npx rtc-bench doctor',
    });
  }
}

function describe(url: string, bridges: readonly BridgeInfo[]): string {
  const lines = bridges.map(
    ({ bridgeId, software, mediaAddress, mediaPort, pid }) =>
      `  ${bridgeId}  ${software}  udp ${mediaAddress}:${mediaPort}  pid ${pid}`,
  );
  return [`cluster at ${url}`, ...lines, 'Ctrl-C ends it.', ''].join('\n');
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`a whole number from ${min} to ${max}.`);
  };
}

function share(text: string): number {
  const value = Number(text);
  if (value >= 0.1 && value <= 1) return value;
  throw new InvalidArgumentError('a number from 0.1 to 1.');
}

/** Participants are told this address, so it has to be one and not a name or all of them. */
function address(text: string): string {
  if (isIP(text) !== 0 && text !== '0.0.0.0' && text !== '::') return text;
  throw new InvalidArgumentError('one IP address of this host, as participants reach it.');
}
