/**
 * `npm run bench -- synthetic [--json] [--loop native|typescript|both] [--only NAMES] [--seconds N] [--receivers N]`:
 * what synthetic participants cost, each number beside its target and what it was computed from. Both sides of a
 * ratio are measured in the same seconds.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Floor, measureFloor } from './lib/synthetic/floor.ts';
import {
  type BenchOptions,
  type Loop,
  measureDensity,
  measureJoin,
  measureReceive,
  measureSend,
  type Result,
} from './lib/synthetic/measurements.ts';
import { measureOneCore, type OneCore } from './lib/synthetic/one-core.ts';

const MEASUREMENTS = {
  receive: measureReceive,
  send: measureSend,
  density: measureDensity,
  join: measureJoin,
};
type Name = keyof typeof MEASUREMENTS;
/** How far one core goes has no target, only an answer. */
const ONE_CORE = 'one-core';

const FLOOR = { packetRatePps: 60_000, bytes: 1100, seconds: 3 };

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      loop: { type: 'string', default: 'both' },
      only: { type: 'string', default: [...Object.keys(MEASUREMENTS), ONE_CORE].join(',') },
      seconds: { type: 'string', default: '10' },
      // A few more than 200, so that their packets are more than 60,000 a second.
      receivers: { type: 'string', default: '204' },
    },
  });
  const loops: Loop[] = values.loop === 'both' ? ['native', 'typescript'] : [values.loop as Loop];
  const wanted = values.only.split(',');
  const names = wanted.filter((name) => name !== ONE_CORE) as Name[];
  const results: Result[] = [];
  const receivers = Number(values.receivers);
  const floors: FloorBeside[] = [];
  const measureFloorHere = () => measureFloor(receivers, FLOOR.packetRatePps, FLOOR.bytes, FLOOR.seconds);
  for (const loop of loops) {
    for (const name of names) {
      console.error(`${name}, ${loop} packet loop`);
      const options: BenchOptions = { loop, seconds: Number(values.seconds), receivers };
      const before = isComparedWithFloor(name) ? await measureFloorHere() : null;
      const measured = await MEASUREMENTS[name](options);
      const after = isComparedWithFloor(name) ? await measureFloorHere() : null;
      if (before !== null && after !== null) floors.push(compareWithFloor(name, measured, [before, after]));
      for (const { name: number, value, unit } of measured)
        console.error(`  ${number} ${formatted(value)} ${unit}`);
      results.push(...measured);
    }
  }
  const oneCore: OneCore[] = [];
  for (const loop of wanted.includes(ONE_CORE) ? loops : []) {
    console.error(`one core, ${loop} packet loop`);
    oneCore.push(await measureOneCore({ loop, seconds: Number(values.seconds), receivers }));
  }
  const document = {
    benchmark: 'synthetic',
    schemaVersion: 1,
    host: { cpu: cpus()[0]?.model ?? null, cores: availableParallelism(), loadAverage: loadavg() },
    results,
    oneCore,
    floor: floors.length === 0 ? null : { ...FLOOR, beside: floors },
  };
  if (values.json) console.log(JSON.stringify(document, null, 2));
  else print(results, floors, oneCore);
  return results.every(({ met }) => met) ? 0 : 99;
}

/** What a packet costs the plain C program, before and after the measurement, and how many times that it costs us. */
interface FloorBeside {
  name: string;
  loop: Loop;
  /** Microseconds of CPU a packet, sent or received. */
  before: number;
  after: number;
  /** Within 2 is what we are after. */
  timesTheFloor: number;
}

function isComparedWithFloor(name: Name): boolean {
  return name === 'receive' || name === 'send';
}

function compareWithFloor(name: Name, measured: readonly Result[], floors: [Floor, Floor]): FloorBeside {
  const result = measured.find((candidate) => candidate.name === name);
  const ours = result?.raw.generatorMicrosecondsPerPacket;
  if (result === undefined || typeof ours !== 'number') throw new Error(`${name} tells no cost of a packet`);
  const [before, after] = floors.map(({ sendMicroseconds, receiveMicroseconds }) =>
    name === 'send' ? sendMicroseconds : receiveMicroseconds,
  ) as [number, number];
  return { name, loop: result.loop, before, after, timesTheFloor: ours / ((before + after) / 2) };
}

function formatted(value: number): string {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
}

function print(
  results: readonly Result[],
  floors: readonly FloorBeside[],
  oneCore: readonly OneCore[],
): void {
  for (const { name, loop, value, unit, target, bound, met } of results) {
    const sign = bound === 'max' ? '≤' : '≥';
    const mark = met ? 'ok  ' : 'MISS';
    console.log(
      `${mark} ${name.padEnd(10)} ${loop.padEnd(10)} ${formatted(value).padStart(8)} (${sign} ${target}) ${unit}`,
    );
  }
  for (const { loop, participants, packetRatePps, endedBy } of oneCore) {
    const reached =
      participants === null
        ? 'not measured'
        : `${participants} participants, ${Math.round(packetRatePps ?? 0)} packets/s`;
    console.log(`     one core   ${loop.padEnd(10)} ${reached}; then: ${endedBy}`);
  }
  if (floors.length === 0 && results.some(({ name }) => name === 'receive' || name === 'send'))
    console.log('no C compiler: no floor to compare with');
  for (const { name, loop, before, after, timesTheFloor } of floors) {
    const program = name === 'send' ? 'sendto' : 'recvmmsg';
    console.log(
      `${name}, ${loop}: ${timesTheFloor.toFixed(1)} times the floor (C ${program}: ${before} µs a packet before, ${after} after)`,
    );
  }
}
