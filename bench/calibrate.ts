/**
 * `npm run bench -- calibrate [--rates A,B,C] [--seed N] [--json]`: bridges whose capacity is known, because a policer
 * drops what is beyond it, and whether `rtc-bench calibrate` finds it without being told. The rates are drawn at
 * random unless given. Fails (99) when one is more than 5 % off, lies outside its interval, is put down to anything
 * but the network, or took more than a third of a linear ramp.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type CapacityFile, parseCapacityFile } from '../src/capacity/capacity-file.ts';
import { seededRandom } from '../src/stats/random.ts';
import { inOwnNetwork } from '../test/support/own-network.ts';

const BIN = fileURLToPath(new URL('../bin/rtc-bench.js', import.meta.url));
const LEAST_PPS = 6_000;
const MOST_PPS = 24_000;

/** Four who speak and listeners of all of them: 200 packets a second each, and little control traffic beside it. */
const SCENARIO = `version: 1
name: known-capacity
target: { bridges: 1 }
rooms: { name: hall }
sampling: { interval: 500ms }
participants:
  - { name: speakers, count: 4, publish: { audio: { pattern: continuous } }, subscribe: { audio: none, video: none } }
  - { name: audience, count: 10, publish: { audio: false } }
calibrate: { variable: participants, group: audience, start: 8, max: 400, joinRate: 60, settle: 500ms, hold: 2s, drain: 500ms }
load: { stages: [ { kind: ramp, rate: 10 }, { kind: hold, duration: 5s } ] }
`;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rates: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      json: { type: 'boolean', default: false },
    },
  });
  const random = seededRandom(Number(values.seed));
  const drawn = () => Math.round(LEAST_PPS * (MOST_PPS / LEAST_PPS) ** random());
  const rates = values.rates?.split(',').map(Number) ?? [drawn(), drawn(), drawn()];
  const results = [];
  for (const truthPps of rates) {
    console.error(`a policer of ${truthPps} datagrams a second`);
    const result = judge(truthPps, await calibrateBehind(truthPps));
    results.push(result);
    if (!values.json) console.log(lineOf(result));
  }
  if (values.json)
    console.log(JSON.stringify({ benchmark: 'calibrate', seed: values.seed, results }, null, 2));
  return results.every(({ met }) => met) ? 0 : 99;
}

async function calibrateBehind(datagramsPps: number): Promise<CapacityFile> {
  const folder = await mkdtemp(join(tmpdir(), 'rtcb-known-'));
  try {
    const scenario = join(folder, 'known.yaml');
    await writeFile(scenario, SCENARIO);
    const [file, ...rest] = inOwnNetwork(
      [process.execPath, BIN, 'calibrate', scenario, '--out', join(folder, 'out')],
      datagramsPps,
    );
    const child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'close');
    return parseCapacityFile(await readFile(join(folder, 'out', 'capacity.json'), 'utf8'), 'capacity.json');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function judge(
  truthPps: number,
  { maxPacketRatePps, interval, limitedBy, search, spreadRatio }: CapacityFile,
) {
  const errorRatio = maxPacketRatePps === null ? null : maxPacketRatePps / truthPps - 1;
  const covered = interval !== null && interval.low <= truthPps && truthPps <= interval.high;
  const timeRatio = search.linearRampMs === 0 ? null : search.durationMs / search.linearRampMs;
  const met =
    errorRatio !== null &&
    Math.abs(errorRatio) <= 0.05 &&
    covered &&
    limitedBy === 'network' &&
    timeRatio !== null &&
    timeRatio <= 1 / 3;
  return {
    truthPps,
    maxPacketRatePps,
    interval,
    errorRatio,
    covered,
    limitedBy,
    spreadRatio,
    ...search,
    timeRatio,
    met,
  };
}

function lineOf(result: ReturnType<typeof judge>): string {
  const { truthPps, maxPacketRatePps, interval, errorRatio, limitedBy, durationMs, linearRampMs, met } =
    result;
  const rate = (pps: number | null | undefined) => (pps == null ? 'none' : String(Math.round(pps)));
  const percent = (ratio: number | null) => (ratio === null ? '–' : `${(ratio * 100).toFixed(1)} %`);
  return [
    met ? 'ok  ' : 'MISS',
    `truth ${truthPps}`,
    `found ${rate(maxPacketRatePps)} (${rate(interval?.low)} to ${rate(interval?.high)})`,
    `off by ${percent(errorRatio)}`,
    `spread ${percent(result.spreadRatio)}`,
    `ended by ${limitedBy}`,
    `${Math.round(durationMs / 1000)} s, linear ramp ${Math.round(linearRampMs / 1000)} s`,
  ].join('  ');
}
