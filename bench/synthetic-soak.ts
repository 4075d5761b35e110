/**
 * `npm run bench -- synthetic-soak [--minutes N] [--participants N] [--churn N] [--loop native|typescript] [--json]`:
 * whether the memory of synthetic participants stays flat: a small load for a long time, the resident memory of the
 * generator's process every ten seconds, and its slope with a confidence interval. `--churn` participants a minute
 * leave and are replaced, so that what a join or a leave loses is seen too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { slopeOf } from './lib/soak/slope.ts';
import type { GeneratorReading } from './lib/synthetic/generator-process.ts';
import { benchPlan, Generator, openScene } from './lib/synthetic/scene.ts';

const MEBIBYTE = 1024 * 1024;
/**
 * V8: every collection is a full one. A heap otherwise fills with garbage for a quarter of an hour before it is looked
 * through, and a slow leak would be told from that only after hours.
 */
const FULL_COLLECTIONS = '--gc-global';
const READ_INTERVAL_MS = 10_000;
/** Heaps and buffers find their size. */
const SETTLE_MS = 120_000;
const SPEAKERS = 2;
/** A twentieth of what a participant may take, for half an hour: less than that is flat. */
const TARGET_MIB_PER_HALF_HOUR = 0.075;
const TARGET_MIB = 1.5;

interface Options {
  minutes: number;
  participants: number;
  churnPerMinute: number;
  loop: 'native' | 'typescript';
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
  const scene = await openScene();
  const generator = await Generator.start(
    { clusterUrl: scene.url, loop: options.loop, shards: 1, mediaFolder: null },
    [FULL_COLLECTIONS],
  );
  try {
    const emptyBytes = (await generator.read()).rssBytes;
    const present = Array.from({ length: options.participants - SPEAKERS }, (_, i) => `l${i}`);
    await generator.join(Array.from({ length: SPEAKERS }, (_, i) => speaker(`s${i}`)));
    await generator.join(present.map(listener));
    await delay(SETTLE_MS);
    const [bridgeBefore, before] = [await scene.readBridge(), await generator.read()];
    const beganMs = performance.now();
    const readings: GeneratorReading[] = [before];
    let replaced = 0;
    const endMs = 60_000 * options.minutes;
    for (let dueMs = READ_INTERVAL_MS; dueMs <= endMs; dueMs += READ_INTERVAL_MS) {
      await delay(Math.max(0, beganMs + dueMs - performance.now()));
      const due = Math.floor((dueMs / 60_000) * options.churnPerMinute);
      for (; replaced < due; replaced += 1) {
        const leaving = present.shift();
        if (leaving === undefined) break;
        await generator.leave(leaving);
        const id = `l${options.participants + replaced}`;
        await generator.join([listener(id)]);
        present.push(id);
      }
      const reading = await generator.read();
      readings.push(reading);
      console.error(
        `${(dueMs / 60_000).toFixed(1)} min: ${mebibytes(reading.rssBytes).toFixed(1)} MiB, ${reading.participants.length} participants`,
      );
    }
    const [bridgeAfter, after] = [await scene.readBridge(), await generator.read()];
    const seconds = (after.atMs - before.atMs) / 1000;
    return evaluate(options, emptyBytes, readings, {
      participantsReplaced: replaced,
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

/** Each number beside its target, and what it was computed from. */
function evaluate(
  { participants, minutes, loop, churnPerMinute }: Options,
  emptyBytes: number,
  readings: readonly GeneratorReading[],
  load: Record<string, unknown>,
) {
  const { perHour, low, high } = slopeOf(
    readings.map(({ atMs, rssBytes }) => ({ atMs, value: mebibytes(rssBytes) / participants })),
  );
  const last = readings.at(-1)?.rssBytes ?? Number.NaN;
  const held = mebibytes(last - emptyBytes) / participants;
  const numbers = [
    {
      name: 'growth',
      unit: 'MiB a participant in 30 minutes, upper end of the 95 % interval',
      value: high / 2,
      target: TARGET_MIB_PER_HALF_HOUR,
      met: high / 2 <= TARGET_MIB_PER_HALF_HOUR,
    },
    {
      name: 'memory',
      unit: 'MiB a participant at the end',
      value: held,
      target: TARGET_MIB,
      met: held <= TARGET_MIB,
    },
  ];
  return {
    benchmark: 'synthetic-soak',
    schemaVersion: 1,
    minutes,
    participants,
    loop,
    churnPerMinute,
    numbers,
    mebibytesPerParticipantAndHour: { slope: perHour, low, high, confidence: 0.95 },
    load,
    mebibytesEmpty: mebibytes(emptyBytes),
    mebibytes: readings.map(({ rssBytes }) => mebibytes(rssBytes)),
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
      participants: { type: 'string', default: '50' },
      churn: { type: 'string', default: '2' },
      loop: { type: 'string', default: 'native' },
    },
  });
  const measured = await soak({
    minutes: Number(values.minutes),
    participants: Number(values.participants),
    churnPerMinute: Number(values.churn),
    loop: values.loop === 'typescript' ? 'typescript' : 'native',
  });
  if (values.json) console.log(JSON.stringify(measured, null, 2));
  else {
    for (const { name, unit, value, target, met } of measured.numbers) {
      console.log(
        `${met ? 'ok  ' : 'MISS'} ${name.padEnd(8)} ${value.toFixed(3).padStart(8)} (≤ ${target}) ${unit}`,
      );
    }
    const { slope, low, high } = measured.mebibytesPerParticipantAndHour;
    console.log(
      `slope ${slope.toFixed(3)} MiB a participant and hour, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}`,
    );
    console.log(JSON.stringify(measured.load));
  }
  return measured.numbers.every(({ met }) => met) ? 0 : 99;
}
