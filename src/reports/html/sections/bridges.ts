import { parseGate } from '../../../gates/expression.ts';
import type { BridgeSummary, GateResult } from '../../../results/records.ts';
import { formatCount, formatRatio, formatStress, formatTime } from '../../format.ts';
import type { BridgeSeries, RunReport, Values } from '../../model/types.ts';
import { type ChartContext, type ChartLine, chart } from '../chart/chart.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { type Cell, number, table } from '../table.ts';
import { headroomPart } from './headroom.ts';

/** As many bridges as can be told apart in one chart; the most loaded ones. */
const DRAWN = 8;

export function stressSection(report: RunReport, context: ChartContext): Section {
  const lines = bridgeLines(report, (series) => series.stress);
  return {
    id: 'stress',
    title: 'Stress',
    about: html`A bridge’s packet rate, in and out, local and between bridges, over the highest rate it can carry. At 1 it is full. Shaded: the stages of the load; a red line: a bridge died.`,
    body: html`<div class="charts">${
      chart(
        {
          id: 'c-stress',
          title: 'Stress of each bridge',
          axis: 'packet rate ÷ max packet rate',
          unit: 'ratio',
          lines,
          references: [
            { value: 1, label: 'max packet rate' },
            ...bounds(report.manifest.gates, 'bridge.stress'),
          ],
          wide: true,
          ...(report.bridges.length > DRAWN
            ? {
                note: `The ${DRAWN} most loaded of ${report.bridges.length} bridges; all are in bridges.csv.`,
              }
            : {}),
        },
        context,
      ) ??
      html`<p class="empty">No stress was measured: no bridge has a max packet rate (<code>maxPacketRatePps</code>), or none was sampled.</p>`
    }</div>${bridgeTable(report)}${headroomPart(report)}`,
  };
}

export function packetsSection(report: RunReport, context: ChartContext): Section {
  const one = (
    id: string,
    title: string,
    axis: string,
    unit: 'pps' | 'share',
    of: (series: BridgeSeries) => Values,
  ) => chart({ id, title, axis, unit, lines: bridgeLines(report, of) }, context);
  return {
    id: 'packets',
    title: 'Packet rates',
    about:
      'RTP packets by the bridges’ own counters. Each rate is a counter’s change over the time between its own two readings.',
    body: html`<div class="charts">${[
      one('c-in', 'In, from participants', 'packets/s', 'pps', (series) => series.packetRateInPps),
      one('c-out', 'Out, to participants', 'packets/s', 'pps', (series) => series.packetRateOutPps),
      one(
        'c-relay',
        'Between bridges',
        'packets/s, in and out',
        'pps',
        (series) => series.relayPacketRatePps,
      ),
      one('c-cpu', 'CPU of the media process', 'share of one core', 'share', (series) => series.cpuRatio),
      chart(
        {
          id: 'c-both-ends',
          title: 'Counted by participants',
          axis: 'packets/s, all together',
          unit: 'pps',
          lines: [
            { name: 'sent', tMs: report.quality.tMs, values: report.quality.packetRateUpPps, style: 1 },
            { name: 'received', tMs: report.quality.tMs, values: report.quality.packetRateDownPps, style: 2 },
          ],
        },
        context,
      ),
    ]}</div>`,
  };
}

/** The busiest bridges keep one style in every chart. */
function bridgeLines(report: RunReport, of: (series: BridgeSeries) => Values): ChartLine[] {
  const busiest = report.bridges
    .toSorted((a, b) => peak(b.packetRatePps) - peak(a.packetRatePps))
    .slice(0, DRAWN)
    .map((series) => series.id);
  return report.bridges
    .filter((series) => busiest.includes(series.id))
    .map((series, i) => ({ name: series.id, tMs: series.tMs, values: of(series), style: i + 1 }));
}

function peak(values: Values): number {
  return values.reduce<number>((high, value) => Math.max(high, value ?? 0), 0);
}

/** Gates on a metric as lines in its chart. */
function bounds(gates: readonly GateResult[], metric: string): { value: number; label: string }[] {
  return gates.flatMap((gate) => {
    const parsed = parseGate(gate.expression);
    if (!parsed.ok || parsed.gate.metric !== metric) return [];
    return [{ value: parsed.gate.bound, label: `gate ${parsed.gate.operator} ${parsed.gate.bound}` }];
  });
}

function bridgeTable({ manifest, window }: RunReport): Markup | null {
  if (manifest.bridges.length === 0) return null;
  return html`<h3>Bridges${window === 'steady' ? ', over the steady window' : ''}</h3>${table(
    [
      { head: 'Bridge' },
      { head: 'Stress mean', number: true },
      { head: 'p95', number: true },
      { head: 'max', number: true },
      { head: 'Packets/s mean', number: true },
      { head: 'max', number: true },
      { head: 'Relay mean', number: true },
      { head: 'Max packet rate', number: true },
      { head: 'CPU mean', number: true },
      { head: 'Software' },
    ],
    manifest.bridges.map((bridge) => [
      name(bridge),
      { ...stress(bridge.stress.mean), show: html`${bar(bridge)}${formatStress(bridge.stress.mean)}` },
      stress(bridge.stress.p95),
      stress(bridge.stress.max),
      number(bridge.packetRatePps.mean, formatCount),
      number(bridge.packetRatePps.max, formatCount),
      number(bridge.relayPacketRatePps.mean, formatCount),
      {
        ...number(bridge.maxPacketRatePps, formatCount),
        show: html`${formatCount(bridge.maxPacketRatePps)} <small>${bridge.maxPacketRateSource ?? ''}</small>`,
      },
      number(bridge.cpuRatio.mean, formatRatio),
      { show: html`<small>${bridge.software}</small>` },
    ]),
  )}`;
}

function name(bridge: BridgeSummary): Cell {
  const died =
    bridge.diedAtMs === null ? null : html` <span class="hot">died at ${formatTime(bridge.diedAtMs)}</span>`;
  return { show: html`${bridge.id}${died}` };
}

function heat(value: number | null): string {
  if (value === null || value < 0.8) return '';
  return value >= 1 ? 'hot' : 'warm';
}

function stress(value: number | null): Cell {
  return number(value, formatStress, heat(value));
}

/** Mean as a bar of 0 to 1, the maximum as a mark. */
function bar({ stress: { mean, max } }: BridgeSummary): Markup | null {
  if (mean === null) return null;
  const share = (value: number) => Math.round(Math.min(1, value) * 840) / 10;
  const mark = max === null ? null : html`<path d="M${share(max)} 0v8"/>`;
  return html`<svg class="bar" viewBox="0 0 84 8" aria-hidden="true"><rect width="84" height="8" rx="1"/><rect class="fill ${heat(max)}" width="${share(mean)}" height="8" rx="1"/>${mark}</svg>`;
}
