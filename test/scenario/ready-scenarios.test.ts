import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { planRun } from '../../src/scenario/plan.ts';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';

const folder = new URL('../../scenarios/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

describe.each(files)('%s', (file) => {
  const scenario = loadScenario(read(file), file);
  const plan = planRun(scenario);

  it('is named after its file and points editors to the schema', () => {
    expect(`${scenario.name}.yaml`).toBe(file);
    expect(read(file).split('\n', 1)[0]).toBe('# yaml-language-server: $schema=../schemas/scenario-v1.json');
  });

  it('lets everybody in, judges something, and is modest enough for two cores', () => {
    expect(plan.participants.length).toBeGreaterThan(0);
    expect(plan.stages.some((stage) => stage.steady)).toBe(true);
    expect(scenario.gates.length).toBeGreaterThan(0);
    const total = plan.expected.reduce((sum, load) => sum + load.packetRateInPps + load.packetRateOutPps, 0);
    expect(total).toBeLessThan(12_000);
    expect(plan.durationMs).toBeLessThan(120_000);
  });
});

it('quickstart is two bridges, a room over both, two browsers and twenty synthetic participants in a minute', () => {
  const plan = planRun(loadScenario(read('quickstart.yaml'), 'quickstart.yaml'));
  const engines = plan.participants.map((participant) => participant.engine);
  expect(engines.filter((engine) => engine === 'browser')).toHaveLength(2);
  expect(engines.filter((engine) => engine === 'synthetic')).toHaveLength(20);
  expect(plan.expected).toHaveLength(2);
  for (const load of plan.expected) expect(load.relayPacketRatePps).toBeGreaterThan(0);
  expect(plan.rooms.length).toBeGreaterThan(1);
  expect(plan.durationMs).toBeLessThanOrEqual(60_000);
  const browsers = plan.participants.filter((participant) => participant.engine === 'browser');
  for (const browser of browsers) expect(browser.subscribe.video).not.toBe('none');
});

it('the schema in the repository is the one in the code: rtc-bench schema > schemas/scenario-v1.json', () => {
  const file = new URL('../../schemas/scenario-v1.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
});
