import type { AppendStream } from './append-stream.ts';
import { type Cell, csvLines } from './csv.ts';

/** Rows are made into text together: one call of the CSV library for a tick's rows, not one a row. */
const ROWS_A_BATCH = 500;

/** Gathers rows and hands them to a stream as text, at the end of the turn at the latest. */
export class CsvStream {
  readonly #stream: AppendStream;
  #rows: Cell[][] = [];

  constructor(stream: AppendStream, header: string) {
    this.#stream = stream;
    stream.write(header);
  }

  row(cells: Cell[]): void {
    this.#rows.push(cells);
    if (this.#rows.length >= ROWS_A_BATCH) this.push();
    else if (this.#rows.length === 1) queueMicrotask(() => this.push());
  }

  push(): void {
    if (this.#rows.length === 0) return;
    this.#stream.write(csvLines(this.#rows));
    this.#rows = [];
  }
}
