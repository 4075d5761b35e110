/**
 * `npm run bench -- calibrate [--rates A,B,C] [--variables A,B] [--shares A,B,C] [--repeats N] [--seed N] [--json]`:
 * bridges whose capacity is known, and whether `rtc-bench calibrate` finds it without being told.
 *
 * A policer drops what is beyond a rate (drawn at random unless given): the rate is the truth, whichever variable is
 * searched (participants unless given; rooms, publishers, bitrate). A bridge is held to a
 * share of a core: a linear ramp of `rtc-bench run` over the same bridge, which shares nothing with the search, tells
 * the truth to 3 %, both at the speed that the cores had in the search. `--rates none` or `--shares none` leaves one of
 * them out.
 *
 * Fails (99) when one is more than 5 % off, lies outside its interval, is put down to anything but the network (the
 * bridge's CPU), or took more than a third of a linear ramp
 * (of which a single search, `--repeats 1`, is free).
 */
import { parseArgs } from 'node:util';
import { loadScenario } from '../src/scenario/load.ts';
import { seededRandom } from '../src/stats/random.ts';
import { inOwnNetwork } from '../test/support/own-network.ts';
import { readCapacity, withResults } from './lib/capacity/calibrated.ts';
import { type Judgement, judge, lineOf } from './lib/capacity/judgement.ts';
import {
  atSpeed,
  edgeOfRungs,
  type Rung,
  rampStages,
  readRungs,
  rungsBetween,
} from './lib/capacity/linear-ramp.ts';
import { burstMsOf, policedScenario, VARIABLES } from './lib/capacity/policed.ts';

const LEAST_PPS = 6_000;
const MOST_PPS = 24_000;
const SHARES = '0.3,0.4,0.5';

/** How far around what was found the ramp goes: an edge beyond is a miss, and told as one. */
const AROUND = 0.2;
const RUNG_SHARE = 0.03;

/** The traffic of scenarios/calibrate-bridge.yaml, on a bridge that has `share` of a core. */
const shared = (share: number, audience: number, stages: string) => `version: 1
name: known-share
target: { bridges: 1, cpuShare: ${share} }
rooms: { name: hall }
participants:
  - name: speakers
    count: 4
    publish: { audio: { pattern: continuous }, video: { height: 360, fps: 30, simulcast: false } }
    subscribe: { audio: none, video: none }
  - { name: audience, count: ${audience}, publish: { audio: false } }
calibrate: { group: audience, start: 20, max: 400, joinRate: 50, settle: 2s, hold: 5s, drain: 1s, repeats: 2, budget: 2m }
load: { stages: [ ${stages} ] }
`;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rates: { type: 'string' },
      variables: { type: 'string', default: 'participants' },
      repeats: { type: 'string', default: '3' },
      shares: { type: 'string', default: SHARES },
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      json: { type: 'boolean', default: false },
    },
  });
  const random = seededRandom(Number(values.seed));
  const drawn = () => Math.round(LEAST_PPS * (MOST_PPS / LEAST_PPS) ** random());
  const rates = numbers(values.rates) ?? [drawn(), drawn(), drawn()];
  const results: Judgement[] = [];
  const tell = (result: Judgement) => {
    results.push(result);
    if (!values.json) console.log(lineOf(result));
  };
  const variables = VARIABLES.filter((variable) => values.variables.split(',').includes(variable));
  if (variables.length === 0) throw new Error(`--variables: one or more of ${VARIABLES.join(', ')}`);
  for (const truthPps of rates) {
    for (const variable of variables) {
      const name = `a policer of ${truthPps} datagrams/s, ${variable} varied`;
      console.error(name);
      const scenario = policedScenario(variable, Number(values.repeats));
      const capacity = await withResults('calibrate', scenario, readCapacity, (command) =>
        inOwnNetwork(command, truthPps, burstMsOf(variable)),
      );
      tell(judge(name, truthPps, capacity, 'network'));
    }
  }
  for (const share of numbers(values.shares) ?? []) tell(await judgeShare(share, values.json));
  if (values.json)
    console.log(JSON.stringify({ benchmark: 'calibrate', seed: values.seed, results }, null, 2));
  return results.every(({ met }) => met) ? 0 : 99;
}

async function judgeShare(share: number, quiet: boolean): Promise<Judgement> {
  const name = `${share} of a core`;
  console.error(name);
  const search = shared(share, 20, '{ kind: ramp, rate: 10 }, { kind: hold, duration: 5s }');
  const capacity = await withResults('calibrate', search, readCapacity);
  const [load] = capacity.repeats.flatMap((repeat) => repeat.load ?? []);
  if (load === undefined) return judge(name, null, capacity, 'bridge-cpu');
  const loads = rungsBetween(load * (1 - AROUND), load * (1 + AROUND), RUNG_SHARE);
  const ramp = shared(share, loads.at(-1) ?? 1, rampStages(loads, 4));
  const { objective } = loadScenario(ramp, 'known.yaml').calibrate;
  const rungs = await withResults('run', ramp, (folder) => readRungs(folder, loads, objective));
  const { equalSpeed } = capacity;
  const told = equalSpeed == null ? rungs : atSpeed(rungs, equalSpeed.cpuPerPacketUs);
  if (!quiet) console.log(told.map(rungLine).join('\n'));
  const edge = edgeOfRungs(told);
  return judge(name, edge === null ? null : (edge.low + edge.high) / 2, capacity, 'bridge-cpu');
}

function rungLine({ load, packetRatePps, cpuPerPacketUs, holds, reason }: Rung): string {
  const cost = cpuPerPacketUs === null ? '' : `  at ${cpuPerPacketUs.toFixed(1)} µs a packet`;
  return `       ${Math.round(load)} listeners  ${Math.round(packetRatePps)} packets/s${cost}  ${holds ? 'held' : `broke: ${reason}`}`;
}

/** null: not given. */
function numbers(list: string | undefined): number[] | null {
  if (list === undefined) return null;
  return list === 'none' ? [] : list.split(',').map(Number);
}
