import type { ChalkInstance } from 'chalk';
import { safeText } from '../../system/safe-text.ts';
import type { RunReport } from '../model/types.ts';
import { PAIR_COLUMNS, pairRows } from '../pair-words.ts';
import { table } from './table.ts';

/** A line for each pair of kinds that met; empty when all participants were of one kind. */
export function pairLines({ pairs }: RunReport, paint: ChalkInstance): string {
  if (pairs === null) return '';
  const cells = pairs.cells.map((cell) => ({
    ...cell,
    sender: safeText(cell.sender),
    receiver: safeText(cell.receiver),
  }));
  return table(
    PAIR_COLUMNS.map((name) => paint.dim(name.toLowerCase())),
    pairRows(cells, paint.red),
    ['left', 'left', 'left', 'left', 'right', 'right', 'left', 'right'],
  );
}
