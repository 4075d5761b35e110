import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAGS, parseMalleus } from '../../src/cli/init/malleus/options.ts';
import { groupsOf, malleusScenario } from '../../src/cli/init/malleus/scenario.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { planRun } from '../../src/scenario/plan.ts';

const planOf = (commandLine: string) => {
  const loaded = loadScenario(
    malleusScenario('from-malleus', parseMalleus(commandLine)),
    'from-malleus.yaml',
  );
  return { scenario: loaded, plan: planRun(loaded, 1) };
};

describe('a malleus command line', () => {
  it('has the defaults of malleus', () => {
    expect(parseMalleus('')).toMatchObject({
      conferences: 1,
      participants: 3,
      senders: 3,
      audioSenders: 3,
      durationS: 60,
      joinDelayMs: 0,
      roomNamePrefix: 'loadtest',
      hub: null,
      regions: [],
    });
  });

  it('is read with values after a space or an equals sign, quoted or not, and in its old form', () => {
    const options = parseMalleus(
      `./malleus.sh --conferences=5 --participants 8 --room-name-prefix "my room" --senders '3'`,
    );
    expect(options).toMatchObject({ conferences: 5, participants: 8, senders: 3, roomNamePrefix: 'my room' });
    expect(parseMalleus('2 10 4 120 old http://hub:4444/wd/hub')).toMatchObject({
      conferences: 2,
      participants: 10,
      senders: 4,
      durationS: 120,
      roomNamePrefix: 'old',
      hub: { url: 'http://hub:4444/wd/hub', secret: false },
    });
  });

  it.each([
    ['--conferenses 5', 'no malleus command line'],
    ['--conferences many', '--conferences takes a whole number from 1, not "many"'],
    ['--conferences 0', '--conferences takes a whole number from 1, not "0"'],
    ['--participants 0', '--participants takes a whole number from 1'],
    ['--senders-per-tab 0', '--senders-per-tab takes a whole number from 1'],
    ['--duration -5', 'no malleus command line'],
    ['--duration 0', '--duration takes a whole number from 1'],
    ['--duration 1.5', '--duration takes a whole number from 1, not "1.5"'],
    ['--participants', 'no malleus command line'],
    ['--max-disrupted-bridges-pct 101', 'at most 100, not 101'],
    ['--hub-url hub:4444', '--hub-url takes the http address of a grid'],
    ['--room-name-prefix "open', 'a " that is not closed'],
    ['1 2 3 4 prefix http://hub:4444 more', 'malleus has no place for "more"'],
  ])('that malleus would not take is refused: %s', (commandLine, message) => {
    expect(() => parseMalleus(commandLine)).toThrow(
      expect.objectContaining({
        code: 'RTCB_MALLEUS',
        exitCode: 2,
        message: expect.stringContaining(message),
      }),
    );
  });

  it('may have every parameter of malleus, and docs/malleus.md has a place for each', () => {
    const page = readFileSync(new URL('../../docs/malleus.md', import.meta.url), 'utf8');
    const value: Partial<Record<string, string>> = {
      'hub-url': 'http://hub:4444',
      regions: 'eu,us',
      'room-name-prefix': 'r',
      'instance-url': 'https://meet.example',
      'extra-sender-params': 'config.a=1',
      'extra-receiver-params': 'config.b=2',
      jwt: 'eyJ',
      participants: '8',
    };
    const all = Object.entries(FLAGS).map(([name, { type }]) =>
      type === 'boolean' ? `--${name}` : `--${name} ${value[name] ?? 2}`,
    );
    for (const name of Object.keys(FLAGS)) expect(page).toContain(`\`--${name}\``);
    const { plan } = planOf(all.join(' '));
    expect(plan.participants).toHaveLength(16);
    // Each alone is a scenario that can be planned.
    for (const one of all) expect(planOf(one).plan.participants.length).toBeGreaterThan(0);
  });
});

