import type { ChalkInstance } from 'chalk';
import { safeText } from '../../system/safe-text.ts';
import { formatCount, formatStress } from '../format.ts';
import { lossSentence } from '../headroom.ts';
import type { RunReport } from '../model/types.ts';
import { table } from './table.ts';

/** What still fits on each bridge and in all, and whether one bridge may be lost; empty when nobody knows. */
export function headroomLines({ headroom }: RunReport, paint: ChalkInstance): string {
  if (headroom === null) return '';
  const colours = { good: paint.green, bad: paint.red, unsure: paint.yellow };
  const rows = headroom.bridges.map((bridge) => [
    safeText(bridge.bridgeId),
    formatStress(bridge.stress),
    bridge.sparePps < 0 ? paint.red(formatCount(bridge.sparePps)) : formatCount(bridge.sparePps),
    formatCount(bridge.spareParticipants),
  ]);
  if (rows.length > 1) rows.push(['all', '', '', formatCount(headroom.spareParticipants)]);
  const { tone, word, text } = lossSentence(headroom);
  return [
    table(
      ['bridge', 'stress', 'spare packets/s', 'participants of this kind'].map((cell) => paint.dim(cell)),
      rows,
      ['left', 'right', 'right', 'right'],
    ),
    `  ${colours[tone](word)}${tone === 'unsure' ? ': ' : ' '}${text}`,
  ].join('\n');
}
