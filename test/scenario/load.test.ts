import { describe, expect, it } from 'vitest';
import { ExitCode, RtcBenchError } from '../../src/errors.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { MAX_SCENARIO_BYTES } from '../../src/scenario/source.ts';

const MINIMAL = 'version: 1\nname: small\nparticipants:\n  - count: 3\n';

/** The error of an invalid scenario, in full. */
function problemsOf(text: string): string {
  try {
    loadScenario(text, 'my.yaml');
  } catch (error) {
    if (!(error instanceof RtcBenchError)) throw error;
    expect(error.exitCode).toBe(ExitCode.usage);
    return error.message;
  }
  throw new Error('this scenario should have been refused');
}

describe('a valid scenario', () => {
  it('needs four lines, and has defaults for the rest', () => {
    const scenario = loadScenario(MINIMAL, 'my.yaml');
    expect(scenario).toMatchObject({
      seed: 1,
      target: { kind: 'mediasoup', bridges: 1, placement: 'least-stressed', allowPublic: false },
      rooms: [{ name: 'room', count: 1 }],
      sampling: { intervalMs: 1000 },
    });
    expect(scenario.participants[0]).toMatchObject({
      engine: 'synthetic',
      publish: { audio: { pattern: 'speech' }, video: null, screen: null },
      subscribe: { audio: 'all', video: 'all', preferredSpatialLayer: null },
    });
    expect(scenario.load.stages.map((stage) => stage.kind)).toEqual(['ramp', 'warm-up', 'hold']);
  });

  it('reads durations, sizes and shorthands into names with units', () => {
    const scenario = loadScenario(
      `${MINIMAL}    publish: { audio: false, video: true, screen: { peakInterval: 1m30s } }
target: { udp: { receiveBufferBytes: 4MiB } }
sampling: { interval: 500ms }
load: { stages: [{ kind: ramp }, { kind: hold, duration: 2 }] }
`,
      'my.yaml',
    );
    expect(scenario.target.udp.receiveBufferBytes).toBe(4 * 1024 * 1024);
    expect(scenario.sampling.intervalMs).toBe(500);
    expect(scenario.load.stages[1]).toMatchObject({ kind: 'hold', durationMs: 2000 });
    expect(scenario.participants[0]?.publish).toEqual({
      audio: null,
      video: { codec: 'vp8', heightPixels: 360, framesPerSecond: 30, simulcast: true },
      screen: { framesPerSecond: 5, peakIntervalS: 90 },
    });
  });

  it('takes a room name as text, whatever it contains', () => {
    const names = ['<script>alert(1)</script>', '=cmd()', '\u001b[31mred'];
    const rooms = names.map((name) => `  - name: ${JSON.stringify(name)}\n`).join('');
    const scenario = loadScenario(`${MINIMAL}rooms:\n${rooms}`, 'my.yaml');
    expect(scenario.rooms.map((room) => room.name)).toEqual(names);
  });

  it('keeps each gate with its place', () => {
    const text = `${MINIMAL}gates:
  - max(bridge.stress) < 0.8
  - { expression: 'p95(participant.join_ms) < 50', level: warn, minSamples: 30, window: all }
`;
    expect(loadScenario(text, 'my.yaml').gates).toMatchObject([
      {
        text: 'max(bridge.stress) < 0.8',
        level: 'error',
        window: 'steady',
        minSamples: null,
        line: 6,
        column: 5,
      },
      { level: 'warn', window: 'all', minSamples: 30, line: 7 },
    ]);
  });
});

