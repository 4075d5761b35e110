import type { MetricLabel, MetricLabels, MetricName } from '../metrics/catalogue.ts';
import {
  isMetricName,
  LABEL_VALUES,
  METRIC_LABELS,
  METRICS,
  type MetricSubject,
} from '../metrics/catalogue.ts';
import { suggestion } from '../spelling.ts';
import { type Aggregate, type GateExpression, LABELS_BESIDE_ROOM, type Operator } from './types.ts';

/*
 * gate      = aggregate "(" metric [ "{" label { "," label } "}" ] ")" operator number
 * aggregate = "min" | "max" | "mean" | "avg" | "sum" | "count" | "p" number
 * metric    = subject "." name
 * label     = name "=" ( word | '"' text '"' )
 * operator  = "<" | "<=" | ">" | ">=" | "==" | "!="
 * number    = decimal [ "e" exponent ] [ "%" ]
 */

export interface GateProblem {
  /** Offset into the expression, from 0, and how many characters it concerns. */
  offset: number;
  length: number;
  message: string;
  hint: string;
}

export type GateParse = { ok: true; gate: GateExpression } | { ok: false; problem: GateProblem };

const AGGREGATES = ['min', 'max', 'mean', 'avg', 'sum', 'count', 'p50', 'p90', 'p95', 'p99', 'p99.9'];
const EXAMPLE = 'as in p95(participant.rtt_ms{engine=browser}) < 50';

/** Thrown inside the parser only. */
class Unexpected extends Error {
  readonly problem: GateProblem;
  constructor(offset: number, length: number, message: string, hint: string) {
    super(message);
    this.problem = { offset, length: Math.max(1, length), message, hint };
  }
}

/** Reads one gate. Never throws; metric, labels and aggregate are checked against the catalogue. */
export function parseGate(text: string): GateParse {
  try {
    return { ok: true, gate: new Parser(text).gate() };
  } catch (error) {
    if (error instanceof Unexpected) return { ok: false, problem: error.problem };
    throw error;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  gate(): GateExpression {
    const aggregate = this.#aggregate();
    this.#expect('(');
    const metric = this.#metric();
    const labels = this.#labels(metric);
    this.#expect(')');
    const operator = this.#operator();
    const bound = this.#number();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('nothing may follow the number', EXAMPLE);
    return { text: this.#text, aggregate, metric, labels, operator, bound };
  }

  #aggregate(): Aggregate {
    const word = this.#word(/[A-Za-z0-9_.]+/y, 'an aggregate');
    const percentile = /^p(\d+(?:\.\d+)?)$/.exec(word.text);
    if (percentile !== null) {
      // Not a division: 99.9 / 100 is a little more than 0.999.
      const quantile = Number(`${percentile[1]}e-2`);
      if (quantile > 0 && quantile < 1) return { kind: 'quantile', quantile };
      throw new Unexpected(word.offset, word.text.length, 'a percentile lies between p0 and p100', EXAMPLE);
    }
    switch (word.text) {
      case 'avg':
      case 'mean':
        return { kind: 'mean' };
      case 'min':
      case 'max':
      case 'sum':
      case 'count':
        return { kind: word.text };
      default:
        throw unknown('aggregate', word, AGGREGATES);
    }
  }

  #metric(): MetricName {
    const word = this.#word(/[A-Za-z0-9_.]+/y, 'a metric');
    if (isMetricName(word.text)) return word.text;
    throw unknown('metric', word, Object.keys(METRICS));
  }

  #labels(metric: MetricName): MetricLabels {
    const labels: MetricLabels = {};
    if (!this.#accept('{')) return labels;
    const known = METRIC_LABELS[metric.split('.', 1)[0] as MetricSubject];
    const words: Word[] = [];
    do {
      const word = this.#word(/[A-Za-z0-9_]+/y, 'a label');
      const label = known.find((candidate) => candidate === word.text);
      if (label === undefined) {
        const hint = known.length === 0 ? `${metric} has no labels` : suggestion(word.text, known);
        throw new Unexpected(word.offset, word.text.length, `unknown label "${word.text}"`, hint);
      }
      if (label in labels)
        throw new Unexpected(word.offset, word.text.length, `"${label}" is there twice`, '');
      this.#expect('=');
      labels[label] = this.#labelValue(label);
      words.push(word);
    } while (this.#accept(','));
    this.#expect('}');
    checkBesideRoom(labels, words);
    return labels;
  }

  /** A value of a label with few values is checked as its name is: misspelt, it would never have a sample. */
  #labelValue(label: MetricLabel): string {
    this.#skipSpace();
    const quoted = this.#text[this.#at] === '"';
    const word = quoted
      ? this.#word(/"(?:[^"\\]|\\.)*"/y, 'a closing quote')
      : this.#word(/[^\s"{},()=]+/y, 'a label value');
    const value = quoted ? word.text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word.text;
    const known = LABEL_VALUES[label];
    if (known === undefined || known.includes(value)) return value;
    throw new Unexpected(
      word.offset,
      word.text.length,
      `unknown ${label} "${value}"`,
      suggestion(value, known),
    );
  }

  #operator(): Operator {
    return this.#word(/<=|>=|==|!=|<|>/y, 'one of < <= > >= == !=').text as Operator;
  }

  #number(): number {
    const word = this.#word(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?%?/iy, 'a number');
    return word.text.endsWith('%') ? Number(word.text.slice(0, -1)) / 100 : Number(word.text);
  }

  #word(pattern: RegExp, what: string): Word {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return this.#fail(`expected ${what}`, EXAMPLE);
    const word = { text: match[0], offset: this.#at };
    this.#at += match[0].length;
    return word;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#fail(`expected "${character}"`, EXAMPLE);
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #fail(message: string, hint: string): never {
    throw new Unexpected(this.#at, 1, message, hint);
  }
}

interface Word {
  text: string;
  offset: number;
}

function unknown(what: string, word: Word, candidates: readonly string[]): Unexpected {
  const hint = suggestion(word.text, candidates) || 'docs/metrics.md lists them';
  return new Unexpected(word.offset, word.text.length, `unknown ${what} "${word.text}"`, hint);
}

/** What is kept by room is kept with few other labels, so more of them could only be inconclusive. */
function checkBesideRoom(labels: MetricLabels, words: readonly Word[]): void {
  if (labels.room === undefined) return;
  const allowed: readonly MetricLabel[] = ['room', ...LABELS_BESIDE_ROOM];
  const word = words.find(({ text }) => !allowed.some((label) => label === text));
  if (word !== undefined) {
    const hint = `with room, only ${LABELS_BESIDE_ROOM.join(' and ')}`;
    throw new Unexpected(word.offset, word.text.length, `"${word.text}" cannot go with "room"`, hint);
  }
}
