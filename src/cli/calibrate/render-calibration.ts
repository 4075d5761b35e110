import type { ChalkInstance } from 'chalk';
import type { CalibrationProgress } from '../../calibrate/driver.ts';
import { adviseConfiguration } from '../../capacity/advice.ts';
import type { CapacityFile, CurveStep } from '../../capacity/capacity-file.ts';
import { LIMITED_BY } from '../../capacity/limit-words.ts';
import { describeSpread, whyRepeatsDiffer } from '../../capacity/spread-words.ts';
import { table } from '../../reports/console/table.ts';
import { formatDuration } from '../../scenario/quantities.ts';
import { safeText } from '../../system/safe-text.ts';
import { formatRate } from '../live/render.ts';

/** One line for the step under way. */
export function renderProgress({ repeat, phase, load, snapshot }: CalibrationProgress): string {
  if (phase === 'fresh') return `repeat ${repeat}: starting a fresh bridge`;
  const bridge = snapshot?.bridges[0];
  const rate = bridge === undefined ? '' : `  ${formatRate(bridge.packetRatePps)} packets/s`;
  const cpu = bridge?.cpuRatio == null ? '' : `  CPU ${(bridge.cpuRatio * 100).toFixed(0)} %`;
  return `repeat ${repeat}: ${phase} ${load}${rate}${cpu}`;
}

export interface CalibrationOutlook {
  capacity: CapacityFile;
  problem: string | null;
  files: readonly string[];
  paint: ChalkInstance;
}

/** The answer first, then how it was found, how sure it is, and what to do with it. */
export function renderCalibration({ capacity, problem, files, paint }: CalibrationOutlook): string {
  const parts = [
    answer(capacity, problem, paint),
    `${paint.bold('Steps')}\n${steps(capacity.curve)}`,
    `${paint.bold('Search')}\n${search(capacity)}`,
    ...(capacity.trust.reasons.length === 0
      ? []
      : [
          paint.bold('Trust') +
            `\n${capacity.trust.reasons.map(({ message }) => `  · ${safeText(message)}`).join('\n')}`,
        ]),
    ...advice(capacity, paint),
    `${paint.bold('Files')}\n${files.map((file) => `  ${safeText(file)}`).join('\n')}`,
  ];
  return `\n${parts.join('\n\n')}\n`;
}

function answer(
  { maxPacketRatePps, interval, limitedBy, scenario, bridge }: CapacityFile,
  problem: string | null,
  paint: ChalkInstance,
): string {
  const name = paint.bold(safeText(scenario.name));
  if (maxPacketRatePps === null || interval === null)
    return `${paint.black.bgYellow(' INCONCLUSIVE ')} ${name}\n  ${safeText(problem ?? 'no packet rate was found')}`;
  const sure = `${formatRate(interval.low)} to ${formatRate(interval.high)}, ${interval.confidence * 100} % confidence`;
  return `${paint.black.bgGreen(' FOUND ')} ${name}\n  One bridge${bridge.cpuShare == null ? '' : ` with ${bridge.cpuShare} of a core`} carries ${paint.bold(formatRate(maxPacketRatePps))} packets/s in and out (${sure}).\n  What ended it: ${LIMITED_BY[limitedBy]}.`;
}

function steps(curve: readonly CurveStep[]): string {
  const ratio = (value: number | null) =>
    value === null ? '–' : `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
  return table(
    ['repeat', 'phase', 'load', 'packets/s', 'CPU', 'delay p95', 'loss', 'held'],
    curve.map((step) => [
      String(step.repeat),
      step.phase,
      String(step.load),
      step.packetRatePps === null ? '–' : formatRate(step.packetRatePps),
      ratio(step.bridgeCpuRatio),
      step.delayP95Ms === null ? '–' : `${step.delayP95Ms.toFixed(1)} ms`,
      ratio(step.lossRatio),
      step.holds === null ? '?' : step.holds ? 'yes' : `no: ${safeText(step.reason ?? '')}`,
    ]),
    ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
  );
}

/** What to write into each SFU's own configuration. */
function advice(capacity: CapacityFile, paint: ChalkInstance): string[] {
  const told = adviseConfiguration(capacity).map(
    ({ system, file, lines, note }) =>
      `  ${system} (${file})\n${lines.map((line) => `    ${line}`).join('\n')}\n    ${paint.dim(note)}`,
  );
  return told.length === 0 ? [] : [`${paint.bold('In the configuration of')}\n${told.join('\n')}`];
}

function search(capacity: CapacityFile): string {
  const { repeats, knee } = capacity;
  const { durationMs, linearRampMs } = capacity.search;
  const spread = describeSpread(capacity);
  const why = whyRepeatsDiffer(capacity);
  const lines = [
    `${repeats.length} searches in ${formatDuration(durationMs)}; a linear ramp of the same resolution would take ${formatDuration(linearRampMs)}`,
    ...(spread === null ? [] : [`spread of the repeats: ${spread}`]),
    ...(why === null ? [] : [why]),
    ...(knee === null
      ? []
      : [`knee of the delay curve: ${formatRate(knee.packetRatePps)} packets/s (${knee.method})`]),
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}
