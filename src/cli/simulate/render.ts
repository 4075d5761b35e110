import type { ChalkInstance } from 'chalk';
import type { SimulationOptions, SimulationResult } from '../../capacity/simulation.ts';
import { table } from '../../reports/console/table.ts';
import { csvLines } from '../../results/csv.ts';
import { safeText } from '../../system/safe-text.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const CHART_COLUMNS = 60;

export interface SimulationAnswer {
  /** Where the load comes from, and where the cost. */
  demand: string;
  cost: string;
  options: SimulationOptions;
  results: SimulationResult[];
}

/** The answer for a terminal: what each rule cost and spoiled, and its nodes over the day. */
export function renderSimulation(answer: SimulationAnswer, paint: ChalkInstance): string {
  const { options, results } = answer;
  const best = Math.min(...results.map((result) => result.overloadedMinutes));
  const rows = results.map((result) => [
    result.scaler,
    String(result.peakNodes),
    result.nodeHours.toFixed(1),
    result.wastedNodeHours.toFixed(1),
    result.overloadedMinutes === best
      ? paint.green(String(result.overloadedMinutes))
      : paint.yellow(String(result.overloadedMinutes)),
    String(result.droppedParticipants),
  ]);
  const head = ['rule', 'peak nodes', 'node hours', 'wasted', 'overloaded min', 'dropped'];
  const highest = Math.max(1, ...results.map((result) => result.peakNodes));
  const width = Math.max(...results.map((result) => result.scaler.length), 'participants'.length);
  const line = (name: string, values: readonly number[], top: number) =>
    `  ${name.padEnd(width)}  ${sparkline(values, top)}  up to ${Math.max(0, ...values)}\n`;
  return [
    `${safeText(answer.demand)}; ${safeText(answer.cost)}; ${options.cpusPerNode} CPUs a node, ${options.minimum} to ${options.maximum} nodes\n\n`,
    `${table(head, rows, ['left', 'right', 'right', 'right', 'right', 'right'])}\n\n`,
    line('participants', options.demand, Math.max(1, ...options.demand)),
    ...results.map((result) =>
      line(
        result.scaler,
        result.rows.map((row) => row.nodes),
        highest,
      ),
    ),
    '\nwasted: node hours beyond what the points of each minute needed; overloaded: minutes in which a node had\nmore points than CPU; dropped: participants whose node was taken away under them.\n',
  ].join('');
}

/** The highest value of each column as a bar. */
function sparkline(values: readonly number[], top: number): string {
  const columns = Math.min(CHART_COLUMNS, values.length);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const value = Math.max(...values.slice(from, to));
    return BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))];
  }).join('');
}

/** A row a minute and rule. */
export function simulationCsv(results: readonly SimulationResult[]): string {
  const head = [
    'rule',
    'minute',
    'participants',
    'nodes',
    'draining',
    'booting',
    'load_points',
    'max_load_points',
  ];
  const rows = results.flatMap(({ scaler, rows: minutes }) =>
    minutes.map((row) => [
      scaler,
      row.minute,
      row.participants,
      row.nodes,
      row.draining,
      row.booting,
      Number(row.load.toFixed(3)),
      Number(row.maxLoad.toFixed(3)),
    ]),
  );
  return csvLines([head, ...rows]);
}
