import { type Document, isMap, isScalar, isSeq, type Node, parseDocument, visit, type YAMLMap } from 'yaml';
import { type Problem, SourceText } from './source-text.ts';

/** Larger scenario files are refused. */
export const MAX_SCENARIO_BYTES = 1024 * 1024;
/** An alias may stand for this many nodes in all: enough for anchors, too few for a bomb. */
const MAX_ALIAS_COUNT = 100;
/** More aliases than that take long to count, whatever they stand for. */
const MAX_ALIASES = 500;

export type Path = readonly (string | number)[];

/** The text of a scenario file and where in it everything is. */
export class ScenarioSource extends SourceText {
  readonly #document: Document;

  constructor(text: string, fileName: string) {
    super(text, fileName);
    this.#document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      // Checked below: the library compares every key with every other.
      uniqueKeys: false,
      strict: true,
      merge: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  }

  /** Errors of the YAML itself. */
  syntaxProblems(): Problem[] {
    return [...this.#document.errors, ...this.#document.warnings].map((error) => ({
      offset: error.pos[0],
      length: Math.max(1, error.pos[1] - error.pos[0]),
      message: error.code === 'MULTIPLE_DOCS' ? 'a scenario is one document' : error.message,
      hint: '',
    }));
  }

  /** Keys that a map has twice, and aliases beyond what anybody writes. */
  structureProblems(): Problem[] {
    const problems: Problem[] = [];
    let aliases = 0;
    visit(this.#document, {
      Map: (_key, map) => {
        problems.push(...this.#repeatedKeys(map));
      },
      Alias: (_key, node) => {
        aliases += 1;
        if (aliases !== MAX_ALIASES + 1) return;
        const [offset] = rangeOf(node);
        problems.push({
          offset,
          length: 1,
          message: `more than ${MAX_ALIASES} aliases`,
          hint: 'use `count`',
        });
      },
    });
    return problems;
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

  #repeatedKeys(map: YAMLMap): Problem[] {
    const seen = new Map<unknown, number>();
    const problems: Problem[] = [];
    for (const { key } of map.items) {
      if (!isScalar(key)) continue;
      const [offset, end] = rangeOf(key);
      const first = seen.get(key.value);
      if (first === undefined) seen.set(key.value, offset);
      else {
        const hint = `first in line ${this.position(first).line}`;
        problems.push({
          offset,
          length: end - offset,
          message: `"${String(key.value)}" is there twice`,
          hint,
        });
      }
    }
    return problems;
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