describe('every problem at once', () => {
  it('tells each with file, line, column, the line, a caret and the nearest spelling', () => {
    const text = `version: 1
nam: typo
name: x
target: { kind: mediasop, bridges: 900 }
participants:
  - { engine: bowser, count: many }
  - { engine: browser, count: 2, publish: { video: { height: 700, fpss: 3 } } }
load:
  stages:
    - { kind: hold, duration: 3x }
    - { kind: holt }
gates:
  - max(bridge.stres) < 0.8
`;
    expect(problemsOf(text)).toBe(`my.yaml: 10 problems, nothing was started

my.yaml:2:1: unknown key "nam"
 2 | nam: typo
   | ^^^ did you mean "name"?

my.yaml:4:17: "kind" cannot be "mediasop"
 4 | target: { kind: mediasop, bridges: 900 }
   |                 ^^^^^^^^ did you mean "mediasoup"?

my.yaml:4:36: "bridges" must be at most 64
 4 | target: { kind: mediasop, bridges: 900 }
   |                                    ^^^

my.yaml:6:15: "engine" cannot be "bowser"
 6 |   - { engine: bowser, count: many }
   |               ^^^^^^ did you mean "browser"?

my.yaml:6:30: "count" must be a number, not "many"
 6 |   - { engine: bowser, count: many }
   |                              ^^^^

my.yaml:7:62: "height" cannot be 700
 7 |   - { engine: browser, count: 2, publish: { video: { height: 700, fpss: 3 } } }
   |                                                              ^^^ did you mean "720"?

my.yaml:7:67: unknown key "fpss"
 7 |   - { engine: browser, count: 2, publish: { video: { height: 700, fpss: 3 } } }
   |                                                                   ^^^^ did you mean "fps"?

my.yaml:10:31: "duration": not a duration: write 30s, 1m30s, 500ms or seconds
 10 |     - { kind: hold, duration: 3x }
    |                               ^^

my.yaml:11:15: "kind" cannot be "holt"
 11 |     - { kind: holt }
    |               ^^^^ did you mean "hold"?

my.yaml:13:9: gate: unknown metric "bridge.stres"
 13 |   - max(bridge.stres) < 0.8
    |         ^^^^^^^^^^^^ did you mean "bridge.stress"?
`);
  });

  it.each([
    ['a missing key', 'version: 1\nparticipants: [{ count: 1 }]\n', 'my.yaml:1:1: "name" is missing'],
    ['an empty file', '', 'my.yaml:1:1: the scenario must be a map of keys, not empty'],
    ['a list', '- a\n', 'my.yaml:1:1: the scenario must be a map of keys, not a list'],
    ['a key that is there twice', `${MINIMAL}name: again\n`, 'my.yaml:5:1: "name" is there twice'],
    ['a tag', `${MINIMAL}seed: !!js/function x\n`, 'my.yaml:5:7: Unresolved tag'],
    ['count and perRoom', `${MINIMAL}    perRoom: 2\n`, 'a group needs either `count` or `perRoom`'],
    ['an unknown room', `${MINIMAL}    rooms: [rom]\n`, 'my.yaml:5:13: no room entry is named "rom"'],
    ['a bridge that is not there', `${MINIMAL}    bridge: 1\n`, 'my.yaml:5:13: there is no bridge 1'],
    ['two rooms of a name', `${MINIMAL}rooms: [{ name: a }, { name: a }]\n`, 'two rooms are named "a"'],
    [
      'rate beside over',
      `${MINIMAL}load: { stages: [{ kind: ramp, rate: 1, over: 3s }] }\n`,
      'my.yaml:5:38: `rate` and `over` exclude each other',
    ],
    [
      'stages that nobody joins in',
      `${MINIMAL}load: { stages: [{ kind: hold, duration: 2 }] }\n`,
      'my.yaml:5:18: no stage lets anybody join: 3 participants are planned, none would come',
    ],
    [
      'more participants than there are',
      `${MINIMAL}load: { stages: [{ kind: ramp, to: 4 }] }\n`,
      'my.yaml:5:36: 4 participants are wanted, the groups have 3',
    ],
    [
      'a ramp that goes down',
      `${MINIMAL}load: { stages: [{ kind: ramp }, { kind: ramp, to: 1 }] }\n`,
      'ramp to 1, but 3 participants are there already',
    ],
    [
      'a run of days',
      `${MINIMAL}load: { stages: [{ kind: hold, duration: 20h }, { kind: hold, duration: 20h }] }\n`,
      'the run would last 40 hours, 24 are the most',
    ],
    ['too many participants', MINIMAL.replace('3', '20001'), '"count" must be at most 20000'],
    [
      'too many participants in all',
      `version: 1\nname: x\nparticipants: [{ count: 15000 }, { count: 15000 }]\n`,
      'my.yaml:3:15: 30000 participants are more than 20000',
    ],
    [
      'too many browsers',
      `version: 1\nname: x\nparticipants: [{ engine: browser, count: 501 }]\n`,
      '501 browser participants are more than 500',
    ],
    [
      'too many rooms',
      `${MINIMAL}rooms: [{ name: a, count: 9000 }, { name: b, count: 9000 }]\n`,
      'my.yaml:5:8: 18000 rooms are more than 10000',
    ],
    [
      'two stages of a name',
      `${MINIMAL}load: { stages: [{ kind: hold, name: a, duration: 1 }, { kind: hold, name: a, duration: 1 }] }\n`,
      'two stages are named "a"',
    ],
    [
      'a size that is none',
      `${MINIMAL}target: { udp: { sendBufferBytes: big } }\n`,
      '"sendBufferBytes": not a size',
    ],
    [
      'a size out of range',
      `${MINIMAL}target: { udp: { sendBufferBytes: 1 } }\n`,
      '"sendBufferBytes": must be 4096 to',
    ],
    [
      'a duration out of range',
      `${MINIMAL}sampling: { interval: 1ms }\n`,
      '"interval": must be from 200ms to 1m',
    ],
    [
      'a room in the window of a stage',
      `${MINIMAL}gates: [{ expression: 'max(track.jitter_ms{room=r001}) < 1', window: hold }]\n`,
      'what is kept by room is not kept by stage',
    ],
    ['a map where text belongs', `${MINIMAL}target: { kind: { a: 1 } }\n`, '"kind" cannot be a map of keys'],
    ['nothing where something belongs', `${MINIMAL}seed:\n`, '"seed" must be a number, not empty'],
    ['pinned without pins', `${MINIMAL}target: { placement: pinned }\n`, 'needs a `bridge` for every room'],
    [
      'a misspelt label',
      `${MINIMAL}gates: ["p95(participant.rtt_ms{engin=x}) < 5"]\n`,
      'my.yaml:5:33: gate: unknown label "engin"',
    ],
    [
      'a stage that is not there',
      `${MINIMAL}gates: [{ expression: max(bridge.stress) < 1, window: hld }]\n`,
      'my.yaml:5:55: gate: no stage is named "hld"',
    ],
    [
      'a cell of endpoints that do not take part',
      `${MINIMAL}gates: ["min(track.frames_per_second{sender=firefox,receiver=synthetic}) > 0"]
`,
      'gate: no participant is firefox, as sender says',
    ],
  ])('%s', (_what, text, expected) => {
    expect(problemsOf(text)).toContain(expected);
  });

  it('shows what terminals would obey as text', () => {
    const told = problemsOf(`${MINIMAL}"\\e[31mkey": 1\n# \u001b[2J\n`);
    expect(told).not.toContain('\u001b');
    expect(told).toContain('\\u{1b}[31mkey');
  });
});

