/** A process of its own for the participants of a benchmark, so that their CPU and memory are theirs alone. */
import { createSyntheticEngine } from '../../../src/participants/synthetic/index.ts';
import type { GeneratorSample, ParticipantSample } from '../../../src/participants/types.ts';
import type { ParticipantPlan } from '../../../src/scenario/plan-types.ts';
import { createSystem } from '../../../src/system/real.ts';
import { accessTo } from '../cluster-access.ts';
import { MemoryReader, type MemoryReading } from './memory.ts';

export type GeneratorCommand =
  | {
      type: 'start';
      clusterUrl: string;
      loop: 'native' | 'typescript';
      shards: number;
      mediaFolder: string | null;
      /** Put before signalling URLs, which are then escaped. */
      signallingPrefix?: string;
    }
  | { type: 'join'; plans: ParticipantPlan[]; concurrency: number }
  | { type: 'leave'; participantId: string }
  | { type: 'read' }
  /** Memory is read with the addon that bench/native/malloc.c was compiled to, heaps collected before or not. */
  | { type: 'read-memory'; mallocAddonFile: string; collect: boolean }
  | { type: 'close' };

export interface GeneratorReading {
  atMs: number;
  cpuSeconds: number;
  rssBytes: number;
  joined: number;
  failures: string[];
  participants: ParticipantSample[];
  generator: GeneratorSample;
}

/** As in a run: everything is read every second, whoever wants it. */
const SAMPLE_INTERVAL_MS = 1000;

let joined = 0;
const failures: string[] = [];
let engine: ReturnType<typeof createSyntheticEngine> | null = null;
let clusterUrl = '';
let sampler: NodeJS.Timeout | null = null;
let memory: MemoryReader | null = null;

async function start(command: Extract<GeneratorCommand, { type: 'start' }>): Promise<void> {
  clusterUrl = command.clusterUrl;
  engine = createSyntheticEngine(
    createSystem(),
    {
      onEvent(event) {
        if (event.type === 'joined') joined += 1;
        if (event.type === 'failed' || event.type === 'engine-failed') failures.push(event.reason);
      },
      access: (plan, _attempt, signal) =>
        accessTo(clusterUrl, plan, signal, (url) => through(command.signallingPrefix, url)),
    },
    {
      seed: 1,
      shards: command.shards,
      packetLoop: command.loop,
      // About 75 packets a second for 360 lines, as the load of the benchmarks is told.
      recordedBitrates: true,
      ...(command.mediaFolder === null ? {} : { mediaFolder: command.mediaFolder }),
    },
  );
  await engine.start(new AbortController().signal);
  sampler = setInterval(() => void engine?.sample(), SAMPLE_INTERVAL_MS);
}

function through(prefix: string | undefined, url: string): string {
  return prefix === undefined ? url : prefix + encodeURIComponent(url);
}

async function join({ plans, concurrency }: Extract<GeneratorCommand, { type: 'join' }>): Promise<void> {
  const { signal } = new AbortController();
  const queue = [...plans];
  const worker = async () => {
    for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) await engine?.join(plan, signal);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

async function read(): Promise<GeneratorReading> {
  if (engine === null) throw new Error('not started');
  const participants = await engine.sample();
  const generator = await engine.sampleGenerator();
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    cpuSeconds: (user + system) / 1e6,
    rssBytes: process.memoryUsage.rss(),
    joined,
    failures: failures.slice(0, 5),
    participants,
    generator,
  };
}

async function readMemory({
  mallocAddonFile,
  collect,
}: Extract<GeneratorCommand, { type: 'read-memory' }>): Promise<MemoryReading> {
  memory ??= await MemoryReader.open(mallocAddonFile);
  return memory.read(collect);
}

async function execute(command: GeneratorCommand): Promise<unknown> {
  if (command.type === 'start') return start(command);
  if (command.type === 'join') return join(command);
  if (command.type === 'leave') return engine?.leave(command.participantId);
  if (command.type === 'read') return read();
  if (command.type === 'read-memory') return readMemory(command);
  if (sampler !== null) clearInterval(sampler);
  await engine?.close();
  return null;
}

process.on('message', (command: GeneratorCommand) => {
  execute(command).then(
    (result) => process.send?.({ result: result ?? null }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
// The benchmark is gone, and with it the reason to go on.
process.on('disconnect', () => process.exit());
