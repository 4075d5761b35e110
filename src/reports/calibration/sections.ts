import { adviseConfiguration } from '../../capacity/advice.ts';
import type { CapacityFile, CurveStep } from '../../capacity/capacity-file.ts';
import { LIMITED_BY } from '../../capacity/limit-words.ts';
import { formatCount, formatDuration, formatMetric, formatNumber, formatRatio } from '../format.ts';
import { DOT_SHAPES, type Dot, dots, type Mark } from '../html/chart/dots.ts';
import type { ChartUnit } from '../html/chart/types.ts';
import { html, type Markup } from '../html/markup.ts';
import type { Section } from '../html/section.ts';
import { hostFact, pairs } from '../html/sections/record.ts';
import { type Cell, number, table } from '../html/table.ts';
import { boundOf, type CalibrationReport, kindOf } from './model.ts';

const ms = (value: number | null) => formatMetric(value, 'ms');

/** Quality over packet rate, every step a dot. */
export function curveSection({ capacity }: CalibrationReport): Section {
  const { curve, objective } = capacity;
  const marks = marksOf(capacity);
  const placed = curve.filter(({ packetRatePps }) => packetRatePps !== null);
  const one = (
    id: string,
    title: string,
    axis: string,
    unit: ChartUnit,
    of: (step: CurveStep) => number | null,
    bound: number | null,
    wide = false,
  ) =>
    dots({
      id,
      title,
      axis,
      unit,
      xUnit: 'pps',
      xAxis: 'packets/s of the bridge, in and out',
      marks,
      bound,
      wide,
      dots: placed.flatMap((step): Dot[] => {
        const y = of(step);
        return y === null
          ? []
          : [{ x: step.packetRatePps ?? 0, y, kind: kindOf(step), title: titleOf(step, capacity) }];
      }),
    });
  return {
    id: 'curve',
    title: 'Curve',
    about:
      'Each dot is one step: a load that was held and judged. Past the knee, delay and loss rise steeply while the packet rate hardly grows.',
    body: html`${DOT_SHAPES}<div class="charts">${[
      one(
        'c-delay',
        'Delay through the SFU',
        'milliseconds, p95',
        'ms',
        (step) => step.delayP95Ms,
        boundOf(objective, 'track.one_way_delay_ms'),
        true,
      ),
      one(
        'c-loss',
        'Loss after repair',
        'share of packets, mean',
        'share',
        (step) => step.lossRatio,
        boundOf(objective, 'track.loss_ratio'),
      ),
      one(
        'c-freeze',
        'Frozen video',
        'share of time, mean',
        'share',
        (step) => step.freezeRatio,
        boundOf(objective, 'track.freeze_ratio'),
      ),
      one(
        'c-cpu',
        'CPU of the bridge',
        'share of one core, mean',
        'share',
        (step) => step.bridgeCpuRatio,
        null,
      ),
      way(capacity),
    ]}</div>${
      placed.length === curve.length
        ? null
        : html`<p class="note">${curve.length - placed.length === 1 ? '1 step' : `${curve.length - placed.length} steps`} gave no packet rate and ${curve.length - placed.length === 1 ? 'is' : 'are'} only in the table.</p>`
    }`,
  };
}

function marksOf({ maxPacketRatePps, interval, knee }: CapacityFile): Mark[] {
  const marks: Mark[] = [];
  if (maxPacketRatePps !== null)
    marks.push({
      kind: 'maximum',
      x: maxPacketRatePps,
      band: interval,
      label: `max packet rate ${formatCount(maxPacketRatePps)}${interval === null ? '' : `, ${formatNumber(interval.confidence * 100)} % interval`}`,
    });
  if (knee !== null)
    marks.push({
      kind: 'knee',
      x: knee.packetRatePps,
      band: knee.band ?? null,
      label: `knee of the delay ${formatCount(knee.packetRatePps)}${knee.band == null ? '' : ', with its 95 % band'}`,
    });
  return marks;
}

/** Which load was tried after which: how the search closed in. */
function way({ curve, variable }: CapacityFile): Markup | null {
  return dots({
    id: 'c-way',
    title: 'How the search went',
    axis: variable === 'bitrate' ? 'kbit/s' : variable,
    unit: 'count',
    xUnit: 'count',
    xAxis: 'step, all repeats one after the other',
    marks: [],
    bound: null,
    dots: curve.map((step, i) => ({
      x: i + 1,
      y: step.load,
      kind: kindOf(step),
      title: `repeat ${step.repeat}, ${step.phase} ${formatNumber(step.load)}`,
    })),
  });
}

function titleOf(step: CurveStep, { variable }: CapacityFile): string {
  return `repeat ${step.repeat}, ${step.phase}: ${formatNumber(step.load)} ${variable}, ${formatCount(step.packetRatePps)} packets/s, delay p95 ${ms(step.delayP95Ms)}, loss ${formatRatio(step.lossRatio)}, CPU ${formatRatio(step.bridgeCpuRatio)}${step.reason === null ? '' : ` (${step.reason})`}`;
}

const OUTCOMES = {
  held: ['good', '✓ held'],
  broke: ['bad', '✗ broke'],
  doubted: ['unsure', '? not believed'],
} as const;