describe('the scenario made from it', () => {
  it('has its rooms, senders and receivers, delays and duration', () => {
    const { scenario, plan } = planOf(
      '--conferences 5 --participants 8 --senders 3 --audio-senders 4 --duration 90 --join-delay 500',
    );
    expect(plan.rooms.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((n) => `loadtest${n}`));
    expect(plan.participants).toHaveLength(40);
    const of = (group: string) => plan.participants.filter((participant) => participant.group === group);
    expect(of('senders')).toHaveLength(15);
    expect(of('audio-senders')).toHaveLength(5);
    expect(of('receivers')).toHaveLength(20);
    expect(of('senders')[0]).toMatchObject({
      engine: 'browser',
      publish: { audio: { pattern: 'continuous' }, video: { heightPixels: 720, framesPerSecond: 30 } },
    });
    expect(of('receivers')[0]?.publish).toEqual({ audio: null, video: null, screen: null });
    // The last of eight joins 7 * 500 ms after the first.
    expect(plan.stages[0]).toMatchObject({ kind: 'ramp', endMs: 3_500 });
    expect(plan.durationMs).toBe(93_500);
    expect(scenario.gates).toHaveLength(2);
  });

  it('has speakers who take turns, regions as bridges, and a grid', () => {
    const { scenario, plan } = planOf(
      '--participants 4 --senders 4 --switch-speakers --regions eu,us --hub-url http://hub:4444/wd/hub --senders-per-tab 2 --allow-insecure-certs --max-disrupted-bridges-pct 25 --use-stage-view',
    );
    expect(scenario.target).toMatchObject({ bridges: 2, placement: 'pinned' });
    expect(plan.participants.map(({ group, pinnedBridge }) => [group, pinnedBridge])).toEqual([
      ['senders-eu', 0],
      ['senders-eu', 0],
      ['senders-us', 1],
      ['senders-us', 1],
    ]);
    expect(plan.participants[0]?.publish.audio).toEqual({ pattern: 'speech' });
    expect(plan.participants[0]?.subscribe.preferredSpatialLayer).toBe(2);
    expect(scenario.browser).toMatchObject({
      participantsPerPage: 2,
      grid: { url: 'http://hub:4444/wd/hub', capabilities: { acceptInsecureCerts: true } },
    });
  });

  it('keeps the rule by which participants get their regions', () => {
    const groups = groupsOf(parseMalleus('--participants 5 --senders 2 --audio-senders 0 --regions a,b'));
    expect(groups.map(({ name, perRoom }) => [name, perRoom])).toEqual([
      ['video-senders-a', 1],
      ['video-senders-b', 1],
      ['receivers-a', 2],
      ['receivers-b', 1],
    ]);
  });

  it('gives a region that is named twice twice as many', () => {
    const { scenario, plan } = planOf('--participants 6 --regions eu,eu,us');
    expect(scenario.target.bridges).toBe(2);
    expect(plan.participants.filter(({ pinnedBridge }) => pinnedBridge === 0)).toHaveLength(4);
  });

  it('does not write down a hub that is its own credential', () => {
    const text = malleusScenario(
      'm',
      parseMalleus('--hub-url https://testgrid-devicefarm.us-west-2.amazonaws.com/sEcReT/wd/hub'),
    );
    expect(text).not.toContain('sEcReT');
    expect(text).toContain('RTC_BENCH_GRID');
    expect(loadScenario(text, 'm.yaml').browser.grid).toMatchObject({ clearLeftovers: false });
  });

  it('says what has no place in it, and no token', () => {
    const text = malleusScenario(
      'm',
      parseMalleus('--use-lite-mode --jwt eyJsecret --instance-url "https://x\n- evil"'),
    );
    expect(text).toContain('# Without a place here: --use-lite-mode');
    expect(text).toContain('# Without a place here: --jwt (not written down)');
    expect(text).not.toContain('eyJsecret');
    expect(text.split('\n')).not.toContain('- evil');
  });

  it('cannot be broken out of by a name', () => {
    const { plan } = planOf(`--room-name-prefix 'x"\n  evil: "y'`);
    expect(plan.rooms[0]?.name).toBe('x"\n  evil: "y1');
  });
});
