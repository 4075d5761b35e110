import type { ProbeResult } from '../types.ts';
import type { ProbeComparison } from './compare.ts';
import { formatFigure } from './compare.ts';
import { formatBitrate, formatPacketRate } from './format.ts';
import { barChart, lineChart } from './svg.ts';

/** Plain data for a report: figures to print, SVG to embed. Nothing in it needs a script. */
export interface ReportSection {
  title: string;
  /** Unescaped text, name and value. */
  figures: [string, string][];
  /** Complete `<svg>` elements, with every text in them escaped. */
  charts: string[];
  warnings: string[];
}

/** Payload rate that the path was measured to carry: the searched maximum, or what was delivered. */
function probedMaximumBps(result: ProbeResult): number | null {
  return result.findMax?.maxThroughputBps ?? result.total.throughputBps;
}

export function probeSection(result: ProbeResult): ReportSection {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
  const points = (of: (interval: ProbeResult['intervals'][number]) => number | null) =>
    result.intervals.flatMap((interval): [number, number][] => {
      const value = of(interval);
      return value === null ? [] : [[interval.endMs, value]];
    });
  const trials = result.findMax?.trials ?? [];
  return {
    title: 'UDP path',
    figures: [
      ['throughput', formatBitrate(probedMaximumBps(result))],
      ['packet rate', formatPacketRate(result.findMax?.maxPacketRatePps ?? result.total.packetRatePps)],
      ['loss', formatFigure(result.total.lossRatio, 'ratio')],
      ['jitter', formatFigure(result.total.jitterMs, 'ms')],
      ['estimated sessions', formatFigure(result.estimatedSessions, 'sessions')],
    ],
    charts: [
      lineChart(
        'Packets a second',
        [
          { label: 'offered', points: points((i) => i.offeredPacketRatePps) },
          { label: 'delivered', points: points((i) => i.packetRatePps) },
        ],
        { xLabel: 'time', formatX: seconds, formatY: (y) => Math.round(y).toLocaleString('en-US') },
      ),
      ...(trials.length === 0
        ? []
        : [
            barChart(
              'Search for the maximum: delivered packets a second by trial',
              trials.map((trial, i) => ({
                label: `${i + 1}${trial.passed ? '' : ' ✗'}`,
                value: trial.deliveredPacketRatePps,
                text: formatPacketRate(trial.deliveredPacketRatePps),
              })),
            ),
          ]),
    ],
    warnings: result.warnings,
  };
}

export function comparisonChart({ labels, figures }: ProbeComparison): string {
  const [throughput] = figures;
  return barChart('Throughput', [
    { label: labels[0], value: throughput?.a ?? null, text: formatBitrate(throughput?.a ?? null) },
    { label: labels[1], value: throughput?.b ?? null, text: formatBitrate(throughput?.b ?? null) },
  ]);
}
