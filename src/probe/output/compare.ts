import { safeText } from '../../system/safe-text.ts';
import type { ProbeResult } from '../types.ts';
import { formatBitrate, formatCount, formatMs, formatPacketRate, formatPercent } from './format.ts';

/** One figure of two probes; `changeRatio` is (b - a) / a. */
export interface ComparedFigure {
  name: string;
  unit: 'bps' | 'pps' | 'ratio' | 'ms' | 'sessions';
  a: number | null;
  b: number | null;
  changeRatio: number | null;
}

export interface ProbeComparison {
  schemaVersion: 1;
  kind: 'udp-probe-comparison';
  labels: [string, string];
  figures: ComparedFigure[];
}

/** Sets two probes side by side: physical and virtual, host and container, before and after. */
export function compareProbes(
  a: ProbeResult,
  b: ProbeResult,
  names: readonly [string, string],
): ProbeComparison {
  const figure = (
    name: string,
    unit: ComparedFigure['unit'],
    of: (result: ProbeResult) => number | null,
  ): ComparedFigure => {
    const [first, second] = [of(a), of(b)];
    return {
      name,
      unit,
      a: first,
      b: second,
      changeRatio: first === null || second === null || first === 0 ? null : (second - first) / first,
    };
  };
  return {
    schemaVersion: 1,
    kind: 'udp-probe-comparison',
    labels: [a.label ?? names[0], b.label ?? names[1]],
    figures: [
      figure('throughput', 'bps', (r) => r.findMax?.maxThroughputBps ?? r.total.throughputBps),
      figure('packet rate', 'pps', (r) => r.findMax?.maxPacketRatePps ?? r.total.packetRatePps),
      figure('estimated sessions', 'sessions', (r) => r.estimatedSessions),
      figure('loss', 'ratio', (r) => r.total.lossRatio),
      figure('jitter', 'ms', (r) => r.total.jitterMs),
      figure('sender CPU', 'ratio', (r) => r.cpu.senderRatio),
      figure('receiver CPU', 'ratio', (r) => r.cpu.receiverRatio),
    ],
  };
}

export function formatFigure(value: number | null, unit: ComparedFigure['unit']): string {
  switch (unit) {
    case 'bps':
      return formatBitrate(value);
    case 'pps':
      return formatPacketRate(value);
    case 'ratio':
      return formatPercent(value);
    case 'ms':
      return formatMs(value);
    case 'sessions':
      return formatCount(value);
  }
}

const BAR_COLUMNS = 30;

/** Table and bars for a terminal. */
export function comparisonTable({ labels, figures }: ProbeComparison): string {
  const names = labels.map(safeText) as [string, string];
  const lines = [row('', names[0], names[1], 'change')];
  for (const { name, unit, a, b, changeRatio } of figures)
    lines.push(row(name, formatFigure(a, unit), formatFigure(b, unit), signedPercent(changeRatio)));
  const [throughput] = figures;
  if (throughput !== undefined) {
    const most = Math.max(throughput.a ?? 0, throughput.b ?? 0);
    const width = Math.max(names[0].length, names[1].length);
    lines.push('', '  throughput');
    for (const [name, value] of [
      [names[0], throughput.a],
      [names[1], throughput.b],
    ] as const)
      lines.push(`  ${name.padEnd(width)}  ${bar(value, most)} ${formatBitrate(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

const row = (name: string, a: string, b: string, change: string) =>
  `  ${name.padEnd(20)}${a.padStart(22)}${b.padStart(22)}${change.padStart(12)}`;

function bar(value: number | null, most: number): string {
  return '█'
    .repeat(value === null || most === 0 ? 0 : Math.round((value / most) * BAR_COLUMNS))
    .padEnd(BAR_COLUMNS);
}

function signedPercent(ratio: number | null): string {
  return ratio === null ? '-' : `${ratio > 0 ? '+' : ''}${(ratio * 100).toFixed(1)} %`;
}
