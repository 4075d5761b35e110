import { formatCount, formatRatio } from '../../format.ts';
import type { RunReport, Values } from '../../model/types.ts';
import { type ChartContext, chart } from '../chart/chart.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { number, table } from '../table.ts';

const WORDS = {
  trusted: [
    'good',
    '✓ trusted',
    'The load generator kept up with its schedule, so the numbers tell of the bridges.',
  ],
  suspect: [
    'unsure',
    '! suspect',
    'The load generator was under strain at times; read the numbers with that in mind.',
  ],
  saturated: [
    'bad',
    '✗ saturated',
    'The numbers cannot be trusted: they tell of the load generator as much as of the bridges.',
  ],
} as const;

/** Can these numbers be believed? The generator's own measurements, and packets counted at every place. */
export function trustSection(report: RunReport, context: ChartContext): Section {
  const { trust } = report.manifest;
  const [tone, word, sentence] =
    trust === null
      ? (['unsure', '? not judged', 'The run left no judgement of its generator.'] as const)
      : WORDS[trust.verdict];
  const body = html`<p class="say"><span class="outcome ${tone}">${word}</span>. ${sentence}</p>
${
  trust === null || trust.reasons.length === 0
    ? null
    : html`<ul class="reasons">${trust.reasons.map((reason) => html`<li>${reason.message}</li>`)}</ul>`
}
<h3>Load generator and its host</h3>
<div class="charts">${hostCharts(report, context)}</div>
${accounting(report)}${warnings(report)}`;
  return {
    id: 'trust',
    title: 'Trust',
    about:
      'Whether the load generator itself was the limit, and whether bridges, participants and kernel counted the same packets.',
    body,
  };
}

function hostCharts({ host, generators }: RunReport, context: ChartContext): (Markup | null)[] {
  const line = (name: string, tMs: readonly number[], values: Values, style: number) => ({
    name,
    tMs,
    values,
    style,
  });
  return [
    chart(
      {
        id: 'c-cpu-host',
        title: 'CPU',
        axis: 'share of all cores',
        unit: 'share',
        lines: [
          line('host', host.tMs, host.cpuRatio, 1),
          ...generators.map((one, i) => line(`generator: ${one.engine}`, one.tMs, one.cpuRatio, i + 2)),
          // Nothing stolen is not worth a line.
          ...(host.stealRatio.some((value) => value !== null && value > 0.005)
            ? [line('stolen by the hypervisor', host.tMs, host.stealRatio, 8)]
            : []),
        ],
      },
      context,
    ),
    chart(
      {
        id: 'c-loop',
        title: 'Event-loop delay',
        axis: 'milliseconds, longest in the interval',
        unit: 'ms',
        lines: generators.map((one, i) => line(one.engine, one.tMs, one.eventLoopDelayMaxMs, i + 1)),
      },
      context,
    ),
    chart(
      {
        id: 'c-late',
        title: 'Packets sent late',
        axis: 'share of packets over 20 ms late',
        unit: 'share',
        lines: generators.map((one, i) => line(one.engine, one.tMs, one.lateSendRatio, i + 1)),
      },
      context,
    ),
    host.udpReceiveBufferErrors.some((value) => value !== null && value > 0)
      ? chart(
          {
            id: 'c-drops',
            title: 'UDP datagrams dropped by the host',
            axis: 'count in the interval, receive buffer full',
            unit: 'count',
            lines: [line('receive buffer errors', host.tMs, host.udpReceiveBufferErrors, 2)],
          },
          context,
        )
      : null,
  ];
}

function accounting({ manifest: { accounting: account } }: RunReport): Markup | null {
  if (account === null) return null;
  const rows = [
    ['Participants to bridges', account.bridgesIn, account.participantsSent, account.differenceUpRatio],
    [
      'Bridges to participants',
      account.bridgesOut,
      account.participantsReceived,
      account.differenceDownRatio,
    ],
  ] as const;
  const kernel =
    account.kernelDatagramsOut === null
      ? null
      : ([
          'All, with relay and control',
          account.bridgesIn + account.bridgesOut + account.relayPackets + (account.controlDatagrams ?? 0),
          account.kernelDatagramsOut,
          account.kernelDifferenceRatio,
        ] as const);
  const cells = (row: readonly [string, number, number | null, number | null], other: string) => [
    row[0],
    number(row[1], formatCount),
    number(row[2], formatCount),
    { show: other },
    number(row[3], formatRatio, row[3] !== null && Math.abs(row[3]) > 0.03 ? 'warm' : undefined),
  ];
  return html`<h3>Packets, counted at every place over the steady window</h3>${table(
    [
      { head: 'Path' },
      { head: 'Bridges’ own counters', number: true },
      { head: 'Counted elsewhere', number: true },
      { head: 'by' },
      { head: 'Difference', number: true },
    ],
    [
      ...rows.map((row) => cells(row, 'participants')),
      ...(kernel === null ? [] : [cells(kernel, 'kernel (datagrams sent)')]),
    ],
    'accounting',
  )}<p class="note">Relay between bridges: ${formatCount(account.relayPackets)} packets. Control datagrams (ICE, DTLS, RTCP): ${formatCount(account.controlDatagrams)}. Packets in flight at the window’s ends and lost ones make small differences.</p>`;
}

function warnings({ warnings: list }: RunReport): Markup | null {
  return list.length === 0
    ? null
    : html`<h3>Warnings</h3><ul class="reasons">${list.map((text) => html`<li>${text}</li>`)}</ul>`;
}
