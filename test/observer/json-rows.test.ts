import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPORT_COLUMNS } from '../../src/observer/reports/columns.ts';
import { createJsonRowWriter } from '../../src/observer/reports/json-rows.ts';
import { reportEnvelope } from '../../src/observer/reports/payload.ts';
import { RowBytes } from '../../src/observer/reports/row-bytes.ts';
import { REPORT_TYPES, type Report } from '../../src/observer/reports/types.ts';

const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\x7f', '\u2028', '\ud800', 'a') }),
  fc.double(),
  fc.integer(),
  fc.maxSafeNat(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
);
const columnsOf = (type: (typeof REPORT_TYPES)[number]) =>
  fc.dictionary(fc.constantFrom(...REPORT_COLUMNS[type]), value);
const reports = fc.constantFrom(...REPORT_TYPES).chain((type) =>
  fc.tuple(columnsOf(type), columnsOf(type), columnsOf(type)).map(([own, base, stat]): Report => {
    return { type, own, base, stat };
  }),
);

describe('reports as lines of JSON', () => {
  it('are what JSON.stringify makes of their envelope, whatever is in them', () => {
    const write = createJsonRowWriter();
    const out = new RowBytes();
    fc.assert(
      fc.property(reports, (report) => {
        write(report, out);
        expect(out.takeText()).toBe(`${JSON.stringify(reportEnvelope(report))}\n`);
      }),
      { numRuns: 1000 },
    );
  });
});
