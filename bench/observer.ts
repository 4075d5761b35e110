import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type LoadOptions, ObserverLoad } from './lib/observer-load.ts';

/** What the service must do on one core: client samples a second, resident megabytes. */
const LIMITS = { samplesPerSecond: 20_000, residentMegabytes: 300 };
const CLOCK_TICKS_PER_SECOND = 100;
/** Samples that the observer beside ours is given at most: enough for it to have become as fast as it gets. */
const MAX_SAMPLES_BESIDE = 100_000;
/** What upstream's Java service says of itself (README, "Resources"). A rough guide for sizing, no limit of it. */
const JAVA_SERVICE = { sessions: 1000, samplesPerSecond: 30, reportsPerSecond: 1000, memoryMegabytes: 2048 };

interface Reading {
  cpuSeconds: number;
  residentMegabytes: number;
  samples: number;
  written: number;
  dropped: number;
}

function processReading(pid: number): Pick<Reading, 'cpuSeconds' | 'residentMegabytes'> {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND,
    residentMegabytes: Number(resident) / 1024,
  };
}

async function read(management: string, pid: number): Promise<Reading> {
  const text = await (await fetch(`${management}/metrics`)).text();
  const sum = (name: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`observertc_${name}`))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    ...processReading(pid),
    samples: sum('samples_total'),
    written: sum('sink_reports_total'),
    dropped: sum('sink_dropped_total') + sum('dropped_total'),
  };
}

async function startService(
  out: string,
  format: string,
): Promise<{ child: ChildProcess; websocket: string; management: string }> {
  const program = fileURLToPath(new URL('../bin/rtc-bench.js', import.meta.url));
  const args = [
    'observe',
    '--port',
    '0',
    '--management-port',
    '0',
    '--out',
    out,
    '--json',
    '--format',
    format,
  ];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { child, ...(JSON.parse(line) as { websocket: string; management: string }) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

const run = promisify(execFile);

/** The same samples through upstream's observer for Node, without sockets and files. */
async function besideObserverJs(load: Omit<LoadOptions, 'url'>, samples: number): Promise<object> {
  const program = fileURLToPath(new URL('./lib/observer-js-process.ts', import.meta.url));
  const options = JSON.stringify({ ...load, samples: Math.min(samples, MAX_SAMPLES_BESIDE) });
  const { stdout } = await run(process.execPath, [program, options]);
  return JSON.parse(stdout) as object;
}

type Shape = LoadOptions['shape'];

/** One service under one kind of sample, and observer-js under the same; whether it was within the limits. */
async function benchShape(shape: Shape, format: string, samples: number, clients: number): Promise<boolean> {
  const out = await mkdtemp(join(tmpdir(), 'rtc-bench-observer-'));
  const service = await startService(out, format);
  const pid = service.child.pid ?? 0;
  const scene: Omit<LoadOptions, 'url'> = { clients, clientsPerCall: 4, shape };
  const load = new ObserverLoad({ url: service.websocket, ...scene });
  let good: boolean;
  try {
    await load.connect();
    await load.sendRound();
    good = await measure(load, () => read(service.management, pid), samples, scene);
  } finally {
    load.close();
    service.child.kill('SIGTERM');
    await once(service.child, 'exit');
    await rm(out, { recursive: true, force: true });
  }
  const observerJs = await besideObserverJs(scene, samples);
  console.log('beside it, @observertc/observer-js 0.40.32, in one process, without sockets and files:');
  console.log(JSON.stringify(observerJs));
  return good;
}

/**
 * The observer as a service in a process of its own: clients with a web socket each send samples as fast as they are
 * taken, into report files; beside it the same samples through `@observertc/observer-js`, and what upstream's Java
 * service says of itself. Options: --samples N, --clients N, --shape light|full (default both, one after the other),
 * --format json (default csv). Exit code 1 below the limits.
 */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      samples: { type: 'string', default: '1000000' },
      clients: { type: 'string', default: '5000' },
      shape: { type: 'string', default: 'both' },
      format: { type: 'string', default: 'csv' },
    },
  });
  const shapes = (['light', 'full'] as const).filter((shape) => [shape, 'both'].includes(values.shape));
  if (shapes.length === 0) throw new Error(`--shape is light, full or both, not ${values.shape}`);
  let good = true;
  for (const shape of shapes) {
    good = (await benchShape(shape, values.format, Number(values.samples), Number(values.clients))) && good;
  }
  console.log('what the upstream Java service documents as a guide for sizing, not measured here:');
  console.log(JSON.stringify(JAVA_SERVICE));
  return good ? 0 : 1;
}

async function measure(
  load: ObserverLoad,
  take: () => Promise<Reading>,
  wanted: number,
  { clients, shape }: Omit<LoadOptions, 'url'>,
): Promise<boolean> {
  const rounds = Math.max(2, Math.ceil(wanted / clients));
  const before = await take();
  const began = performance.now();
  const resident: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await load.sendRound();
    if (round % Math.ceil(rounds / 20) === 0) resident.push((await take()).residentMegabytes);
  }
  let after = await take();
  while (after.samples - before.samples < rounds * clients) {
    await delay(50);
    after = await take();
  }
  const seconds = (performance.now() - began) / 1000;
  const samples = after.samples - before.samples;
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const perCpuSecond = samples / cpuSeconds;
  const peak = Math.max(...resident, after.residentMegabytes);
  console.log(
    JSON.stringify(
      {
        shape,
        samples,
        sampleBytes: load.messageBytes,
        wallSeconds: Number(seconds.toFixed(2)),
        samplesPerSecond: Math.round(samples / seconds),
        serviceCpuSeconds: Number(cpuSeconds.toFixed(2)),
        samplesPerCpuSecond: Math.round(perCpuSecond),
        targetSamplesPerCpuSecond: LIMITS.samplesPerSecond,
        reportsPerCpuSecond: Math.round((after.written - before.written) / cpuSeconds),
        dropped: after.dropped - before.dropped,
        residentMegabytes: resident.map(Math.round),
        peakResidentMegabytes: Math.round(peak),
        targetResidentMegabytes: LIMITS.residentMegabytes,
      },
      null,
      2,
    ),
  );
  const good =
    perCpuSecond >= LIMITS.samplesPerSecond &&
    peak <= LIMITS.residentMegabytes &&
    after.dropped === before.dropped;
  console.log(good ? 'within the limits' : `outside the limits: ${JSON.stringify(LIMITS)}, nothing dropped`);
  return good;
}
