import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type CapacityFile, parseCapacityFile } from '../../src/capacity/capacity-file.ts';
import { type CliOptions, type RunningCli, startCli, withFolder } from '../support/cli.ts';

/** Calibrations whose answer is known beforehand. `npm run bench -- calibrate` has the long ones. */

const LIMIT_PPS = 5_000;

const SPEAKERS =
  '{ name: speakers, count: 4, publish: { audio: { pattern: continuous } }, subscribe: { audio: none, video: none } }';
const VIDEO =
  '{ name: speakers, count: 1, publish: { audio: false, video: { height: 180, fps: 4, simulcast: false } }, subscribe: { audio: none, video: none } }';

function scenario(search: string, speakers: string): string {
  return `version: 1
name: known
target: { bridges: 1 }
rooms: { name: hall }
sampling: { interval: 500ms }
participants:
  - ${speakers}
  - { name: audience, count: 10, publish: { audio: false } }
calibrate: { joinRate: 60, settle: 500ms, drain: 500ms, repeats: 1, ${search} }
load: { stages: [ { kind: ramp, rate: 10 }, { kind: hold, duration: 5s } ] }
`;
}

async function calibrate(
  search: string,
  options: CliOptions = {},
  during: (cli: RunningCli) => Promise<void> = async () => {},
  speakers = SPEAKERS,
): Promise<{ exitCode: number | null; capacity: CapacityFile; stderr: string }> {
  return withFolder(async (folder) => {
    const file = join(folder, 'known.yaml');
    await writeFile(file, scenario(search, speakers));
    const cli = startCli(['calibrate', file, '--out', join(folder, 'out')], options);
    await during(cli);
    const { exitCode, stderr } = await cli.ended;
    const text = await readFile(join(folder, 'out', 'capacity.json'), 'utf8').catch(() => {
      throw new Error(`no capacity.json: ${stderr}`);
    });
    return { exitCode, capacity: parseCapacityFile(text, 'capacity.json'), stderr };
  });
}

/** What each step showed, and what was thought of the generator in it: told when a test fails. */
function stepsOf({ curve, trust }: CapacityFile): string {
  const steps = curve.map(({ load, packetRatePps, holds, reason, trust: own }) =>
    JSON.stringify({ load, packetRatePps, holds, reason, trust: own?.verdict, because: own?.reasons }),
  );
  return [...steps, JSON.stringify(trust)].join('\n');
}

test('a bridge behind a policer is found within 5 %, and the network is named', async () => {
  const { exitCode, capacity, stderr } = await calibrate('start: 8, max: 200, hold: 2s, resolution: 0.05', {
    datagramLimitPps: LIMIT_PPS,
  });
  expect(exitCode, stderr).toBe(0);
  const { maxPacketRatePps, interval, limitedBy, trust } = capacity;
  const told = stepsOf(capacity);
  expect(Math.abs((maxPacketRatePps ?? 0) / LIMIT_PPS - 1), told).toBeLessThan(0.05);
  expect(interval?.low, told).toBeLessThanOrEqual(LIMIT_PPS);
  expect(interval?.high, told).toBeGreaterThanOrEqual(0.97 * LIMIT_PPS);
  expect(limitedBy, told).toBe('network');
  // `suspect` when a hiccup of the host cost a step: what the policer dropped does not decide against the generator.
  expect(trust.verdict, told).not.toBe('saturated');
});

test('a generator that has a tenth of its time is told to be the limit, and no capacity is', async () => {
  const { exitCode, capacity, stderr } = await calibrate('start: 2, max: 200, hold: 2s', {}, async (cli) => {
    await cli.output(/repeat 1: bracket/);
    let ended = false;
    void cli.ended.then(() => {
      ended = true;
    });
    while (!ended) {
      cli.child.kill('SIGSTOP');
      await delay(90);
      cli.child.kill('SIGCONT');
      await delay(10);
    }
  });
  expect(exitCode, stderr).toBe(4);
  expect(capacity).toMatchObject({
    maxPacketRatePps: null,
    interval: null,
    limitedBy: 'generator',
    trust: { verdict: 'saturated' },
  });
  expect(capacity.trust.reasons.map(({ message }) => message).join('\n')).toMatch(
    /late|event loop|never sent|joins were begun/,
  );
});

test.each([
  ['rooms', 2],
  ['publishers', 2],
  ['bitrate', 400],
])('%s are varied on real parts as well', async (variable, start) => {
  const { exitCode, capacity, stderr } = await calibrate(
    `variable: ${variable}, start: ${start}, max: ${2 * start}, hold: 1500ms`,
    {},
    async () => {},
    VIDEO,
  );
  // Nothing breaks at that, so it is measured at that and at twice that, and the bound is told.
  expect(exitCode, stderr).toBe(4);
  expect(capacity).toMatchObject({ variable, maxPacketRatePps: null, limitedBy: 'search-bound' });
  const [once, twice] = capacity.curve;
  expect([once?.load, twice?.load]).toEqual([start, 2 * start]);
  expect(twice?.packetRatePps ?? 0).toBeGreaterThan(1.5 * (once?.packetRatePps ?? Number.POSITIVE_INFINITY));
});
