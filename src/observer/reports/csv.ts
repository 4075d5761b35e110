import { REPORT_COLUMNS } from './columns.ts';
import type { CsvDialect } from './csv-dialects.ts';
import { type CellVisitor, forEachColumn } from './payload.ts';
import { PiecePool } from './pieces.ts';
import { RowBytes } from './row-bytes.ts';
import type { Report, ReportType } from './types.ts';

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

/** Characters that make text need a second look wherever they stand: all that any dialect or spreadsheet minds. */
function suspects(dialect: CsvDialect): Uint8Array {
  const codes = new Uint8Array(128).fill(1, 0, '#'.charCodeAt(0) + 1);
  for (const character of `=+@${dialect.delimiter}${dialect.quote ?? ''}${dialect.escape ?? ''}`) {
    codes[character.charCodeAt(0)] = 1;
  }
  return codes;
}

const MINUS = '-'.charCodeAt(0);

const NOWHERE = new RowBytes();

class CsvCells implements CellVisitor {
  readonly #dialect: CsvDialect;
  readonly #delimiter: number;
  readonly #suspects: Uint8Array;
  readonly #escapeFormulas: boolean;
  readonly #writeText: (text: string) => string;
  out: RowBytes;

  constructor(dialect: CsvDialect, options: CsvOptions) {
    this.#dialect = dialect;
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#suspects = suspects(dialect);
    this.#escapeFormulas = options.escapeFormulas === true;
    this.#writeText = valueWriter(dialect);
    this.out = NOWHERE;
  }

  cell(value: string | number | boolean): void {
    const { out } = this;
    if (typeof value === 'string') this.#text(value);
    else if (this.#dialect.quoteAll) out.text(this.#writeText(String(value)));
    else if (typeof value === 'number') out.number(value);
    else out.text(String(value));
    out.code(this.#delimiter);
  }

  unknown(columns: number): void {
    const { nullText } = this.#dialect;
    if (nullText === '') this.out.code(this.#delimiter, columns);
    else this.out.text(`${nullText}${this.#dialect.delimiter}`.repeat(columns));
  }

  #text(value: string): void {
    if (value === '') {
      if (this.#dialect.quoteAll) this.out.text(this.#writeText(''));
      return;
    }
    // Nearly all text is ids: letters, digits and hyphens, which every dialect writes as they are.
    if (
      !this.#dialect.quoteAll &&
      !(this.#escapeFormulas && value.charCodeAt(0) === MINUS) &&
      this.out.plain(value, this.#suspects)
    )
      return;
    const formula = this.#escapeFormulas && FORMULA_START.test(value);
    this.out.text(this.#writeText(formula ? `'${value}` : value));
  }
}

/** Appends the row of a report to `out`. */
export type CsvRowWriter = (report: Report, out: RowBytes) => void;

export function createCsvRowWriter(dialect: CsvDialect, options: CsvOptions = {}): CsvRowWriter {
  const cells = new CsvCells(dialect, options);
  const separator = [...dialect.recordSeparator].map((character) => character.charCodeAt(0));
  return (report, out) => {
    cells.out = out;
    forEachColumn(report, cells);
    out.dropLast();
    for (const code of separator) out.code(code);
  };
}

/** What a row seldom exceeds. */
const TEXT_ROW_BYTES = 4096;

export function createCsvWriter(dialect: CsvDialect, options: CsvOptions = {}): CsvWriter {
  const write = createCsvRowWriter(dialect, options);
  const out = new RowBytes(new PiecePool(TEXT_ROW_BYTES));
  return (report) => {
    write(report, out);
    return out.takeText();
  };
}

/** The row of column names. */
export function csvHeader(type: ReportType, dialect: CsvDialect): string {
  return REPORT_COLUMNS[type].join(dialect.delimiter) + dialect.recordSeparator;
}
