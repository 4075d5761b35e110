import type { GateResult } from '../../../results/records.ts';
import {
  formatCount,
  formatDuration,
  formatMetric,
  formatNumber,
  formatRatio,
  formatStress,
} from '../../format.ts';
import type { PercentileRow, RunReport } from '../../model/types.ts';
import { facts, gateSymbol, headline } from '../../verdict.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { number, table } from '../table.ts';

/** The top of the page: what it was, how it ended, and the few numbers that everybody asks for. */
export function renderHeader(report: RunReport): Markup {
  const { manifest } = report;
  const { tone, word, reason } = headline(report);
  const started = manifest.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return html`<header><p class="kicker">Load test · ${started}</p><h1>${manifest.scenario.name}</h1><p class="facts">${facts(
    report,
  ).map((fact) => html`<span>${fact}</span>`)}</p>
<div class="verdict ${tone}" role="status"><b>${word}</b><p>${reason}</p></div>
<dl class="figures">${figures(report).map(
    ([name, value, about]) => html`<div><dt>${name}</dt><dd>${value}<small>${about}</small></dd></div>`,
  )}</dl></header>
`;
}

function figures(report: RunReport): [string, string, string][] {
  const { manifest, percentiles } = report;
  const of = (metric: string, which = '') =>
    percentiles.find((row) => row.metric === metric && row.which === which);
  const stresses = manifest.bridges.filter((bridge) => bridge.stress.max !== null);
  const worst = stresses.toSorted((a, b) => (b.stress.max ?? 0) - (a.stress.max ?? 0))[0];
  const rows: [string, string, string][] = [];
  if (worst !== undefined)
    rows.push([
      'Highest stress',
      formatStress(worst.stress.max),
      `${worst.id}, mean ${formatStress(worst.stress.mean)}`,
    ]);
  rows.push([
    'Joined',
    `${formatCount(manifest.participants.joined)}`,
    `of ${formatCount(manifest.participants.planned)}, ${formatCount(manifest.participants.failed)} failed`,
  ]);
  const add = (
    name: string,
    row: PercentileRow | undefined,
    value: (row: PercentileRow) => number | null,
    about: (row: PercentileRow) => string,
  ) => {
    if (row !== undefined) rows.push([name, formatMetric(value(row), row.unit), about(row)]);
  };
  // From too few samples for a p95, the median and the highest say what there is to say.
  const addHigh = (name: string, row: PercentileRow | undefined) => {
    const text = (value: number | null) => formatMetric(value, row?.unit ?? '');
    if (row?.p95 == null)
      add(
        `${name}, median`,
        row,
        ({ p50 }) => p50,
        ({ max }) => `highest ${text(max)}`,
      );
    else
      add(
        `${name}, p95`,
        row,
        ({ p95 }) => p95,
        ({ p50 }) => `median ${text(p50)}`,
      );
  };
  addHigh('Join time', of('participant.join_ms'));
  addHigh('Round trip', of('participant.rtt_ms'));
  add(
    'Loss, mean',
    of('track.loss_ratio'),
    (row) => row.mean,
    (row) => `p99 ${formatRatio(row.p99)}, after repair`,
  );
  addHigh('Jitter', of('track.jitter_ms'));
  const video = of('track.frames_per_second', 'camera') ?? of('track.frames_per_second');
  add(
    'Frame rate, mean',
    video,
    (row) => row.mean,
    (row) => `lowest ${formatNumber(row.min)}${row.which === '' ? '' : `, ${row.which}`}`,
  );
  return rows;
}

const TONES: Record<GateResult['outcome'], string> = {
  passed: 'good',
  failed: 'bad',
  inconclusive: 'unsure',
};

export function gatesSection({ manifest }: RunReport): Section {
  const body =
    manifest.gates.length === 0
      ? html`<p class="empty">The scenario set no gates, so nothing was judged. <code>rtc-bench gate DIR --gate 'max(bridge.stress) &lt; 0.8'</code> judges this run afterwards.</p>`
      : table(
          [
            { head: 'Outcome' },
            { head: 'Gate' },
            { head: 'Value', number: true },
            { head: 'Samples', number: true },
            { head: 'Note' },
          ],
          manifest.gates.map((gate) => [
            {
              show: html`<span class="outcome ${TONES[gate.outcome]}">${gateSymbol(gate)} ${gate.outcome}</span>`,
            },
            { show: html`<code>${gate.expression}</code>`, className: 'gate' },
            number(gate.value, formatNumber),
            number(gate.samples, formatCount),
            {
              show: html`<small>${[gate.level === 'warn' ? 'warns only' : '', gate.note ?? ''].filter((text) => text !== '').join(', ')}</small>`,
            },
          ]),
          'gates',
        );
  const window = manifest.steadyWindow;
  const about =
    window === null
      ? 'What was asked of this run.'
      : `What was asked of this run. Judged over the steady window, ${formatDuration(window.startMs)} to ${formatDuration(window.endMs)}.`;
  return { id: 'gates', title: 'Gates', about, body };
}
