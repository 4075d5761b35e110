import {
  formatBitrate,
  formatCount,
  formatDuration,
  formatMetric,
  formatNumber,
  formatRatio,
  MISSING,
} from '../../format.ts';
import { type ProbedPath, probedBitrateBps, probedPacketRatePps } from '../../model/probed.ts';
import type { RunReport } from '../../model/types.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { type Cell, number, table } from '../table.ts';

/** The UDP path as it was before the participants joined, and how much of it each bridge took; null without. */
export function probeSection(report: RunReport): Section | null {
  const { probe } = report;
  if (probe === null) return null;
  const { total, findMax } = probe;
  const figures: [string, string, string][] = [
    [
      findMax === null ? 'Carried' : 'Most it carries',
      formatBitrate(probedBitrateBps(probe)),
      'of UDP payload, one way',
    ],
    [
      'Packet rate',
      formatCount(probedPacketRatePps(probe)),
      `packets/s of ${formatCount(probe.settings.sizeBytes)} bytes`,
    ],
    [
      'Loss',
      formatRatio(total.lossRatio),
      findMax === null ? 'of what was offered' : `at most ${formatRatio(findMax.lossBoundRatio)} was allowed`,
    ],
    ['Jitter', formatMetric(total.jitterMs, 'ms'), 'mean, RFC 3550'],
    [
      'Out of order',
      formatNumber(total.outOfOrderPackets),
      `${formatNumber(total.duplicatePackets)} duplicates`,
    ],
    ['CPU', formatRatio(probe.cpu.senderRatio), `sender; receiver ${formatRatio(probe.cpu.receiverRatio)}`],
  ];
  return {
    id: 'path',
    title: 'UDP path',
    about:
      'What the network path carried before the participants joined, and what of it the bridges took then.',
    body: html`<dl class="figures tight">${figures.map(
      ([name, value, about]) => html`<div><dt>${name}</dt><dd>${value}<small>${about}</small></dd></div>`,
    )}</dl>${shares(report, probe)}${trials(probe)}${
      probe.warnings.length === 0
        ? null
        : html`<ul class="reasons">${probe.warnings.map((text) => html`<li>${text}</li>`)}</ul>`
    }<p class="note">Measured by ${probe.prober} ${probe.proberVersion}, ${
      probe.server === null ? 'both ends on this host' : `against ${probe.server.host}:${probe.server.port}`
    }${probe.settings.durationMs === null ? null : `, ${formatDuration(probe.settings.durationMs)} a measurement`}. All of it is in probe.json.</p>`,
  };
}

function shares({ steadyLoads }: RunReport, probe: ProbedPath): Markup | null {
  const maximum = probedBitrateBps(probe);
  const maximumPps = probedPacketRatePps(probe);
  if (steadyLoads.length === 0) return null;
  const share = (value: number | null, most: number | null): Cell => {
    const ratio = value === null || most === null || most === 0 ? null : value / most;
    return number(ratio, formatRatio, ratio !== null && ratio >= 0.8 ? 'hot' : undefined);
  };
  return html`<h3>Media of each bridge, as a share of what the path carries</h3>${table(
    [
      { head: 'Bridge' },
      ...['Media in', 'share', 'Media out', 'share', 'Packets/s in and out', 'share'].map((head) => ({
        head,
        number: true,
      })),
    ],
    steadyLoads.map((load) => [
      load.bridgeId,
      number(load.bitrateInBps, formatBitrate),
      share(load.bitrateInBps, maximum),
      number(load.bitrateOutBps, formatBitrate),
      share(load.bitrateOutBps, maximum),
      number(load.packetRatePps, formatCount),
      share(load.packetRatePps, maximumPps),
    ]),
  )}<p class="note">Means over the steady window. Bridges on one host share its path, so their shares add up.</p>`;
}

function trials({ findMax }: ProbedPath): Markup | null {
  if (findMax === null || findMax.trials.length === 0) return null;
  return html`<h3>How the maximum was found</h3>${table(
    [
      { head: 'Trial', number: true },
      { head: 'Offered packets/s', number: true },
      { head: 'Delivered', number: true },
      { head: 'Loss', number: true },
      { head: 'Outcome' },
    ],
    findMax.trials.map((trial, i) => [
      number(i + 1, formatCount),
      number(trial.offeredPacketRatePps, (value) => (value === null ? MISSING : formatCount(value))),
      number(trial.deliveredPacketRatePps, formatCount),
      number(trial.lossRatio, formatRatio),
      trial.passed
        ? { show: html`<span class="outcome good">✓ carried</span>` }
        : {
            show: html`<span class="outcome unsure">✗ ${REASONS[trial.reason ?? ''] ?? 'not carried'}</span>`,
          },
    ]),
  )}`;
}

const REASONS: Record<string, string> = {
  loss: 'too much was lost',
  'queue-growing': 'a queue grew',
  'sender-limited': 'the sender could offer no more',
};
