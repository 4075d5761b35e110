import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgeOf } from '../../src/capacity/edge-belief.ts';
import {
  afterDrain,
  afterStep,
  beginSearch,
  nextAction,
  SEARCH_DEFAULTS,
  type SearchAction,
  type SearchEnd,
  type SearchOptions,
  type StepVerdict,
} from '../../src/capacity/search.ts';

const OPTIONS = { start: 8, max: 10_000, ...SEARCH_DEFAULTS, maxSteps: 40 };

interface Searched {
  end: SearchEnd;
  low: number;
  middle: number;
  high: number;
  actions: SearchAction[];
}

function search(
  verdictOf: (load: number, step: number) => StepVerdict,
  options: SearchOptions = OPTIONS,
): Searched {
  const actions: SearchAction[] = [];
  let state = beginSearch(options);
  for (;;) {
    const action = nextAction(state, options);
    if (action.kind === 'done') return { end: action.end, ...edgeOf(state.belief), actions };
    actions.push(action);
    state =
      action.kind === 'drain'
        ? afterDrain(state)
        : afterStep(state, { load: action.load, verdict: verdictOf(action.load, state.taken) });
  }
}

const measured = (result: Searched) => result.actions.filter((action) => action.kind === 'measure');
const edge =
  (at: number) =>
  (load: number): StepVerdict =>
    load <= at ? 'holds' : 'breaks';

describe('a bridge that breaks at one load', () => {
  it('has it found within the resolution, wherever it is and wherever the search begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_000 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0.01, max: 0.1, noNaN: true }),
        (at, start, resolution) => {
          const result = search(edge(at), { ...OPTIONS, start, resolution });
          expect(result.end).toBe('found');
          // Anywhere from the last that held to the first that broke is the truth.
          expect(result.low).toBeLessThanOrEqual(at + 1);
          expect(result.high).toBeGreaterThanOrEqual(at);
          expect(Math.abs(result.middle - (at + 0.5))).toBeLessThanOrEqual(Math.max(1, resolution * at));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is confirmed by two steps just under and two just over, and drained after every break', () => {
    const result = search(edge(777));
    const near = (from: number, to: number) =>
      measured(result).filter(({ load }) => load >= from && load <= to).length;
    expect(near(777 * 0.95, 777)).toBeGreaterThanOrEqual(2);
    expect(near(778, 777 * 1.05)).toBeGreaterThanOrEqual(2);
    for (const [index, action] of result.actions.entries()) {
      if (action.kind === 'measure' && action.load > 777)
        expect(result.actions[index + 1]?.kind).toBe('drain');
    }
  });

  it('is never asked for more than twice what held', () => {
    let highest = OPTIONS.start;
    search((load) => {
      expect(load).toBeLessThanOrEqual(2 * highest);
      if (load <= 3000) highest = Math.max(highest, load);
      return load <= 3000 ? 'holds' : 'breaks';
    });
  });
});

describe('a bridge that changes its mind', () => {
  it('is found at its higher edge when the first break was a hiccup of the host', () => {
    let hiccups = 1;
    const result = search((load) => {
      if (load >= 60 && hiccups-- > 0) return 'breaks';
      return load <= 200 ? 'holds' : 'breaks';
    });
    expect(result.end).toBe('found');
    expect(Math.abs(result.middle - 200.5)).toBeLessThan(4);
  });

  it('is found at its lower edge when a step beyond it held by chance', () => {
    const result = search((load, step) => (load <= (step < 5 ? 100 : 70) ? 'holds' : 'breaks'));
    expect(result.end).toBe('found');
    expect(Math.abs(result.middle - 70.5)).toBeLessThan(3);
  });

  it('ends within its steps under any noise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<StepVerdict>('holds', 'breaks', 'saturated'), { minLength: 45 }),
        (noise) => {
          const result = search((_load, step) => noise[step] ?? 'holds');
          expect(measured(result).length).toBeLessThanOrEqual(OPTIONS.maxSteps);
          for (const action of measured(result)) {
            expect(Number.isInteger(action.load)).toBe(true);
            expect(action.load).toBeGreaterThanOrEqual(1);
            expect(action.load).toBeLessThanOrEqual(OPTIONS.max);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('has a wider interval when the steps allowed are over before it is narrow enough', () => {
    const wide = search(edge(777), { ...OPTIONS, maxSteps: 9 });
    const narrow = search(edge(777));
    expect(measured(wide)).toHaveLength(9);
    expect(wide.end).toBe('found');
    expect(wide.low).toBeLessThanOrEqual(777);
    expect(wide.high).toBeGreaterThanOrEqual(777);
    expect(wide.high - wide.low).toBeGreaterThan(2 * (narrow.high - narrow.low));
  });
});

describe('other endings', () => {
  it('the highest load allowed still holds', () => {
    expect(search(edge(1e9)).end).toBe('bound-reached');
  });

  it('it still holds after a hiccup on the way', () => {
    let hiccups = 1;
    expect(search((load) => (load > 300 && hiccups-- > 0 ? 'breaks' : 'holds')).end).toBe('bound-reached');
  });

  it('not even one participant holds', () => {
    expect(search(edge(0)).end).toBe('nothing-holds');
  });

  it('the steps allowed are over before anything breaks', () => {
    expect(search(edge(5000), { ...OPTIONS, maxSteps: 5 }).end).toBe('gave-up');
  });

  it('the generator saturates before the bridge breaks: never a capacity', () => {
    expect(search((load) => (load <= 300 ? 'holds' : 'saturated')).end).toBe('generator-saturated');
    expect(search(() => 'saturated').end).toBe('generator-saturated');
  });

  it('a hiccup that looked like saturation is not believed against what else was seen', () => {
    let hiccups = 1;
    const result = search((load) => {
      if (load >= 60 && hiccups-- > 0) return 'saturated';
      return load <= 200 ? 'holds' : 'breaks';
    });
    expect(result.end).toBe('found');
    expect(Math.abs(result.middle - 200.5)).toBeLessThan(4);
  });

  it('the generator saturates somewhere above the edge: the edge is found', () => {
    const result = search((load) => (load > 600 ? 'saturated' : load > 300 ? 'breaks' : 'holds'));
    expect(result.end).toBe('found');
    expect(Math.abs(result.middle - 300.5)).toBeLessThan(6);
  });
});
