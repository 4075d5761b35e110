import type { CapacityFile } from '../../capacity/capacity-file.ts';
import { isAtEdge } from '../../capacity/edge-belief.ts';
import { LIMITED_BY } from '../../capacity/limit-words.ts';
import { whyRepeatsDiffer } from '../../capacity/spread-words.ts';
import { formatCommand, formatCount, formatDuration, formatNumber, formatRatio } from '../format.ts';
import { renderDocument } from '../html/document.ts';
import { html, type Markup } from '../html/markup.ts';
import { renderSection, type Section } from '../html/section.ts';
import { buffersSection } from '../html/sections/buffers.ts';
import type { CalibrationReport } from './model.ts';
import {
  adviceSection,
  calibrationTrustSection,
  curveSection,
  machineSection,
  searchSection,
  stepsSection,
} from './sections.ts';

/** `report.html` of a calibration: the number first, then how it was found and what to do with it. */
export function renderCalibrationPage(report: CalibrationReport, script: string | null): string {
  const { capacity } = report;
  const sections = [
    curveSection(report),
    adviceSection(report),
    searchSection(report),
    stepsSection(report),
    report.buffers === null ? null : buffersSection(report.buffers),
    calibrationTrustSection(report),
    machineSection(report),
  ].filter((section): section is Section => section !== null);
  return renderDocument({
    title: `${answer(report).word} · ${capacity.scenario.name} · rtc-bench`,
    brand: 'rtc-bench',
    header: header(report),
    sections: sections.map((section) => ({ section, markup: renderSection(section) })),
    footer: html`Made by rtc-bench ${capacity.tool.version} from the folder of the calibration; the same folder always makes the same page.`,
    json: { manifest: { value: capacity, indent: 1 } },
    saveAs: 'capacity.json',
    script,
  });
}

export interface CalibrationAnswer {
  tone: 'good' | 'unsure';
  word: string;
  text: string;
}

/** The number and how sure it is, or why there is none. */
export function answer({ capacity, problem }: CalibrationReport): CalibrationAnswer {
  const { maxPacketRatePps, interval, limitedBy, bridge } = capacity;
  const which = bridge.cpuShare == null ? '' : ` with ${bridge.cpuShare} of a core`;
  if (maxPacketRatePps === null)
    return {
      tone: 'unsure',
      word: 'INCONCLUSIVE',
      text: `No capacity can be stated: ${problem ?? LIMITED_BY[limitedBy]}.`,
    };
  const sure =
    interval === null
      ? ''
      : ` (${formatCount(interval.low)} to ${formatCount(interval.high)} with ${formatNumber(interval.confidence * 100)} % confidence)`;
  return {
    tone: 'good',
    word: 'FOUND',
    text: `One bridge${which} carries ${formatCount(maxPacketRatePps)} packets a second in and out${sure}. What ended it: ${LIMITED_BY[limitedBy]}.`,
  };
}

function header(report: CalibrationReport): Markup {
  const { capacity, manifest } = report;
  const { tone, word, text } = answer(report);
  const made = capacity.createdAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  const cpu = capacity.machine.cpuModel;
  const facts = [
    capacity.bridge.software,
    ...(typeof cpu === 'string' ? [cpu] : []),
    `${formatCount(capacity.curve.length)} steps in ${formatDuration(capacity.search.durationMs)}`,
  ];
  const why = whyRepeatsDiffer(capacity);
  const use = formatCommand(['rtc-bench', 'run', 'SCENARIO.yaml']);
  return html`<header><p class="kicker">Calibration · ${made}</p><h1>${capacity.scenario.name}</h1><p class="facts">${facts.map(
    (fact) => html`<span>${fact}</span>`,
  )}</p>
<div class="verdict ${tone}" role="status"><b>${word}</b><p>${text}</p></div>
<dl class="figures">${figures(capacity).map(
    ([name, value, about]) => html`<div><dt>${name}</dt><dd>${value}<small>${about}</small></dd></div>`,
  )}</dl>${why === null ? null : html`<p class="note">The repeats differ: ${why}.</p>`}${
    capacity.maxPacketRatePps === null
      ? html`<p class="note">What to do: ${capacity.limitedBy === 'search-bound' ? html`allow a higher <code>calibrate.max</code>` : html`give the load generator more cores than the bridge, or load the bridge from another host, and run <code>${formatCommand(manifest.command)}</code> again`}.</p>`
      : html`<p class="note"><code>maxPacketRatePps: capacity.json</code> in the target of a scenario makes <code>${use}</code> tell stress and headroom by it.</p>`
  }</header>
`;
}

function figures(capacity: CapacityFile): [string, string, string][] {
  const { maxPacketRatePps, interval, perParticipant, perConsumer, knee, search } = capacity;
  const { spreadRatio, equalSpeed } = capacity;
  const { cpuShare } = capacity.bridge;
  const rows: [string, string, string][] = [];
  if (maxPacketRatePps !== null)
    rows.push([
      'Max packet rate',
      formatCount(maxPacketRatePps),
      interval === null
        ? 'packets/s'
        : `packets/s, ${formatCount(interval.low)} to ${formatCount(interval.high)}`,
    ]);
  if (maxPacketRatePps !== null && perParticipant !== null)
    rows.push([
      'Participants then',
      formatCount(maxPacketRatePps / perParticipant.packetRatePps),
      `each ${formatCount(perParticipant.packetRatePps)} packets/s`,
    ]);
  if (maxPacketRatePps !== null && perConsumer !== null)
    rows.push([
      'Consumers then',
      formatCount(maxPacketRatePps / perConsumer.packetRatePps),
      `each ${formatCount(perConsumer.packetRatePps)} packets/s`,
    ]);
  const cpu = cpuAtMaximum(capacity);
  if (maxPacketRatePps !== null && cpu !== null)
    rows.push([
      'CPU of the bridge',
      formatRatio(cpu),
      `of one core, at the maximum${cpuShare == null ? '' : `; it may have ${formatRatio(cpuShare)}`}`,
    ]);
  if (knee !== null)
    rows.push(['Knee of the delay', formatCount(knee.packetRatePps), `packets/s, ${knee.method}`]);
  if (spreadRatio !== null)
    rows.push([
      'Spread',
      formatRatio(spreadRatio),
      `of ${formatCount(capacity.repeats.length)} repeats, share of the median${equalSpeed == null ? '' : `; ${formatRatio(equalSpeed.spreadRatio)} at equal speed of the cores`}`,
    ]);
  rows.push([
    'Time',
    formatDuration(search.durationMs),
    `a linear ramp: ${formatDuration(search.linearRampMs)}`,
  ]);
  return rows;
}

/** Of the steps that held near the edge of their repeat. */
function cpuAtMaximum({ curve, repeats }: CapacityFile): number | null {
  const ratios = curve.flatMap((step) => {
    const edge = repeats[step.repeat - 1]?.loadInterval ?? null;
    return step.holds === true && edge !== null && isAtEdge(step.load, edge)
      ? (step.bridgeCpuRatio ?? [])
      : [];
  });
  return ratios.length === 0 ? null : ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
}
