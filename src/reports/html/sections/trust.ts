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
${accounting(report)}${kernelDrops(report)}${warnings(report)}`;
  return {
    id: 'trust',
    title: 'Trust',
    about:
      'Whether the load generator itself was the limit, and whether bridges, participants and kernel counted the same packets.',
    body,
  };
}

function hostCharts({ host, generators, bridges }: RunReport, context: ChartContext): (Markup | null)[] {
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
            lines: [
              line('all sockets', host.tMs, host.udpReceiveBufferErrors, 2),
              ...bridges
                .filter(({ socketDrops }) => socketDrops.some((value) => value !== null && value > 0))
                .map((one, i) => line(one.id, one.tMs, one.socketDrops, i + 3)),
            ],
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

/** What the kernel dropped, row by row whose buffer was full; nothing to show is told in a sentence. */
function kernelDrops({ manifest: { kernelDrops: drops } }: RunReport): Markup | null {
  if (drops === undefined || drops === null) return null;
  const cells = ([where, count, counter]: readonly [string, number | null, string]) => [
    where,
    number(count, formatCount, count !== null && count > 0 ? 'warm' : undefined),
    { show: counter },
  ];
  const ownSocket = (socketDrops: number | null, relay: number | null) =>
    socketDrops === null ? null : socketDrops - (relay ?? 0);
  return html`<h3>Dropped by this host’s kernel over the steady window, by whose buffer was full</h3>${table(
    [{ head: 'Where' }, { head: 'Datagrams', number: true }, { head: 'Counter' }],
    [
      ...drops.bridges.flatMap(({ bridgeId, socketDrops, relaySocketDrops }) => [
        cells([
          `${bridgeId}: receive buffers towards participants`,
          ownSocket(socketDrops, relaySocketDrops),
          'drops of its sockets',
        ]),
        ...(relaySocketDrops === null
          ? []
          : [
              cells([
                `${bridgeId}: receive buffers between bridges`,
                relaySocketDrops,
                'drops of its sockets',
              ]),
            ]),
      ]),
      cells([
        'synthetic participants: receive buffers',
        drops.generatorSocketDrops,
        'drops of their sockets',
      ]),
      cells([
        'browsers and other programs: receive buffers',
        drops.otherSocketDrops,
        'RcvbufErrors less those above',
      ]),
      cells(['anybody: send buffers', drops.sendBufferErrors, 'SndbufErrors']),
      cells(['a CPU’s backlog, before any socket', drops.backlogDrops, 'softnet_stat']),
    ],
    'drops',
  )}<p class="note">A bridge’s drops are its own limit, the others’ are not the SFU’s. Larger receive buffers hold longer pauses: <code>rtc-bench tune udp-buffers</code> finds how large.</p>`;
}

function warnings({ warnings: list }: RunReport): Markup | null {
  return list.length === 0
    ? null
    : html`<h3>Warnings</h3><ul class="reasons">${list.map((text) => html`<li>${text}</li>`)}</ul>`;
}
