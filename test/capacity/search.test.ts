import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

const OPTIONS: SearchOptions = { start: 10, max: 10_000, ...SEARCH_DEFAULTS };

interface Searched {
  end: SearchEnd;
  under: number | null;
  over: number | null;
  actions: SearchAction[];
}

function search(verdictOf: (load: number, step: number) => StepVerdict, options = OPTIONS): Searched {
  const actions: SearchAction[] = [];
  let state = beginSearch(options);
  for (;;) {
    const action = nextAction(state, options);
    if (action.kind === 'done') return { end: action.end, under: state.under, over: state.over, actions };
    actions.push(action);
    state =
      action.kind === 'drain'
        ? afterDrain(state)
        : afterStep(state, action.load, verdictOf(action.load, state.steps), options);
  }
}

const measured = (result: Searched) => result.actions.filter((action) => action.kind === 'measure');
const edge =
  (at: number) =>
  (load: number): StepVerdict =>
    load <= at ? 'holds' : 'breaks';

describe('a bridge that breaks at one load', () => {
  it('has it found to the resolution, wherever it is and wherever the search begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_999 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0.005, max: 0.1, noNaN: true }),
        (at, start, resolution) => {
          const result = search(edge(at), { ...OPTIONS, start, resolution });
          expect(result.end).toBe('found');
          expect(result.under).toBeLessThanOrEqual(at);
          expect(result.over).toBeGreaterThan(at);
          const gap = (result.over ?? 0) - (result.under ?? 0);
          expect(gap).toBeLessThanOrEqual(Math.max(1, resolution * (result.under ?? 0)));
        },
      ),
    );
  });

  it('is measured twice just under and twice just over, and drained after every break', () => {
    const result = search(edge(777));
    const at = (load: number | null) => measured(result).filter((action) => action.load === load);
    expect(at(result.under)).toHaveLength(2);
    expect(at(result.over)).toHaveLength(2);
    for (const [index, action] of result.actions.entries()) {
      if (action.kind === 'measure' && action.load > 777)
        expect(result.actions[index + 1]?.kind).toBe('drain');
    }
    expect(new Set(measured(result).map((action) => action.phase))).toEqual(
      new Set(['bracket', 'bisect', 'confirm-under', 'confirm-over']),
    );
  });
});

describe('a bridge that changes its mind', () => {
  it('is found at its higher edge when just over holds after all', () => {
    // The first time that it broke at 64 was a hiccup of the host.
    let hiccups = 1;
    const result = search((load) => {
      if (load >= 60 && hiccups-- > 0) return 'breaks';
      return load <= 200 ? 'holds' : 'breaks';
    });
    expect(result.end).toBe('found');
    expect(result.under).toBeGreaterThan(195);
    expect(result.over).toBeLessThan(205);
  });

  it('is found at its lower edge when just under breaks after all', () => {
    // Fine at first, worse after a while: what held no longer does.
    const result = search((load, step) => (load <= (step < 8 ? 100 : 70) ? 'holds' : 'breaks'));
    expect(result.end).toBe('found');
    expect(result.under).toBe(70);
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
    );
  });

  it('is given up when noise never settles', () => {
    expect(
      search((_load, step) => (step % 2 === 0 ? 'holds' : 'breaks'), { ...OPTIONS, maxSteps: 12 }).end,
    ).toBe('gave-up');
  });
});

describe('other endings', () => {
  it('the highest load allowed still holds', () => {
    expect(search(edge(1e9))).toMatchObject({ end: 'bound-reached', under: OPTIONS.max });
  });

  it('not even one participant holds', () => {
    expect(search(edge(0))).toMatchObject({ end: 'nothing-holds', over: 1 });
  });

  it('the generator saturates before the bridge breaks: never a capacity', () => {
    expect(search((load) => (load <= 300 ? 'holds' : 'saturated')).end).toBe('generator-saturated');
  });

  it('a hiccup that looked like saturation is not believed the second time', () => {
    let hiccups = 1;
    const result = search((load) => {
      if (load >= 60 && hiccups-- > 0) return 'saturated';
      return load <= 200 ? 'holds' : 'breaks';
    });
    expect(result.end).toBe('found');
    expect(result.under).toBeGreaterThan(195);
  });

  it('the generator saturates somewhere above the edge: the edge is found', () => {
    const result = search((load) => (load > 600 ? 'saturated' : load > 300 ? 'breaks' : 'holds'));
    expect(result).toMatchObject({ end: 'found', under: 300 });
  });
});
