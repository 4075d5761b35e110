/**
 * `npm run bench -- synthetic-soak [--minutes N] [--settle MINUTES] [--participants N] [--churn N] [--uncollected]
 * [--loop native|typescript] [--json]`: whether the memory of synthetic participants stays flat. A small load for a
 * long time; every ten seconds all heaps of the generator's process are collected in full and its memory is read: what
 * is in use, and what is resident. Both get a slope with a confidence interval, once the warm-up is over. `--churn`
 * participants a minute leave and are replaced, so that what a join or a leave loses is seen too. `--uncollected`
 * leaves it to V8 when to collect, as in a run; then only what is resident can be told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BLOCKS, type Slope, slopeOf } from './lib/soak/slope.ts';
import { compileMallocAddon } from './lib/synthetic/malloc-addon.ts';
import type { MemoryReading } from './lib/synthetic/memory.ts';
import { benchPlan, Generator, openScene } from './lib/synthetic/scene.ts';

const MEBIBYTE = 1024 * 1024;
const READ_INTERVAL_MS = 10_000;
/** In the warm-up, so that joins and leaves are compiled by its end and nobody of the first is left. */
const SETTLE_REPLACE_INTERVAL_MS = 2000;
const SPEAKERS = 2;
/** A twentieth of what a participant may take, for half an hour: less than that is flat. */
const TARGET_MIB_PER_HALF_HOUR = 0.075;
const TARGET_MIB = 1.5;
/** Two readings for each stretch that a slope is made of. */
const MIN_MINUTES = (2 * BLOCKS * READ_INTERVAL_MS) / 60_000;

interface Options {
  minutes: number;
  /** Not looked at: functions are compiled as they become hot, and heaps and buffers find their size. */
  settleMinutes: number;
  participants: number;
  churnPerMinute: number;
  loop: 'native' | 'typescript';
  /** Whether heaps are collected before each reading. */
  collect: boolean;
}

const speaker = (id: string) =>
  benchPlan(
    id,
    'soak',
    {
      audio: { pattern: 'speech' },
      video: { codec: 'vp8', heightPixels: 180, framesPerSecond: 15, simulcast: false },
    },
    { audio: 'all', video: 1 },
  );
const listener = (id: string) => benchPlan(id, 'soak', {}, { audio: 'all', video: 1 });

async function soak(options: Options) {
  await using malloc = await compileMallocAddon();
  const scene = await openScene();
  const generator = await Generator.start({
    clusterUrl: scene.url,
    loop: options.loop,
    shards: 1,
    mediaFolder: null,
  });
  try {
    const empty = await generator.readMemory(malloc.file, options.collect);
    const present = Array.from({ length: options.participants - SPEAKERS }, (_, i) => `l${i}`);
    await generator.join(Array.from({ length: SPEAKERS }, (_, i) => speaker(`s${i}`)));
    await generator.join(present.map(listener));
    let replaced = 0;
    const replace = async () => {
      const leaving = present.shift();
      if (leaving === undefined) throw new Error('nobody is left to be replaced');
      await generator.leave(leaving);
      const id = `l${options.participants + replaced}`;
      await generator.join([listener(id)]);
      present.push(id);
      replaced += 1;
    };
    const settledMs = performance.now() + 60_000 * options.settleMinutes;
    while (performance.now() < settledMs) {
      await delay(Math.min(SETTLE_REPLACE_INTERVAL_MS, settledMs - performance.now()));
      if (options.churnPerMinute > 0) await replace();
    }
    const replacedBefore = replaced;
    const [bridgeBefore, before] = [await scene.readBridges(), await generator.read()];
    const readings: MemoryReading[] = [await generator.readMemory(malloc.file, options.collect)];
    const beganMs = performance.now();
    const endMs = 60_000 * options.minutes;
    for (let dueMs = READ_INTERVAL_MS; dueMs <= endMs; dueMs += READ_INTERVAL_MS) {
      await delay(Math.max(0, beganMs + dueMs - performance.now()));
      const due = replacedBefore + Math.floor((dueMs / 60_000) * options.churnPerMinute);
      while (replaced < due) await replace();
      const reading = await generator.readMemory(malloc.file, options.collect);
      readings.push(reading);
      console.error(
        `${(dueMs / 60_000).toFixed(1)} min: resident ${mebibytes(reading.rssBytes).toFixed(1)} MiB, in use${options.collect ? '' : ' with garbage'} ${mebibytes(reading.heapUsedBytes).toFixed(2)} MiB of heaps and ${mebibytes(reading.mallocUsedBytes).toFixed(2)} MiB beside them`,
      );
    }
    const [bridgeAfter, after] = [await scene.readBridges(), await generator.read()];
    const seconds = (after.atMs - before.atMs) / 1000;
    return evaluate(options, empty, readings, {
      participantsReplaced: replaced - replacedBefore,
      participantsAtEnd: after.participants.length,
      failures: after.failures,
      generatorCores: (after.cpuSeconds - before.cpuSeconds) / seconds,
      workerCores: (bridgeAfter.cpuSeconds - bridgeBefore.cpuSeconds) / seconds,
      sfuPacketsOutPps:
        bridgeBefore.packetsOut === null || bridgeAfter.packetsOut === null
          ? null
          : (bridgeAfter.packetsOut - bridgeBefore.packetsOut) / seconds,
    });
  } finally {
    await generator.close();
    await scene[Symbol.asyncDispose]();
  }
}

