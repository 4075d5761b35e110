import { formatRatio } from '../format.ts';
import { type ChartContext, type ChartSpec, chart } from '../html/chart/chart.ts';
import { DOT_SHAPES } from '../html/chart/dots.ts';
import { LineData } from '../html/chart/encode.ts';
import { renderDocument } from '../html/document.ts';
import { html } from '../html/markup.ts';
import { renderSection, type Section } from '../html/section.ts';
import { growing, growthCharts } from '../html/sections/growth.ts';
import { number, table } from '../html/table.ts';
import type { RunReport, Values } from '../model/types.ts';
import type { Change, Comparison } from './compare.ts';
import { acrossBridges, type BridgeTick, highest, sum } from './quantities.ts';
import {
  CHANGE_SYMBOLS,
  CHANGE_WORDS,
  changeText,
  effectText,
  intervalText,
  VERDICT_WORDS,
  valueText,
} from './tell.ts';

const TONES = { pass: 'good', fail: 'bad', inconclusive: 'unsure' } as const;
const CHANGE_TONES: Record<Change, string> = {
  same: '',
  better: 'good',
  worse: 'bad',
  unclear: 'unsure',
  told: '',
};

/** Two runs on one page: what changed, and their curves laid over each other. */
export function renderComparisonPage(comparison: Comparison, script: string | null): string {
  const { before, after, verdict, because, maxRegression } = comparison;
  const data = new LineData();
  const durationMs = Math.max(before.durationMs, after.durationMs);
  const context: ChartContext = { durationMs, stages: after.stages, data, charts: [] };
  const sections = [
    quantities(comparison),
    load(comparison, context),
    quality(comparison, context),
    growth(comparison),
    surroundings(comparison),
  ].filter((section) => section !== null);
  const name = after.manifest.scenario.name;
  return renderDocument({
    title: `${VERDICT_WORDS[verdict]} · ${name} · rtc-bench compare`,
    brand: 'rtc-bench',
    header: html`<header><p class="kicker">Comparison of two runs</p><h1>${name}</h1><p class="facts"><span>before: ${label(before)}</span><span>after: ${label(after)}</span></p>
<div class="verdict ${TONES[verdict]}" role="status"><b>${VERDICT_WORDS[verdict]}</b><p>${because}. Bound: ${formatRatio(maxRegression)}.</p></div></header>
`,
    sections: sections.map((section) => ({ section, markup: renderSection(section) })),
    footer: html`Made by rtc-bench from the folders ${before.dir} and ${after.dir}.`,
    json: {
      data: { value: { durationMs, charts: context.charts, lines: data.toBase64() } },
      manifest: {
        value: { before: before.manifest, after: after.manifest, quantities: comparison.quantities },
        indent: 1,
      },
    },
    script,
  });
}

function label({ manifest }: RunReport): string {
  return `${manifest.startedAt.slice(0, 16).replace('T', ' ')} UTC, ${manifest.verdict ?? manifest.status}`;
}

function quantities({ quantities: list }: Comparison): Section {
  return {
    id: 'quantities',
    title: 'What changed',
    about:
      'Means over the steady windows. The interval holds the true change with 95 % confidence; the effect is Cliff’s delta, −1 to 1.',
    body: table(
      [
        { head: 'Outcome' },
        { head: 'Quantity' },
        ...['Before', 'After', 'Change', '95 % interval of the change'].map((head) => ({
          head,
          number: true,
        })),
        { head: 'Effect' },
      ],
      list.map((quantity) => [
        {
          show: html`<span class="outcome ${CHANGE_TONES[quantity.change]}">${CHANGE_SYMBOLS[quantity.change]} ${CHANGE_WORDS[quantity.change]}</span>`,
        },
        quantity.title,
        number(quantity.before, (value) => valueText(value, quantity.unit)),
        number(quantity.after, (value) => valueText(value, quantity.unit)),
        { show: changeText(quantity), value: quantity.changeRatio },
        { show: intervalText(quantity) },
        { show: effectText(quantity), value: quantity.effect },
      ]),
    ),
  };
}

type Overlay = Pick<ChartSpec, 'id' | 'title' | 'axis' | 'unit' | 'wide'>;

function overlay(
  spec: Overlay,
  { before, after }: Comparison,
  of: (report: RunReport) => { tMs: number[]; values: Values },
  context: ChartContext,
) {
  return chart(
    {
      ...spec,
      lines: [
        { name: 'before', ...of(before), style: 2 },
        { name: 'after', ...of(after), style: 1 },
      ],
    },
    context,
  );
}

