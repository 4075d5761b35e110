import { safeText } from '../system/safe-text.ts';

/** Of a long line, this much is shown. */
const SHOWN_COLUMNS = 140;

/** One thing wrong with a scenario file; `offset` and `length` in characters of its text. */
export interface Problem {
  offset: number;
  length: number;
  message: string;
  /** What to do; may be empty. */
  hint: string;
}

/** A text and how to point into it. */
export class SourceText {
  readonly text: string;
  readonly fileName: string;
  readonly #lines: string[];
  /** Offset of each line's first character. */
  readonly #starts: number[] = [0];

  constructor(text: string, fileName: string) {
    this.text = text;
    this.fileName = fileName;
    this.#lines = text.split(/\r?\n/);
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** Line and column of a character, both from 1. */
  position(offset: number): { line: number; column: number } {
    const after = this.#starts.findIndex((start) => start > offset);
    const line = after === -1 ? this.#starts.length : after;
    return { line, column: offset - (this.#starts[line - 1] ?? 0) + 1 };
  }

  /** `FILE:LINE:COL: message`, the line, a caret and the hint. */
  describe(problem: Problem): string {
    const { line, column } = this.position(problem.offset);
    const source = (this.#lines[line - 1] ?? '').replaceAll('\t', ' ');
    // Of a long line, the part with the problem.
    const from = column > SHOWN_COLUMNS ? column - SHOWN_COLUMNS / 2 : 0;
    const before = safeText(source.slice(from, column - 1));
    const rest = source.slice(column - 1, from + SHOWN_COLUMNS);
    const marks = '^'.repeat(Math.max(1, Math.min(problem.length, rest.length)));
    const gutter = String(line);
    const hint = problem.hint === '' ? '' : ` ${safeText(problem.hint)}`;
    return [
      `${safeText(this.fileName)}:${line}:${column}: ${safeText(problem.message)}`,
      ` ${gutter} | ${before}${safeText(rest)}${source.length > from + SHOWN_COLUMNS ? '…' : ''}`,
      ` ${' '.repeat(gutter.length)} | ${' '.repeat(before.length)}${marks}${hint}`,
    ].join('\n');
  }
}
