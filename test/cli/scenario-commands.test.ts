import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';
import { fakeSystem } from '../support/fake-system.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rtc-bench-cli-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function run(...argv: string[]) {
  const system = { ...fakeSystem(), cwd: dir };
  const exitCode = await main(argv, system);
  return { exitCode, out: system.stdout.text, err: system.stderr.text };
}

const write = (name: string, text: string) => writeFile(join(dir, name), text);

const SMALL = `version: 1
name: small
target: { bridges: 2, placement: spread, maxPacketRatePps: 1000 }
participants: [{ count: 4, publish: { audio: { pattern: continuous } } }]
load: { stages: [{ kind: ramp, rate: 2 }, { kind: hold, duration: 5s }] }
gates: [max(bridge.stress) < 1]
`;

describe('calibrate', () => {
  it.each([
    [SMALL, 'a calibration loads one bridge, target.bridges is 2'],
    [
      `${SMALL.replace('bridges: 2, placement: spread', 'bridges: 1')}calibrate: { hold: 2s }\n`,
      'calibrate.hold is 2s, but a step is judged by 3 readings at least, one each 1s',
    ],
  ])('starts nothing where no step could be judged', async (text, words) => {
    await write('small.yaml', text);
    const { exitCode, err } = await run('calibrate', 'small.yaml');
    expect(exitCode).toBe(2);
    expect(err).toContain(words);
  });
});

describe('plan', () => {
  it('prints who joins what and when, and the load to expect', async () => {
    await write('small.yaml', SMALL);
    const { exitCode, out, err } = await run('plan', 'small.yaml');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain('small: 4 participants in 1 room, 7s, seed 1');
    expect(out).toMatch(/│ 1\.50 s │ p0004\s+│ group-1 │ synthetic │ r001 │/);
    // In: two talkers and the two of the other bridge; out: two others and two piped for each, and two piped on.
    expect(out).toMatch(/│ 0\s+│ 2\s+│ 200\s+│ 400\s+│ 200\s+│ 600\s+│ 0\.60\s+│/);
    expect(out).toContain('max(bridge.stress) < 1');
    expect(out.trimEnd().endsWith('Nothing was started.')).toBe(true);
  });

  it('says what a calibration would vary, and how long that takes', async () => {
    await write('small.yaml', SMALL.replace('bridges: 2, placement: spread', 'bridges: 1'));
    const { out } = await run('plan', 'small.yaml');
    expect(out).toContain('varies participants of group-1, from 8 up to 2000 at most');
    expect(out).toContain(
      '3 searches of at most 12 steps, each 9s and its joins (20 a second): about 5m24s and the joins at most',
    );
    await write(
      'small.yaml',
      `${SMALL.replace('bridges: 2, placement: spread', 'bridges: 1')}calibrate: { budget: 3m }\n`,
    );
    expect((await run('plan', 'small.yaml')).out).toContain("within 3m, the scenario's budget");
    const { calibration } = JSON.parse((await run('plan', 'small.yaml', '--json')).out);
    expect(calibration).toMatchObject({
      searches: 3,
      maxSteps: 12,
      stepMs: 9000,
      budgetMs: 180_000,
      mostMs: 180_000,
    });
    await write('small.yaml', SMALL);
    expect((await run('plan', 'small.yaml')).out).not.toContain('Calibration');
  });

  it('prints it whole as JSON, by the seed that is asked for', async () => {
    await write('small.yaml', SMALL);
    const { out } = await run('plan', 'small.yaml', '--json', '--seed', '9');
    expect(JSON.parse(out)).toMatchObject({
      schemaVersion: 1,
      seed: 9,
      durationMs: 7000,
      maxPacketRatePps: 1000,
      maxPacketRateSource: 'scenario',
    });
  });

  it('shows names that a terminal would obey as text', async () => {
    await write('small.yaml', SMALL.replace('name: small', 'name: "\\e[31msmall\\u202e"'));
    const { out } = await run('plan', 'small.yaml');
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain('\u202e');
  });

  it('tells every problem with its place, and exits 2', async () => {
    await write('small.yaml', SMALL.replace('gates:', 'gate:').replace('bridges', 'brigdes'));
    const { exitCode, out, err } = await run('plan', 'small.yaml');
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('small.yaml:3:11: unknown key "brigdes"');
    expect(err).toContain('small.yaml:6:1: unknown key "gate"');
  });

  it.each([
    [['plan', 'missing.yaml'], 'cannot read missing.yaml'],
    [['plan', 'small.yaml', '--seed', '-1'], '--seed -1: not a whole number'],
  ])('%j exits 2', async (argv, message) => {
    await write('small.yaml', SMALL);
    const { exitCode, err } = await run(...argv);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });

  it('takes the capacity from a file beside the scenario, and refuses one that has none', async () => {
    const scenario = SMALL.replace('maxPacketRatePps: 1000', 'maxPacketRatePps: cap/capacity.json');
    await write('small.yaml', scenario);
    expect((await run('plan', 'small.yaml')).err).toContain('cannot read capacity.json');
    await write('capacity.json', '{"schemaVersion": 1}');
    await write('small.yaml', scenario.replace('cap/', ''));
    const { exitCode, err } = await run('plan', 'small.yaml');
    expect(exitCode).toBe(2);
    expect(err).toContain('capacity.json: tool');
  });
});

