import { REPORT_COLUMNS } from './columns.ts';
import type { CsvDialect } from './csv-dialects.ts';
import { forEachColumn } from './payload.ts';
import type { Report, ReportType, ReportValue } from './types.ts';

export interface CsvOptions {
  /**
   * Puts an apostrophe before text that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab, CR at the
   * beginning): ids come from whoever sends samples. Default false, upstream's form to the letter.
   */
  escapeFormulas?: boolean;
}

/** Writes reports as rows, without a header, as upstream does. */
export type CsvWriter = (report: Report) => string;

const FORMULA_START = /^[=+\-@\t\r]/;

function escaper(characters: string, escapeText: string): (text: string) => string {
  const pattern = new RegExp(`[${characters.replace(/[\\\]^-]/g, '\\$&')}]`, 'g');
  return (text) => text.replace(pattern, (character) => escapeText + character);
}

function valueWriter(dialect: CsvDialect): (text: string) => string {
  const { quote, delimiter } = dialect;
  if (quote === null) {
    const escapeSpecial = escaper(`${delimiter}\r\n${dialect.escape ?? ''}`, dialect.escape ?? '');
    // A line end inside a value is told by its letter, or the row would end there.
    return (text) => escapeSpecial(text).replace(/[\r\n]/g, (character) => (character === '\n' ? 'n' : 'r'));
  }
  const escapeQuotes = escaper(quote + (dialect.escape ?? quote), dialect.escape ?? quote);
  const special = new RegExp(`[${delimiter.replace('|', '\\|')}${quote}\\r\\n]|^[\\0-#]|[\\0- ]$`);
  return (text) => (dialect.quoteAll || special.test(text) ? quote + escapeQuotes(text) + quote : text);
}

export function createCsvWriter(dialect: CsvDialect, options: CsvOptions = {}): CsvWriter {
  const writeText = valueWriter(dialect);
  const escapeFormulas = options.escapeFormulas === true;
  const write = (value: ReportValue): string => {
    if (value === null || value === undefined) return dialect.nullText;
    if (typeof value !== 'string') return dialect.quoteAll ? writeText(String(value)) : String(value);
    if (value === '') return dialect.quoteAll ? writeText('') : '';
    return writeText(escapeFormulas && FORMULA_START.test(value) ? `'${value}` : value);
  };
  return (report) => {
    const cells: string[] = [];
    forEachColumn(report, (value) => {
      cells.push(write(value));
    });
    // Joined, not added up: a sum of strings keeps all of its parts until somebody reads it.
    return cells.join(dialect.delimiter) + dialect.recordSeparator;
  };
}

/** The row of column names. */
export function csvHeader(type: ReportType, dialect: CsvDialect): string {
  return REPORT_COLUMNS[type].join(dialect.delimiter) + dialect.recordSeparator;
}