const LOAD: readonly (Overlay & { of: (rows: BridgeTick[]) => number | null })[] = [
  {
    id: 'c-stress',
    title: 'Stress of the highest bridge',
    axis: 'packet rate ÷ max packet rate',
    unit: 'ratio',
    wide: true,
    of: (rows) => highest(rows.map((row) => row.stress)),
  },
  {
    id: 'c-rate',
    title: 'Packet rate of all bridges',
    axis: 'packets/s',
    unit: 'pps',
    of: (rows) => sum(rows.map((row) => row.rate)),
  },
  {
    id: 'c-cpu',
    title: 'CPU of all bridges',
    axis: 'share of one core',
    unit: 'share',
    of: (rows) => sum(rows.map((row) => row.cpu)),
  },
];

const QUALITY: readonly (Overlay & { of: (quality: RunReport['quality']) => Values })[] = [
  {
    id: 'c-rtt',
    title: 'Round-trip time, median',
    axis: 'milliseconds',
    unit: 'ms',
    of: ({ rttMs }) => rttMs.p50,
  },
  {
    id: 'c-rtt95',
    title: 'Round-trip time, p95',
    axis: 'milliseconds',
    unit: 'ms',
    of: ({ rttMs }) => rttMs.p95,
  },
  {
    id: 'c-delay',
    title: 'One-way delay, median',
    axis: 'milliseconds',
    unit: 'ms',
    of: ({ oneWayDelayMs }) => oneWayDelayMs.p50,
  },
  {
    id: 'c-delay95',
    title: 'One-way delay, p95',
    axis: 'milliseconds',
    unit: 'ms',
    of: ({ oneWayDelayMs }) => oneWayDelayMs.p95,
  },
  {
    id: 'c-jitter',
    title: 'Jitter, p95',
    axis: 'milliseconds',
    unit: 'ms',
    of: ({ jitterMs }) => jitterMs.p95,
  },
  {
    id: 'c-loss',
    title: 'Loss after repair, p95',
    axis: 'share of packets',
    unit: 'share',
    of: ({ lossRatio }) => lossRatio.p95,
  },
  {
    id: 'c-fps',
    title: 'Video frames, median',
    axis: 'frames per second and track',
    unit: 'fps',
    of: ({ framesPerSecond }) => framesPerSecond.p50,
  },
  {
    id: 'c-joined',
    title: 'Participants in rooms',
    axis: 'count',
    unit: 'count',
    of: ({ joined }) => joined,
  },
];

function load(comparison: Comparison, context: ChartContext): Section {
  return {
    id: 'load',
    title: 'Load',
    about: 'Both runs on one clock that starts with each of them. Shaded: the stages of the later run.',
    body: html`<div class="charts">${LOAD.map(({ of, ...spec }) => overlay(spec, comparison, ({ bridges }) => acrossBridges(bridges, of), context))}</div>`,
  };
}

function quality(comparison: Comparison, context: ChartContext): Section {
  return {
    id: 'quality',
    title: 'Quality',
    about: 'Delay, jitter, loss and frames as participants saw them.',
    body: html`<div class="charts">${QUALITY.map(({ of, ...spec }) =>
      overlay(
        spec,
        comparison,
        (report) => ({ tMs: report.quality.tMs, values: of(report.quality) }),
        context,
      ),
    )}</div>`,
  };
}

/** Where the load of both grew while it was judged: cost over load, which two times of a run do not show. */
function growth({ before, after }: Comparison): Section | null {
  const [first, second] = [growing(before), growing(after)];
  if (first === null || second === null) return null;
  return {
    id: 'growth',
    title: 'As receivers grow',
    about:
      'Each dot is one second of a steady window, over the tracks that bridges sent to receivers at that time.',
    body: html`${DOT_SHAPES}<div class="charts">${growthCharts([
      { name: 'before', seconds: first },
      { name: 'after', seconds: second },
    ])}</div>`,
  };
}

function surroundings({ differences, before, after }: Comparison): Section {
  const list = [
    ...differences,
    ...[before, after].flatMap((run) =>
      run.manifest.trust?.verdict === 'suspect' ? [`${run.dir}: the load generator was under strain`] : [],
    ),
  ];
  return {
    id: 'differences',
    title: 'Surroundings',
    about: 'What else differs between the runs: versions, hosts, scenario.',
    body:
      list.length === 0
        ? html`<p class="empty">Nothing that was recorded.</p>`
        : html`<ul class="reasons">${list.map((text) => html`<li>${text}</li>`)}</ul>`,
  };
}
