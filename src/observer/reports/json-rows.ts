import { SCHEMA_VERSION } from '../schema/samples.ts';
import { type CellVisitor, forEachColumn } from './payload.ts';
import { RowBytes } from './row-bytes.ts';
import { type Report, type ReportType, wireType } from './types.ts';

/** Characters that JSON escapes, of those that are ASCII. */
const ESCAPED = new Uint8Array(128).fill(1, 0, 0x20);
for (const character of ['"', '\\']) ESCAPED[character.charCodeAt(0)] = 1;
const NONE = new Uint8Array(128);

const QUOTE = '"'.charCodeAt(0);

class JsonCells implements CellVisitor {
  readonly #keys = new Map<string, string>();
  out = new RowBytes();
  #first = true;

  begin(out: RowBytes): void {
    this.out = out;
    this.#first = true;
  }

  cell(value: string | number | boolean, name: string): void {
    const { out } = this;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = `,${JSON.stringify(name)}:`;
      this.#keys.set(name, key);
    }
    out.plain(this.#first ? key.slice(1) : key, NONE);
    this.#first = false;
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') {
      if (Number.isFinite(value)) out.number(value);
      else out.text('null');
    } else out.text(String(value));
  }

  unknown(): void {}

  #text(value: string): void {
    const { out } = this;
    out.code(QUOTE);
    if (out.plain(value, ESCAPED)) out.code(QUOTE);
    else {
      out.dropLast();
      out.text(JSON.stringify(value));
    }
  }
}

/** Appends reports as lines of JSON, each in its envelope: what `JSON.stringify(reportEnvelope(report))` gives. */
export function createJsonRowWriter(): (report: Report, out: RowBytes) => void {
  const cells = new JsonCells();
  const beginnings = new Map<ReportType, string>();
  return (report, out) => {
    let beginning = beginnings.get(report.type);
    if (beginning === undefined) {
      beginning = `{"type":"${wireType(report.type)}","schemaVersion":"${SCHEMA_VERSION}","payload":{`;
      beginnings.set(report.type, beginning);
    }
    out.text(beginning);
    cells.begin(out);
    forEachColumn(report, cells);
    out.text('}}\n');
  };
}
