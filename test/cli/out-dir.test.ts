import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outDir, slug } from '../../src/cli/run/out-dir.ts';

describe('outDir', () => {
  it('names a folder after the scenario and the time in UTC', () => {
    expect(outDir('/home/a', undefined, 'Town Hall!', Date.UTC(2026, 10, 21, 6, 5, 4))).toBe(
      '/home/a/reports/town-hall-2026-11-21T060504Z',
    );
  });

  it('takes --out as it is, from the working folder', () => {
    expect(outDir('/home/a', 'x/y', 'n', 0)).toBe('/home/a/x/y');
    expect(outDir('/home/a', '/tmp/z', 'n', 0)).toBe('/tmp/z');
  });

  it('never lets a name leave the folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(slug(name)).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?-?$/);
      }),
    );
    expect(slug('../../etc')).toBe('etc');
    expect(slug('会議室')).toBe('run');
  });
});
