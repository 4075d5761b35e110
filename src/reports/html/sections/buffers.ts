import { formatBinary, formatCount, formatRatio, MISSING } from '../../format.ts';
import type { BufferSweep, BufferTrial, SweptBuffers } from '../../model/buffers.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { number, table } from '../table.ts';

/** Which receive buffer holds the bursts of an SFU, and where the packets went that it did not hold. */
export function buffersSection(swept: SweptBuffers): Section {
  const { burst, sweep, after, advice, server } = swept;
  const where = server === null ? 'this host, its loopback' : `the host of ${server.host}:${server.port}`;
  const notes = [...swept.warnings, ...(after ?? sweep).notTested.map((text) => `Not tested: ${text}`)];
  return {
    id: 'buffers',
    title: 'UDP buffers',
    about:
      'The smallest receive buffer that loses nothing while its thread does something else, and what lost the packets at smaller ones.',
    body: html`<p class="say">${formatCount(burst.ratePps)} packets/s of ${formatCount(burst.sizeBytes)} bytes from ${burst.senders} senders, in frames and key frames, into one socket on ${where}; its thread reads nothing for ${formatCount(burst.pauseMs)} ms every ${formatCount(burst.pauseEveryMs)} ms.</p>
<dl class="figures tight">${figures(swept).map(
      ([name, value, about]) => html`<div><dt>${name}</dt><dd>${value}<small>${about}</small></dd></div>`,
    )}</dl>
${heatMap(after === null ? 'Share of the packets lost, by receive buffer and by who lost them' : 'Before: share of the packets lost, by receive buffer and by who lost them', sweep)}
${after === null ? null : heatMap(`After ${swept.applied?.dropIn ?? 'the change'}`, after)}
${sendSizes(after ?? sweep)}<h3>Beside what others set</h3>${comparisons(swept)}
${settings(advice, server !== null)}${
  notes.length === 0 ? null : html`<ul class="reasons">${notes.map((text) => html`<li>${text}</li>`)}</ul>`
}`,
  };
}

function figures({ sweep, advice }: SweptBuffers): [string, string, string][] {
  return [
    [
      'Smallest that holds',
      sweep.smallestReceiveBytes === null ? 'none' : formatBinary(sweep.smallestReceiveBytes),
      sweep.smallestReceiveBytes === null
        ? 'of the sizes that the host grants'
        : 'asked for, no packet dropped',
    ],
    [
      'Ask for',
      formatBinary(advice.recommendedBytes),
      advice.isEstimate ? 'an estimate from the burst' : `with a margin of ${advice.marginRatio}`,
    ],
    [
      'Memory it can cost',
      formatBinary(advice.memoryBytes),
      advice.sockets === 1
        ? 'one socket that is full'
        : `${formatCount(advice.sockets)} sockets that are full`,
    ],
  ];
}

/** Shades by order of magnitude: a thousandth lost is seen beside a half. */
const SHADES = [0, 0.001, 0.01, 0.03, 0.1, 0.3];

function shade(ratio: number | null): string {
  if (ratio === null || ratio <= 0) return 'heat-0';
  return `heat-${SHADES.findLastIndex((bound) => ratio > bound) + 1}`;
}

const LOSSES: readonly (readonly [string, (trial: BufferTrial) => number | null])[] = [
  ['this buffer was full', ({ drops }) => drops.socketDrops],
  ['a CPU’s backlog was full', ({ drops }) => drops.backlogDrops],
  ['the network', ({ drops }) => drops.networkLost],
];

/** Sizes across, who lost packets down. */
function heatMap(title: string, { unasked, receive, smallestReceiveBytes }: BufferSweep): Markup {
  const trials = [unasked, ...receive];
  const cell = (trial: BufferTrial, lost: number | null) => {
    const ratio = lost === null || trial.sentPackets === 0 ? null : lost / trial.sentPackets;
    return html`<td class="n ${shade(ratio)}">${formatRatio(ratio)}</td>`;
  };
  return html`<h3>${title}</h3><div class="scroll"><table class="heat"><thead><tr><th scope="col">Asked for</th>${trials.map(
    ({ askedBytes }) =>
      html`<th scope="col" class="n${askedBytes !== 0 && askedBytes === smallestReceiveBytes ? ' chosen' : ''}">${askedBytes === 0 ? 'nothing' : formatBinary(askedBytes)}</th>`,
  )}</tr></thead><tbody><tr><th scope="row">granted</th>${trials.map(
    ({ grantedBytes, clamped }) =>
      html`<td class="n dim">${grantedBytes === null ? MISSING : formatBinary(grantedBytes)}${clamped ? ' !' : ''}</td>`,
  )}</tr>${LOSSES.map(
    ([who, lost]) =>
      html`<tr><th scope="row">${who}</th>${trials.map((trial) => cell(trial, lost(trial)))}</tr>`,
  )}</tbody></table></div><p class="note">The kernel grants twice what is asked, and no more than twice <code>rmem_max</code> (!). The smallest size from which on nothing was dropped is underlined.</p>`;
}

function sendSizes({ send }: BufferSweep): Markup | null {
  if (send.every(({ drops }) => (drops.sendBufferErrors ?? 0) === 0)) return null;
  return html`<h3>Send buffer</h3>${table(
    [
      { head: 'Asked for', number: true },
      { head: 'Granted', number: true },
      { head: 'Times it was full (SndbufErrors)', number: true },
    ],
    send.map(({ askedBytes, grantedBytes, drops }) => [
      number(askedBytes, formatBinary),
      number(grantedBytes, formatBinary),
      number(drops.sendBufferErrors, formatCount, (drops.sendBufferErrors ?? 0) > 0 ? 'warm' : undefined),
    ]),
  )}<p class="note">A full send buffer delays a program that waits and loses the packet of one that does not.</p>`;
}

function comparisons({ advice }: SweptBuffers): Markup {
  return table(
    [
      { head: 'Setting' },
      { head: 'A socket gets', number: true },
      { head: 'Of what is needed', number: true },
      { head: '' },
    ],
    advice.comparisons.map(({ name, source, grantedBytes, verdict, ratio }) => [
      { show: html`${name} <small>${source}</small>` },
      number(grantedBytes, formatBinary),
      number(ratio, (value) => (value === null ? MISSING : `${value.toFixed(value < 10 ? 1 : 0)} ×`)),
      verdict === 'enough'
        ? { show: html`<span class="outcome good">✓ enough</span>` }
        : verdict === 'too small'
          ? { show: html`<span class="outcome bad">✗ too small</span>` }
          : 'unknown',
    ]),
  );
}

function settings({ sysctl, sfuSettings }: SweptBuffers['advice'], isRemote: boolean): Markup {
  return html`<h3>Settings</h3>${
    sysctl.length === 0
      ? html`<p class="say">The kernel’s limits suffice.</p>`
      : table(
          [
            { head: 'sysctl' },
            { head: 'to', number: true },
            { head: 'now', number: true },
            ...(isRemote ? [{ head: 'on' }] : []),
          ],
          sysctl.map(({ name, value, current, host }) => [
            { show: html`<code>${name}</code>` },
            number(value, formatPlain),
            number(current, formatPlain),
            ...(isRemote ? [host === 'here' ? 'the sending host' : 'the receiving host'] : []),
          ]),
        )
  }${table(
    [{ head: 'SFU' }, { head: 'its own setting' }],
    sfuSettings.map(({ sfu, setting }) => [sfu, { show: html`<code>${setting}</code>` }]),
  )}`;
}

/** A number to paste. */
const formatPlain = (value: number | null) => (value === null ? MISSING : String(value));
