import type { ChalkInstance } from 'chalk';
import { safeText } from '../../system/safe-text.ts';
import { table } from '../console/table.ts';
import { formatBytes, formatCount, formatNumber, formatRatio } from '../format.ts';
import type { Change, ComparedQuantity, Comparison } from './compare.ts';

export const CHANGE_SYMBOLS: Record<Change, string> = {
  same: '=',
  better: '✓',
  worse: '✗',
  unclear: '?',
  told: '·',
};
export const CHANGE_WORDS: Record<Change, string> = {
  same: 'same',
  better: 'better',
  worse: 'worse',
  unclear: 'unclear',
  told: '',
};
export const VERDICT_WORDS = { pass: 'NOT WORSE', fail: 'WORSE', inconclusive: 'INCONCLUSIVE' } as const;

/** A value in the quantity's unit. */
export function valueText(value: number | null, unit: string): string {
  if (unit === 'ratio') return formatRatio(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'packets/s') return formatCount(value);
  const text = formatNumber(value);
  return value === null || unit === '' ? text : `${text} ${unit}`;
}

export function changeText({ changeRatio, before, after }: ComparedQuantity): string {
  if (before === 0 && after === 0) return '0 %';
  if (changeRatio === null) return '–';
  return `${changeRatio > 0 ? '+' : ''}${formatRatio(Number(changeRatio.toPrecision(3)))}`;
}

/** The interval of the change, in the quantity's unit. */
export function intervalText({ interval, unit }: ComparedQuantity): string {
  return interval === null ? '–' : `${valueText(interval[0], unit)} … ${valueText(interval[1], unit)}`;
}

export function effectText({ effect, effectName }: ComparedQuantity): string {
  return effect === null ? '–' : `${effect > 0 ? '+' : ''}${effect.toFixed(2)} ${effectName}`;
}

/** The comparison in the terminal: what came of it, then every quantity. */
export function renderComparison(comparison: Comparison, paint: ChalkInstance, page: string | null): string {
  const { before, after, verdict, because, quantities, differences, maxRegression } = comparison;
  const colour = { pass: paint.black.bgGreen, fail: paint.white.bgRed, inconclusive: paint.black.bgYellow }[
    verdict
  ];
  const head = ['', '', 'before', 'after', 'change', '95 % interval of the change', 'effect'].map((cell) =>
    paint.dim(cell),
  );
  const tones: Record<Change, ChalkInstance> = {
    same: paint.dim,
    better: paint.green,
    worse: paint.red,
    unclear: paint.yellow,
    told: paint.dim,
  };
  const rows = quantities.map((quantity) => {
    const tone = tones[quantity.change];
    return [
      tone(CHANGE_SYMBOLS[quantity.change]),
      quantity.title,
      valueText(quantity.before, quantity.unit),
      valueText(quantity.after, quantity.unit),
      tone(changeText(quantity)),
      paint.dim(intervalText(quantity)),
      paint.dim(effectText(quantity)),
    ];
  });
  const lines = [
    '',
    `${colour(` ${VERDICT_WORDS[verdict]} `)} ${paint.bold(safeText(after.manifest.scenario.name))}  ${paint.dim(`bound ${formatRatio(maxRegression)}`)}`,
    `  ${safeText(because)}`,
    `  ${paint.dim(`before ${safeText(before.dir)}`)}`,
    `  ${paint.dim(`after  ${safeText(after.dir)}`)}`,
    '',
    table(head, rows, ['left', 'left', 'right', 'right', 'right', 'right', 'left']),
    ...(differences.length === 0
      ? []
      : ['', paint.bold('The runs differ in'), ...differences.map((text) => `  · ${safeText(text)}`)]),
    ...(page === null ? [] : ['', paint.bold('Files'), `  ${safeText(page)}`]),
    '',
  ];
  return lines.join('\n');
}