describe('hostile files', () => {
  it('refuses a YAML bomb', () => {
    const levels = Array.from({ length: 9 }, (_, i) => {
      const of = i === 0 ? Array(9).fill('x') : Array(9).fill(`*a${i - 1}`);
      return `a${i}: &a${i} [${of.join(',')}]`;
    });
    expect(problemsOf(levels.join('\n'))).toContain('Excessive alias count');
  });

  it.each([
    ['brackets', '['.repeat(500_000), 'my.yaml:1:41: nested deeper than 40 levels'],
    ['braces', '{a: '.repeat(200_000), 'nested deeper than 40 levels'],
    ['dashes', '- '.repeat(300_000), 'my.yaml:1:81: nested deeper than 40 levels'],
    ['indentation', `${' '.repeat(500)}a: 1`, 'nested deeper than 40 levels'],
    ['aliases', `a: &a 1\nb: [${'*a,'.repeat(501)}]`, 'more than 500 aliases'],
    ['an alias of itself', 'a: &a [*a]', 'unknown key "a"'],
    ['documents', 'version: 1\n---\nversion: 1\n', 'my.yaml:2:1: a scenario is one document'],
    ['a list as a key', '? [a, b]\n: 1\n', 'my.yaml:1:1: unknown key "[ a, b ]"'],
  ])('tells endless or odd %s in a moment', (_what, text, expected) => {
    const before = performance.now();
    expect(problemsOf(text)).toContain(expected);
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('tells a hundred problems of thousands, in a moment', () => {
    const keys = Array.from({ length: 30_000 }, (_, i) => `key${i}: 1\n`).join('');
    const before = performance.now();
    const told = problemsOf(MINIMAL + keys);
    expect(told).toContain('my.yaml:5:1: unknown key "key0"');
    expect(told).toContain('and 100 more');
    expect(told.length).toBeLessThan(20_000);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('shows of a long line the part with the problem', () => {
    const told = problemsOf(`${MINIMAL}rooms: [${'{ name: x }, '.repeat(300)}{ nam: y }]\n`);
    expect(told).toMatch(/my\.yaml:5:\d{4}: unknown key "nam"/);
    for (const line of told.split('\n')) expect(line.length).toBeLessThan(200);
  });

  it('refuses a file over the limit without reading it', () => {
    expect(() => loadScenario(`# ${'x'.repeat(MAX_SCENARIO_BYTES)}`, 'my.yaml')).toThrow(/larger than/);
  });

  it('does not take a key of Object for a key of ours', () => {
    expect(problemsOf(`${MINIMAL}__proto__: { seed: 3 }\nconstructor: 1\n`)).toContain(
      'unknown key "constructor"',
    );
  });
});
