import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { environmentError, usageError } from '../../errors.ts';
import { Scope } from '../../system/scope.ts';
import type { System } from '../../system/types.ts';
import { resultOfIperf } from '../import.ts';
import { checkShape, FRAMES_PER_SECOND, meanPacketBytes, shapeSizeBytes } from '../shapes.ts';
import type { ProbeResult, ProbeRunOptions, Prober } from '../types.ts';
import { parseIperf3 } from './iperf3.ts';
import { toInterval } from './iperf3-intervals.ts';
import { iperf3EventSchema, iperf3Schema } from './iperf3-schema.ts';
import { iperfFailed } from './run.ts';

/** Smallest and largest -l of iperf3 over UDP (src/iperf.h). */
const MIN_BYTES = 16;
const MAX_BYTES = 65_507;
/** First version with --json-stream, which is what gives a line per second. */
const STREAM_VERSION = [3, 17] as const;
/** A server that was just started may not listen yet. */
const CONNECT_ATTEMPTS = 25;
const CONNECT_RETRY_MS = 100;
/** iperf3 sets up and exchanges results beside its -t. */
const EXTRA_MS = 15_000;

/** Drives the `iperf3` program; with no server given it starts one on loopback for the one run. */
export function createIperf3Prober(system: System): Prober {
  return { name: 'iperf3', run: (options) => runIperf3(system, options) };
}

async function runIperf3(system: System, options: ProbeRunOptions): Promise<ProbeResult> {
  const args = clientArguments(options);
  const version = await iperf3Version(system);
  const streams =
    version[0] > STREAM_VERSION[0] || (version[0] === STREAM_VERSION[0] && version[1] >= STREAM_VERSION[1]);
  const scope = new Scope();
  try {
    const server = options.server ?? (await startServer(system, scope));
    const fixed = ['-c', server.host, '-p', String(server.port), ...args, streams ? '--json-stream' : '-J'];
    const createdAt = new Date(system.clock.wallMs()).toISOString();
    const text = await runClient(system, fixed, options, options.server === null);
    const run = parseIperf3(text);
    const result = resultOfIperf(run, {
      label: options.label,
      sessionBitrateBps: options.sessionBitrateBps,
      fallbackCreatedAt: createdAt,
    });
    return {
      ...result,
      mode: options.server === null ? 'local' : 'remote',
      server: options.server,
      settings: {
        shape: options.shape.kind,
        sizeBytes: shapeSizeBytes(options.shape),
        offeredPacketRatePps: options.shape.ratePps,
        flows: options.flows,
        durationMs: options.durationMs,
      },
    };
  } finally {
    await scope.close();
  }
}

/** Everything but the server: -b is bits a second and per stream, -t whole seconds, -l and -w powers of 1024. */
export function clientArguments(options: ProbeRunOptions): string[] {
  const { shape, flows, durationMs } = options;
  checkShape(shape, flows);
  const sizeBytes = shapeSizeBytes(shape);
  if (sizeBytes === null)
    throw usageError(
      'RTCB_IPERF_SHAPE',
      'iperf3 sends packets of one size: it cannot send a mix',
      'use --prober builtin, or --shape video',
    );
  if (sizeBytes < MIN_BYTES || sizeBytes > MAX_BYTES)
    throw usageError('RTCB_IPERF_SIZE', `iperf3 sends packets of ${MIN_BYTES} to ${MAX_BYTES} bytes`);
  if (durationMs % 1000 !== 0 || durationMs < 1000)
    throw usageError(
      'RTCB_IPERF_DURATION',
      'iperf3 takes whole seconds',
      'give --duration as a whole number of at least 1',
    );
  const perStreamPps = shape.ratePps === null ? null : shape.ratePps / flows;
  const bits = perStreamPps === null ? 0 : Math.max(1, Math.round(perStreamPps * meanPacketBytes(shape) * 8));
  // `rate/n` sends n packets at once: a frame's.
  const burst =
    shape.kind === 'video' && perStreamPps !== null ? Math.round(perStreamPps / FRAMES_PER_SECOND) : 1;
  const buffer = options.receiveBufferBytes ?? options.sendBufferBytes;
  return [
    '-u',
    '-l',
    String(sizeBytes),
    '-b',
    burst > 1 ? `${bits}/${burst}` : String(bits),
    '-t',
    String(durationMs / 1000),
    '-P',
    String(flows),
    ...(buffer === null ? [] : ['-w', String(buffer)]),
    '--get-server-output',
  ];
}

async function iperf3Version(system: System): Promise<readonly [number, number]> {
  const { stdout } = await collect(
    system.processes.spawn('iperf3', ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  const match = /iperf (\d+)\.(\d+)/.exec(stdout);
  if (match === null)
    throw environmentError('RTCB_IPERF_MISSING', 'the `iperf3` on the PATH does not tell its version');
  return [Number(match[1]), Number(match[2])];
}

/** A one-off server on loopback. It says nothing when it is ready, so the client tries until it is. */
async function startServer(system: System, scope: Scope): Promise<{ host: string; port: number }> {
  const port = await freePort();
  const child = system.processes.spawn('iperf3', ['-s', '-1', '-J', '-B', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  scope.defer('iperf3 server', async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await exited;
    }
  });
  return { host: '127.0.0.1', port };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function runClient(
  system: System,
  args: readonly string[],
  options: ProbeRunOptions,
  isOwnServer: boolean,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    const child = system.processes.spawn('iperf3', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const onLine = (line: string) => reportInterval(line, options);
    const { stdout, stderr } = await collect(child, options.durationMs + EXTRA_MS, options.signal, onLine);
    // The exit code says nothing: 3.12 exits 0 when it could not connect. What it wrote does.
    if (
      isOwnServer &&
      attempt < CONNECT_ATTEMPTS &&
      /Connection refused|Bad file descriptor/.test(stdout + stderr)
    ) {
      await system.clock.sleep(CONNECT_RETRY_MS, options.signal);
      continue;
    }
    // What it does not like about its arguments it tells as text, on stderr, with its whole usage.
    if (!stdout.includes('{')) throw iperfFailed(stderr.trim().split('\n').at(-1) || 'it wrote nothing');
    return stdout;
  }
}

function reportInterval(line: string, { onInterval }: ProbeRunOptions): void {
  if (onInterval === undefined || !line.startsWith('{"event":"interval"')) return;
  const event = iperf3EventSchema.safeParse(JSON.parse(line));
  const sum = event.success ? iperf3Schema.shape.intervals.safeParse([event.data.data]).data?.[0]?.sum : null;
  if (sum != null) onInterval(toInterval(sum));
}

async function collect(
  child: ChildProcess,
  timeoutMs = 5_000,
  signal?: AbortSignal,
  onLine?: (line: string) => void,
): Promise<{ stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  let lineStart = 0;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (let end = stdout.indexOf('\n', lineStart); end !== -1; end = stdout.indexOf('\n', lineStart)) {
      onLine?.(stdout.slice(lineStart, end));
      lineStart = end + 1;
    }
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  signal?.addEventListener('abort', kill);
  try {
    await once(child, 'close');
    signal?.throwIfAborted();
    return { stdout, stderr };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw environmentError('RTCB_IPERF_MISSING', 'iperf3 is not installed', {
        cause: error,
        hint: 'install it (Debian: apt-get install iperf3), or use --prober builtin, which needs nothing',
      });
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}