export function stepsSection({ capacity }: CalibrationReport): Section {
  const rows = capacity.curve.map((step): (Cell | string)[] => {
    const [tone, word] = OUTCOMES[kindOf(step)];
    return [
      number(step.repeat, formatCount),
      step.phase,
      number(step.load, formatNumber),
      number(step.packetRateInPps, formatCount),
      number(step.packetRateOutPps, formatCount),
      number(step.packetRatePps, formatCount),
      number(step.bridgeCpuRatio, formatRatio),
      number(step.delayP95Ms, ms),
      number(step.lossRatio, formatRatio),
      number(step.freezeRatio, formatRatio),
      {
        show: html`<span class="outcome ${tone}">${word}</span>${step.reason === null ? null : html` <small>${step.reason}</small>`}`,
        className: 'why',
      },
    ];
  });
  return {
    id: 'steps',
    title: 'Steps',
    about:
      'Every load that was tried, in the order in which it was: bracket, halve, confirm just under and just over.',
    body: table(
      [
        { head: 'Repeat', number: true },
        { head: 'Phase' },
        ...[variableHead(capacity), 'In packets/s', 'Out', 'Both', 'CPU', 'Delay p95', 'Loss', 'Frozen'].map(
          (head) => ({ head, number: true }),
        ),
        { head: 'Outcome' },
      ],
      rows,
    ),
  };
}

function variableHead({ variable }: CapacityFile): string {
  return variable === 'bitrate' ? 'kbit/s' : `${variable.charAt(0).toUpperCase()}${variable.slice(1)}`;
}

export function searchSection({ capacity }: CalibrationReport): Section {
  const { search, repeats } = capacity;
  const longest = Math.max(search.durationMs, search.linearRampMs, 1);
  const bar = (value: number) => {
    const share = Math.round((840 * value) / longest) / 10;
    return html`<svg class="bar" viewBox="0 0 84 8" aria-hidden="true"><rect width="84" height="8" rx="1"/><rect class="fill" width="${share}" height="8" rx="1"/></svg>`;
  };
  const time = (name: string, value: number): (Cell | string)[] => [
    name,
    { show: bar(value) },
    { show: formatDuration(value), value },
    number(value / longest, formatRatio),
  ];
  return {
    id: 'search',
    title: 'Search',
    about:
      'How long it took beside a ramp in equal steps of the same resolution, and whether the repeats agree.',
    body: html`${table(
      [
        { head: 'Way' },
        { head: '' },
        { head: 'Time of all repeats', number: true },
        { head: 'Share of the longer', number: true },
      ],
      [
        time('This search', search.durationMs),
        time('Linear ramp of the same resolution', search.linearRampMs),
      ],
      'ways',
    )}<h3>Repeats, each with a fresh bridge</h3>${table(
      [
        { head: 'Repeat', number: true },
        { head: 'Max packets/s', number: true },
        { head: `${variableHead(capacity)} then`, number: true },
        { head: 'Steps', number: true },
        { head: 'Time', number: true },
        { head: 'What ended it' },
      ],
      repeats.map((repeat, i) => [
        number(i + 1, formatCount),
        number(repeat.maxPacketRatePps, formatCount),
        number(repeat.load, formatNumber),
        number(repeat.steps, formatCount),
        number(repeat.durationMs, (value) => formatDuration(value ?? 0)),
        { show: LIMITED_BY[repeat.limitedBy], className: 'why' },
      ]),
    )}<h3>Objective: what had to hold at every step</h3><ul class="reasons plain">${capacity.objective.map(
      (gate) => html`<li><code>${gate}</code></li>`,
    )}</ul>`,
  };
}

/** null without a capacity: then there is nothing to write anywhere. */
export function adviceSection({ capacity }: CalibrationReport): Section | null {
  const advice = adviseConfiguration(capacity);
  if (advice.length === 0) return null;
  return {
    id: 'advice',
    title: 'Configuration',
    about: 'What this capacity means in the configuration of each SFU.',
    body: advice.map(
      ({ system, file, lines, note }) =>
        html`<h3>${system} <span class="axis">${file}</span></h3><div class="command"><code>${lines.join('\n')}</code><button class="tool" type="button" data-copy="${lines.join('\n')}">Copy</button></div><p class="note">${note}</p>`,
    ),
  };
}

const TRUST = {
  trusted: ['good', '✓ trusted', 'The load generator kept up at every step.'],
  suspect: [
    'unsure',
    '! suspect',
    'At some steps the load generator was at its end; those steps were not believed.',
  ],
  saturated: [
    'bad',
    '✗ saturated',
    'The load generator was at its end before the bridge, so nothing is said of the bridge.',
  ],
} as const;

export function calibrationTrustSection({ capacity: { trust } }: CalibrationReport): Section {
  const [tone, word, sentence] = TRUST[trust.verdict];
  return {
    id: 'trust',
    title: 'Trust',
    about: 'Whether the load generator itself was the limit; each step is judged by itself.',
    body: html`<p class="say"><span class="outcome ${tone}">${word}</span>. ${sentence}</p>${
      trust.reasons.length === 0
        ? null
        : html`<ul class="reasons">${trust.reasons.map(({ message }) => html`<li>${message}</li>`)}</ul>`
    }`,
  };
}

export function machineSection({ capacity, manifest }: CalibrationReport): Section {
  return {
    id: 'machine',
    title: 'Machine',
    about:
      'A capacity holds for this machine, these versions and this kind of traffic; a run warns when one differs.',
    body: html`<h3>Traffic</h3><ul class="reasons plain">${capacity.traffic.map((line) => html`<li>${line}</li>`)}</ul>
<h3>Calibration</h3>${pairs([
      ['Scenario', manifest.scenario.path ?? capacity.scenario.name],
      ['Scenario SHA-256', capacity.scenario.sha256.slice(0, 16)],
      ['Bridge', `${capacity.bridge.software} (${capacity.bridge.kind})`],
      ['Variable', capacity.variable],
      ['Made', capacity.createdAt],
      ['Seed', String(manifest.seed)],
      ['Files', manifest.files.join(', ')],
    ])}<h3>Host</h3>${pairs(Object.entries(capacity.machine).map(hostFact))}<h3>Versions</h3>${pairs(
      Object.entries(capacity.versions),
    )}`,
  };
}