describe('init', () => {
  it('writes a scenario that is valid, and the schema beside it', async () => {
    const { exitCode, out } = await run('init', 'load/evening.yaml');
    expect(exitCode).toBe(0);
    expect(out).toContain('rtc-bench plan load/evening.yaml');
    const text = await readFile(join(dir, 'load/evening.yaml'), 'utf8');
    expect(text.startsWith('# yaml-language-server: $schema=./rtc-bench.schema.json\n')).toBe(true);
    expect(loadScenario(text, 'evening.yaml').name).toBe('evening');
    const schema = JSON.parse(await readFile(join(dir, 'load/rtc-bench.schema.json'), 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });

  it('replaces nothing unless told to', async () => {
    await write('scenario.yaml', 'mine');
    const refused = await run('init');
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain('scenario.yaml exists');
    expect(await readFile(join(dir, 'scenario.yaml'), 'utf8')).toBe('mine');
    expect((await run('init', '--force')).exitCode).toBe(0);
    expect(await readFile(join(dir, 'scenario.yaml'), 'utf8')).not.toBe('mine');
  });

  it('names the scenario so that it is valid, whatever the file is called', async () => {
    await run('init', 'a: b #c.yaml');
    const text = await readFile(join(dir, 'a: b #c.yaml'), 'utf8');
    expect(loadScenario(text, 'x.yaml').name).toBe('a-b-c');
  });
});

describe('schema', () => {
  it('is the JSON Schema, and nothing else, on stdout', async () => {
    const { out, err } = await run('schema');
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({ title: 'rtc-bench scenario', type: 'object' });
  });
});

describe('simulate', () => {
  it('plays three rules against the same day', async () => {
    const { exitCode, out } = await run('simulate', '--cost', '1', '--peak', '500', '--json');
    expect(exitCode).toBe(0);
    const { settings, results } = JSON.parse(out);
    expect(settings).toMatchObject({ costPoints: 1, cpusPerNode: 4, minimum: 1, maximum: 100 });
    expect(results.map((result: { scaler: string }) => result.scaler)).toEqual([
      'scaling points',
      'points > 300',
      'CPU > 60 %',
    ]);
  });

  it('writes page, CSV and JSON, and takes the day from a file', async () => {
    await write('day.csv', 'minute,participants\n0,10\n5,40\n9,0\n');
    const { exitCode } = await run('simulate', '--day', 'day.csv', '--peak', '80', '--out', 'plan');
    expect(exitCode).toBe(0);
    const csv = (await readFile(join(dir, 'plan/simulation.csv'), 'utf8')).trim().split('\n');
    expect(csv[0]).toBe('rule,minute,participants,nodes,draining,booting,load_points,max_load_points');
    expect(csv).toHaveLength(1 + 3 * 10);
    expect(csv[6]).toMatch(/^scaling points,5,80,/);
    const page = await readFile(join(dir, 'plan/simulation.html'), 'utf8');
    expect(page).toContain('Load of the fullest node');
    expect(page).not.toMatch(/src="http|href="http/);
  });

  it.each([
    [['--scale-out', '75'], 'is no step of a policy'],
    [['--cpu-rule', '60=3'], 'two steps'],
    [['--min', '5', '--max', '2'], '--min 5 is more than --max 2'],
    [['--cost', 'x'], '--cost x: not a number'],
    [['--day', 'missing.csv'], 'cannot read'],
    [['--capacity', 'missing.json'], 'cannot read missing.json'],
  ])('%j exits 2', async (argv, message) => {
    const { exitCode, err } = await run('simulate', ...argv);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });

  it('takes the cost from a capacity file', async () => {
    const capacity = {
      schemaVersion: 1,
      tool: { version: '0.1.0' },
      createdAt: '2026-01-01T00:00:00Z',
      scenario: { name: 'x', sha256: 'x' },
      traffic: [],
      bridge: { kind: 'mediasoup', software: 'mediasoup' },
      machine: {},
      versions: {},
      objective: [],
      variable: 'participants',
      maxPacketRatePps: 40_000,
      interval: null,
      spreadRatio: null,
      repeats: [],
      limitedBy: 'bridge-cpu',
      perParticipant: { packetRatePps: 100, bridgeCpuRatio: 0.0025 },
      perConsumer: null,
      curve: [],
      knee: null,
      search: { durationMs: 1, linearRampMs: 1 },
      trust: { verdict: 'trusted', reasons: [] },
    };
    await write('capacity.json', JSON.stringify(capacity));
    const { out } = await run('simulate', '--capacity', 'capacity.json', '--json');
    expect(JSON.parse(out).settings.costPoints).toBeCloseTo(0.25, 9);
    await write('capacity.json', JSON.stringify({ ...capacity, perParticipant: null }));
    expect((await run('simulate', '--capacity', 'capacity.json')).err).toContain(
      'does not tell what a participant costs',
    );
  });

  it('tells where a day is no day', async () => {
    await write('day.csv', '0,10\n5,ten\n');
    expect((await run('simulate', '--day', 'day.csv')).err).toContain(
      'day.csv:2: expected minute,participants',
    );
  });
});
