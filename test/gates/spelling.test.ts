import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from '../../src/spelling.ts';

describe('edit distance', () => {
  it.each([
    ['', '', 0],
    ['a', '', 1],
    ['bridge', 'brigde', 1],
    ['Bridge', 'bridge', 0],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('from %s to %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is the same both ways, and 0 only for the same word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('a suggestion', () => {
  it('is the nearest word, or none when nothing is near', () => {
    expect(nearest('particpants', ['rooms', 'participants', 'participant'])).toBe('participants');
    expect(nearest('xyz', ['rooms', 'participants'])).toBeNull();
    expect(nearest('x', [])).toBeNull();
  });

  it('is the choices themselves when they are few', () => {
    expect(suggestion('brwser', ['browser', 'synthetic'])).toBe('did you mean "browser"?');
    expect(suggestion('xyz', ['browser', 'synthetic'])).toBe('one of: browser, synthetic');
    expect(
      suggestion(
        'xyz',
        Array.from({ length: 20 }, (_, i) => `long-name-${i}`),
      ),
    ).toBe('');
  });
});
