import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { safeText } from '../system/safe-text.ts';

/** Larger scenario files are refused. */
export const MAX_SCENARIO_BYTES = 1024 * 1024;
/** An alias may stand for this many nodes in all: enough for anchors, too few for a bomb. */
const MAX_ALIAS_COUNT = 100;

export type Path = readonly (string | number)[];

/** One thing wrong with a scenario file; `offset` and `length` in characters of its text. */
export interface Problem {
  offset: number;
  length: number;
  message: string;
  /** What to do; may be empty. */
  hint: string;
}

/** The text of a scenario file and where in it everything is. */
export class ScenarioSource {
  readonly text: string;
  readonly fileName: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string, fileName: string) {
    this.text = text;
    this.fileName = fileName;
    this.#document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: true,
      strict: true,
      merge: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
  }

  /** Errors of the YAML itself. */
  syntaxProblems(): Problem[] {
    return [...this.#document.errors, ...this.#document.warnings].map((error) => ({
      offset: error.pos[0],
      length: Math.max(1, error.pos[1] - error.pos[0]),
      message: error.message,
      hint: '',
    }));
  }

  /** The contents as plain data. Throws when aliases stand for too much. */
  data(): unknown {
    return this.#document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  }

  /** Where the value at `path` is, or what holds it when it is absent. */
  valueAt(path: Path): { offset: number; length: number } {
    const [start, end] = rangeOf(this.#nodeAt(path));
    return { offset: start, length: Math.max(1, this.#firstLineEnd(start, end) - start) };
  }

  /** Where the key `key` of the map at `path` is written. */
  keyAt(path: Path, key: string): { offset: number; length: number } {
    const map = this.#nodeAt(path);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : null;
    if (pair === null || pair === undefined) return this.valueAt(path);
    const [start, end] = rangeOf(pair.key as Node);
    return { offset: start, length: Math.max(1, end - start) };
  }

  /** Where the text of the string at `path` begins, past its quote, when it is written as it reads; else null. */
  textStart(path: Path): number | null {
    const node = this.#nodeAt(path);
    if (!isScalar(node) || typeof node.value !== 'string') return null;
    const [start, end] = rangeOf(node);
    const begin = node.type === 'PLAIN' ? start : start + 1;
    return this.text.slice(begin, end).startsWith(node.value) ? begin : null;
  }

  position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** `FILE:LINE:COL: message`, the line, a caret and the hint. */
  describe(problem: Problem): string {
    const { line, column } = this.position(problem.offset);
    const source = this.text.split(/\r?\n/, line)[line - 1] ?? '';
    const gutter = String(line);
    const before = safeText(source.slice(0, column - 1).replaceAll('\t', ' '));
    const room = Math.max(1, source.length - column + 1);
    const marks = '^'.repeat(Math.max(1, Math.min(problem.length, room)));
    return [
      `${safeText(this.fileName)}:${line}:${column}: ${safeText(problem.message)}`,
      ` ${gutter} | ${clip(before + safeText(source.slice(column - 1).replaceAll('\t', ' ')))}`,
      ` ${' '.repeat(gutter.length)} | ${' '.repeat(before.length)}${marks}${problem.hint === '' ? '' : ` ${safeText(problem.hint)}`}`,
    ].join('\n');
  }

  #firstLineEnd(start: number, end: number): number {
    const newline = this.text.indexOf('\n', start);
    return newline === -1 ? end : Math.min(end, newline);
  }

  /** The deepest node on the way that exists. */
  #nodeAt(path: Path): Node | null {
    let node: unknown = this.#document.contents;
    for (const step of path) {
      const next: unknown = isMap(node)
        ? node.get(step, true)
        : isSeq(node)
          ? node.get(Number(step), true)
          : undefined;
      if (next === undefined || next === null) break;
      node = next;
    }
    return (node as Node | null) ?? null;
  }
}

function rangeOf(node: Node | null): [number, number] {
  return [node?.range?.[0] ?? 0, node?.range?.[1] ?? 0];
}

function clip(line: string): string {
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
