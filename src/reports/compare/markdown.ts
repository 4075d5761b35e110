import { formatRatio } from '../format.ts';
import { escapeMarkdown, markdownTable } from '../markdown.ts';
import type { Comparison } from './compare.ts';
import {
  CHANGE_SYMBOLS,
  CHANGE_WORDS,
  changeText,
  effectText,
  intervalText,
  VERDICT_WORDS,
  valueText,
} from './tell.ts';

/** For a CI job's summary or a comment on a change. */
export function comparisonMarkdown({
  after,
  verdict,
  because,
  maxRegression,
  quantities,
  differences,
}: Comparison): string {
  const rows = quantities.map((quantity) => [
    `${CHANGE_SYMBOLS[quantity.change]} ${CHANGE_WORDS[quantity.change]}`,
    quantity.title,
    valueText(quantity.before, quantity.unit),
    valueText(quantity.after, quantity.unit),
    changeText(quantity),
    intervalText(quantity),
    effectText(quantity),
  ]);
  return [
    `## ${VERDICT_WORDS[verdict]}: ${escapeMarkdown(after.manifest.scenario.name)}`,
    `${escapeMarkdown(because)} (bound ${formatRatio(maxRegression)})`,
    markdownTable(['', 'Quantity', 'Before', 'After', 'Change', '95 % interval', 'Effect'], rows),
    ...(differences.length === 0 ? [] : [differences.map((text) => `- ${escapeMarkdown(text)}`).join('\n')]),
    '',
  ].join('\n\n');
}
