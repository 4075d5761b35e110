import { type ChartContext, chart } from '../../reports/html/chart/chart.ts';
import { LineData } from '../../reports/html/chart/encode.ts';
import { renderDocument } from '../../reports/html/document.ts';
import { html } from '../../reports/html/markup.ts';
import { bundlePageScript } from '../../reports/html/page-script.ts';
import { renderSection } from '../../reports/html/section.ts';
import { number, table } from '../../reports/html/table.ts';
import type { SimulationAnswer } from './render.ts';

/** `simulation.html`: nodes and load over the day, one offline file like every report. */
export async function simulationPage(
  answer: SimulationAnswer,
  document: unknown,
  version: string,
): Promise<string> {
  const { options, results } = answer;
  const times = options.demand.map((_, minute) => minute * 60_000);
  const durationMs = Math.max(60_000, options.demand.length * 60_000);
  const context: ChartContext = { durationMs, stages: [], data: new LineData(), charts: [] };
  const lines = (of: 'nodes' | 'maxLoad') =>
    results.map((result, index) => ({
      name: result.scaler,
      tMs: times,
      values: result.rows.map((row) => (of === 'maxLoad' ? row.maxLoad / 100 : row.nodes)),
      style: index + 1,
    }));
  const charts = [
    chart(
      {
        id: 'c-nodes',
        title: 'Nodes',
        axis: 'active, draining and booting',
        unit: 'count',
        lines: lines('nodes'),
        wide: true,
      },
      context,
    ),
    chart(
      {
        id: 'c-load',
        title: 'Load of the fullest node',
        axis: 'points ÷ points of its CPUs',
        unit: 'ratio',
        lines: lines('maxLoad'),
        references: [{ value: 1, label: 'every CPU in full use' }],
        wide: true,
      },
      context,
    ),
    chart(
      {
        id: 'c-demand',
        title: 'Participants',
        axis: 'at once',
        unit: 'count',
        lines: [{ name: 'participants', tMs: times, values: [...options.demand], style: 1 }],
        wide: true,
      },
      context,
    ),
  ];
  const figures = table(
    [
      { head: 'rule' },
      { head: 'peak nodes', number: true },
      { head: 'node hours', number: true },
      { head: 'wasted node hours', number: true },
      { head: 'overloaded minutes', number: true },
      { head: 'dropped participants', number: true },
    ],
    results.map((result) => [
      result.scaler,
      number(result.peakNodes, String),
      number(result.nodeHours, (value) => (value ?? 0).toFixed(1)),
      number(result.wastedNodeHours, (value) => (value ?? 0).toFixed(1)),
      number(result.overloadedMinutes, String),
      number(result.droppedParticipants, String),
    ]),
  );
  const section = {
    id: 'simulation',
    title: 'Scaling rules',
    about: `${answer.demand}; ${answer.cost}; ${options.cpusPerNode} CPUs a node, ${options.minimum} to ${options.maximum} nodes, ${options.bootMinutes} minutes to boot.`,
    body: html`${figures}<div class="charts">${charts}</div>`,
  };
  return renderDocument({
    title: 'Scaling rules · rtc-bench',
    brand: 'rtc-bench',
    header: html`<header><h1>Scaling rules on one day of load</h1></header>`,
    sections: [{ section, markup: renderSection(section) }],
    footer: html`Made by rtc-bench ${version}. The same options always make the same page.`,
    json: {
      data: { value: { durationMs, charts: context.charts, lines: context.data.toBase64() } },
      // What the button saves; the script looks for it by this name.
      manifest: { value: document, indent: 1 },
    },
    script: await bundlePageScript(),
  });
}
