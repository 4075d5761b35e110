/** How rows are written, by Apache Commons CSV's names, which the upstream configuration uses (`csvFormat`). */
export interface CsvDialect {
  readonly delimiter: string;
  /** null: values are never quoted. */
  readonly quote: string | null;
  /** Put before a quote inside quotes, or before anything special where there are no quotes. */
  readonly escape: string | null;
  readonly recordSeparator: string;
  readonly nullText: string;
  /** Quotes everything that is not null, needed or not. */
  readonly quoteAll: boolean;
}

const comma: CsvDialect = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  recordSeparator: '\r\n',
  nullText: '',
  quoteAll: false,
};

/** org.apache.commons.csv.CSVFormat: the constants' documentation. */
export const CSV_DIALECTS = {
  DEFAULT: comma,
  EXCEL: comma,
  RFC4180: comma,
  INFORMIX_UNLOAD: { ...comma, delimiter: '|', escape: '\\', recordSeparator: '\n' },
  INFORMIX_UNLOAD_CSV: { ...comma, recordSeparator: '\n' },
  MONGODB_CSV: comma,
  MONGODB_TSV: { ...comma, delimiter: '\t' },
  MYSQL: {
    delimiter: '\t',
    quote: null,
    escape: '\\',
    recordSeparator: '\n',
    nullText: '\\N',
    quoteAll: false,
  },
  ORACLE: { ...comma, escape: '\\', recordSeparator: '\n', nullText: '\\N' },
  POSTGRESQL_CSV: { ...comma, recordSeparator: '\n', quoteAll: true },
  POSTGRESQL_TEXT: {
    delimiter: '\t',
    quote: '"',
    escape: '\\',
    recordSeparator: '\n',
    nullText: '\\N',
    quoteAll: true,
  },
} as const satisfies Record<string, CsvDialect>;
export type CsvDialectName = keyof typeof CSV_DIALECTS;
