import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvWriter, csvHeader } from '../../src/observer/reports/csv.ts';
import { CSV_DIALECTS } from '../../src/observer/reports/csv-dialects.ts';
import { reportEnvelope } from '../../src/observer/reports/payload.ts';
import type { Report, ReportValues } from '../../src/observer/reports/types.ts';

const extension = (values: ReportValues): Report => ({
  type: 'sfu-extension-data',
  base: { serviceId: 'svc', timestamp: 5, sfuId: 'sfu' },
  stat: values,
  own: {},
});
const row = (values: ReportValues, dialect: keyof typeof CSV_DIALECTS = 'DEFAULT'): string =>
  createCsvWriter(CSV_DIALECTS[dialect])(extension(values));

/** A reader of RFC 4180, to hold the writer against. */
function parse(text: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length - 2) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (text[at] === '"') at += 1;
        cell += text[at];
      }
      at += 1;
    } else while (text[at] !== ',' && text[at] !== '\r') cell += text[at++];
    cells.push(cell);
    if (text[at] === '\r') break;
    at += 1;
  }
  return cells;
}

describe('rows', () => {
  it('have upstream’s form: commas, CRLF, nothing for null, quotes where needed', () => {
    expect(row({ extensionType: 'a', payload: '{"b": 1}' })).toBe('svc,5,a,,,"{""b"": 1}",sfu\r\n');
    expect(csvHeader('sfu-extension-data', CSV_DIALECTS.DEFAULT)).toBe(
      'serviceId,timestamp,extensionType,marker,mediaUnitId,payload,sfuId\r\n',
    );
  });

  it('can be read back whatever is in them', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ' ', 'a') }),
        (a, b) => {
          const cells = parse(row({ extensionType: a, payload: b }));
          expect([cells[2], cells[5]]).toEqual([a, b]);
          expect(cells).toHaveLength(7);
        },
      ),
    );
  });

  it('have numbers as JavaScript writes them', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeInteger(), fc.double(), fc.constantFrom(0, -0, 999_999_999, 1e9, 1e21)),
        (n) => {
          expect(row({ extensionType: n, payload: true })).toBe(`svc,5,${String(n)},,,true,sfu\r\n`);
        },
      ),
    );
  });

  it('follow Apache Commons’ other forms', () => {
    const values = { extensionType: 'a\tb', payload: 'say "hi"', marker: '' };
    expect(row(values, 'MYSQL')).toBe('svc\t5\ta\\\tb\t\\N\t\\N\tsay "hi"\tsfu\n');
    expect(row(values, 'POSTGRESQL_CSV')).toBe('"svc","5","a\tb",,,"say ""hi""","sfu"\n');
    expect(row(values, 'POSTGRESQL_TEXT')).toBe('"svc"\t"5"\t"a\tb"\t\\N\t\\N\t"say \\"hi\\""\t"sfu"\n');
    expect(row({ extensionType: 'a|b', payload: 'x' }, 'INFORMIX_UNLOAD')).toBe('svc|5|"a|b"|||x|sfu\n');
    expect(row(values, 'MONGODB_TSV')).toBe('svc\t5\t"a\tb"\t\t\t"say ""hi"""\tsfu\r\n');
    expect(row({ extensionType: 'a', payload: '\\' }, 'ORACLE')).toBe('svc,5,a,\\N,\\N,\\,sfu\n');
  });

  it('keep spreadsheets from running what senders wrote, when asked to', () => {
    const write = createCsvWriter(CSV_DIALECTS.DEFAULT, { escapeFormulas: true });
    expect(write(extension({ extensionType: '=cmd()', payload: '-1' }))).toBe("svc,5,'=cmd(),,,'-1,sfu\r\n");
  });
});

describe('a report', () => {
  it('takes each column from what was found out, from its sample or from its element, and nothing else', () => {
    const report: Report = {
      type: 'inbound-audio-track',
      base: { serviceId: 'svc', timestamp: 1, clientId: 'bob' },
      stat: {
        ssrc: 7,
        timestamp: 99,
        remoteClientId: 'claimed',
        unknown: 1,
        jitter: null,
        label: { nested: true },
      },
      own: { remoteClientId: 'alice', remoteUserId: null },
    };
    expect(reportEnvelope(report)).toEqual({
      type: 'INBOUND_AUDIO_TRACK',
      schemaVersion: '2.2.0',
      payload: { serviceId: 'svc', timestamp: 1, clientId: 'bob', ssrc: 7, remoteClientId: 'alice' },
    });
  });
});
