import { once } from 'node:events';
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { ExitCode } from '../../errors.ts';
import type { ObserverService } from '../../observer/service.ts';
import type { CliContext } from '../context.ts';

interface ObserveFlags {
  port?: number;
  managementPort?: number;
  host: string;
  out: string;
  format: 'csv' | 'json';
  config?: string;
  token?: string;
  json: boolean;
}

const EXAMPLE = `
Examples:
  $ rtc-bench observe --port 7080 --management-port 7081 --out reports/observer
  $ rtc-bench observe --config observer.yaml        sinks and limits from an ObserveRTC configuration
  $ curl http://127.0.0.1:7081/metrics              what came in, what went out, what was dropped

Applications send samples (ObserveRTC schemas 2.1 and 2.2) to ws://HOST:PORT/samples/SERVICE/UNIT or by
POST to http://HOST:PORT/rest/samples/SERVICE/UNIT. Every report is written to a file of its type in --out.
A token can also be given as RTC_BENCH_OBSERVER_TOKEN; senders show it as "Authorization: Bearer TOKEN" or ?token=.
Ctrl-C stops taking samples, writes what is buffered and ends. See docs/observer.md.`;

export function registerObserve(program: Command, context: CliContext): void {
  program
    .command('observe')
    .description('take samples of clients and SFUs, find calls and events, write reports')
    .option(
      '-p, --port <n>',
      'TCP port of samples; 0: a free one (default: the configuration, or 7080)',
      port,
    )
    .option('--management-port <n>', 'TCP port of /health and /metrics; 0: a free one (default: 7081)', port)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-o, --out <dir>', 'folder of the report files', 'reports/observer')
    .option('--format <csv|json>', 'form of the report files', format, 'csv')
    .option('-c, --config <file>', 'ObserveRTC configuration (YAML)')
    .option('--token <text>', 'take samples only from who shows it')
    .option('--json', 'print the addresses as one line of JSON', false)
    .addHelpText('after', EXAMPLE)
    .action(async (flags: ObserveFlags) => {
      const stop = new AbortController();
      const unlisten = context.system.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
        context.exit(signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated);
        if (stop.signal.aborted) context.system.exit(ExitCode.interrupted);
        if (!context.quiet)
          context.system.stderr.write('observer: writing what is buffered; again to end at once\n');
        stop.abort();
      });
      try {
        await observe(flags, context, stop.signal);
      } finally {
        unlisten();
      }
    });
}

async function observe(flags: ObserveFlags, context: CliContext, stop: AbortSignal): Promise<void> {
  const { system } = context;
  const { keepHeapLean } = await import('../../observer/lean-heap.ts');
  keepHeapLean();
  const { startService } = await import('../../observer/service.ts');
  const token = flags.token ?? system.env.RTC_BENCH_OBSERVER_TOKEN ?? null;
  const service = await startService(system, {
    configFile: flags.config ?? null,
    outDirectory: flags.out,
    fileEncoding: flags.format,
    host: flags.host,
    port: flags.port ?? null,
    managementPort: flags.managementPort ?? null,
    token,
  });
  if (!isLoopback(flags.host) && token === null) {
    system.stderr.write(`observer: anyone who reaches ${flags.host} can send samples: consider --token\n`);
  }
  system.stdout.write(flags.json ? `${JSON.stringify(addresses(service))}\n` : describe(service, flags.out));
  if (!stop.aborted) await once(stop, 'abort');
  await service.close();
  if (!context.quiet) system.stderr.write(closingWords(service, flags.out));
}

function addresses({ host, port: ingest, managementPort }: ObserverService) {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return {
    websocket: `ws://${name}:${ingest}/samples`,
    rest: `http://${name}:${ingest}/rest/samples`,
    management: `http://${name}:${managementPort}`,
  };
}

function describe(service: ObserverService, out: string): string {
  const { websocket, rest, management } = addresses(service);
  return [
    `samples     ${websocket}/{serviceId}/{mediaUnitId}`,
    `            ${rest}/{serviceId}/{mediaUnitId}`,
    `management  ${management}/health and /metrics`,
    `reports     ${out}`,
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}

/** What became of everything; what was dropped is never passed over. */
function closingWords({ observer, routes }: ObserverService, out: string): string {
  const samples = observer.counters.get('samples', 'client') + observer.counters.get('samples', 'sfu');
  const lines = routes.map(({ queue }) => {
    const drops = Object.entries(queue.counters.dropped).filter(([, count]) => count > 0);
    const dropped = drops.map(([reason, count]) => `, ${count} dropped (${reason})`).join('');
    return `observer: sink ${queue.name}: ${queue.counters.written} reports written${dropped}`;
  });
  return [`observer: ${samples} samples taken`, ...lines, `observer: reports in ${out}`, ''].join('\n');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('a whole number from 0 to 65535.');
}

function format(text: string): ObserveFlags['format'] {
  if (text === 'csv' || text === 'json') return text;
  throw new InvalidArgumentError('csv or json.');
}
