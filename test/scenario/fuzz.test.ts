import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RtcBenchError } from '../../src/errors.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { planRun } from '../../src/scenario/plan.ts';

const QUICKSTART = readFileSync(new URL('../../scenarios/quickstart.yaml', import.meta.url), 'utf8');

/** Whatever the text, it is a scenario that can be planned or one error of ours with a place in it. */
function loadsOrTells(text: string): void {
  try {
    planRun(loadScenario(text, 'fuzz.yaml'));
  } catch (error) {
    expect(error).toBeInstanceOf(RtcBenchError);
    expect((error as Error).message).toMatch(/fuzz\.yaml:\d+:\d+: /);
  }
}

it('survives any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), loadsOrTells));
});

it('survives any value in any place', () => {
  const keys = [
    'version',
    'name',
    'seed',
    'target',
    'rooms',
    'participants',
    'load',
    'gates',
    'trust',
    'probe',
  ];
  const contents = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 4 }));
  fc.assert(fc.property(contents, (value) => loadsOrTells(JSON.stringify(value))));
});

it('survives a real scenario with a piece cut out and another put in', () => {
  const place = fc.nat(QUICKSTART.length);
  fc.assert(
    fc.property(place, fc.nat(40), fc.string({ maxLength: 12 }), (at, length, put) => {
      loadsOrTells(QUICKSTART.slice(0, at) + put + QUICKSTART.slice(at + length));
    }),
    { numRuns: 150 },
  );
});