/** Reachable objects and whatever native code has not freed: a leak of either kind is in here, and no reserve is. */
function inUse({ heapUsedBytes, mallocUsedBytes }: MemoryReading): number {
  return heapUsedBytes + mallocUsedBytes;
}

/** Each number beside its target, and what it was computed from. */
function evaluate(
  { participants, minutes, settleMinutes, loop, churnPerMinute, collect }: Options,
  empty: MemoryReading,
  readings: readonly MemoryReading[],
  load: Record<string, unknown>,
) {
  const slope = (of: (reading: MemoryReading) => number): Slope =>
    slopeOf(
      readings.map((reading) => ({ atMs: reading.atMs, value: mebibytes(of(reading)) / participants })),
    );
  const resident = slope(({ rssBytes }) => rssBytes);
  /** Null with garbage among it. */
  const used = collect ? slope(inUse) : null;
  const growth = (name: string, { high }: Slope) => ({
    name,
    unit: 'MiB a participant in 30 minutes, upper end of the 95 % interval',
    value: high / 2,
    target: TARGET_MIB_PER_HALF_HOUR,
    met: high / 2 <= TARGET_MIB_PER_HALF_HOUR,
  });
  const last = readings.at(-1)?.rssBytes ?? Number.NaN;
  const held = mebibytes(last - empty.rssBytes) / participants;
  const numbers = [
    ...(used === null ? [] : [growth('growth of what is in use', used)]),
    growth('growth of what is resident', resident),
    {
      name: 'resident',
      unit: 'MiB a participant at the end',
      value: held,
      target: TARGET_MIB,
      met: held <= TARGET_MIB,
    },
  ];
  return {
    benchmark: 'synthetic-soak',
    schemaVersion: 3,
    minutes,
    settleMinutes,
    participants,
    loop,
    churnPerMinute,
    collected: collect,
    numbers,
    mebibytesPerParticipantAndHour: { resident, inUse: used, confidence: 0.95 },
    load,
    empty,
    readings,
  };
}

function mebibytes(bytes: number): number {
  return bytes / MEBIBYTE;
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '30' },
      settle: { type: 'string', default: '10' },
      participants: { type: 'string', default: '50' },
      churn: { type: 'string', default: '2' },
      uncollected: { type: 'boolean', default: false },
      loop: { type: 'string', default: 'native' },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes >= MIN_MINUTES))
    throw new Error(
      `--minutes is ${MIN_MINUTES} or more, or there is no slope to tell; not ${values.minutes}`,
    );
  const measured = await soak({
    minutes,
    settleMinutes: Number(values.settle),
    participants: Number(values.participants),
    churnPerMinute: Number(values.churn),
    loop: values.loop === 'typescript' ? 'typescript' : 'native',
    collect: !values.uncollected,
  });
  if (values.json) console.log(JSON.stringify(measured, null, 2));
  else {
    for (const { name, unit, value, target, met } of measured.numbers) {
      console.log(
        `${met ? 'ok  ' : 'MISS'} ${name.padEnd(26)} ${value.toFixed(3).padStart(8)} (≤ ${target}) ${unit}`,
      );
    }
    const { inUse, resident } = measured.mebibytesPerParticipantAndHour;
    for (const [name, slope] of Object.entries({ 'in use': inUse, resident })) {
      if (slope === null) continue;
      const { perHour, low, high } = slope;
      console.log(
        `slope of what is ${name}: ${perHour.toFixed(3)} MiB a participant and hour, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`,
      );
    }
    console.log(JSON.stringify(measured.load));
  }
  return measured.numbers.every(({ met }) => met) ? 0 : 99;
}
