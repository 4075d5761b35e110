import type { ChalkInstance } from 'chalk';
import type { GateResult } from '../../results/records.ts';
import { safeText } from '../../system/safe-text.ts';
import { formatCount, formatNumber } from '../format.ts';
import type { RunReport } from '../model/types.ts';
import { facts, gateSymbol, headline } from '../verdict.ts';
import { table } from './table.ts';

/** The verdict, the run's name and facts, and the reason, in two lines. */
export function verdictLines(report: RunReport, paint: ChalkInstance): string {
  const { tone, word, reason } = headline(report);
  const colour = { good: paint.black.bgGreen, bad: paint.white.bgRed, unsure: paint.black.bgYellow }[tone];
  const name = paint.bold(safeText(report.manifest.scenario.name));
  const about = paint.dim(safeText(facts(report).join(' · ')));
  return `${colour(` ${word} `)} ${name}  ${about}\n  ${safeText(reason)}`;
}

/** One line a gate; empty without gates. */
export function gateLines(gates: readonly GateResult[], paint: ChalkInstance): string {
  if (gates.length === 0) return '';
  const colours = { passed: paint.green, failed: paint.red, inconclusive: paint.yellow };
  const rows = gates.map((gate) => [
    colours[gate.outcome](gateSymbol(gate)),
    safeText(gate.expression),
    formatNumber(gate.value),
    paint.dim(`${formatCount(gate.samples)} samples`),
    paint.dim(
      [gate.level === 'warn' ? 'warns only' : '', gate.note ?? '']
        .filter((text) => text !== '')
        .map(safeText)
        .join(', '),
    ),
  ]);
  return table([], rows, ['left', 'left', 'right', 'right', 'left']);
}
