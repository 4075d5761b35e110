import { safeText } from '../../system/safe-text.ts';
import { formatBytes, formatCount, formatPercent } from '../output/format.ts';
import { type Line, lineChart } from '../output/svg.ts';
import { twoColumns } from '../output/table.ts';
import type { SizeTrial, SweepResult, TuneResult } from './types.ts';

export function trialText(side: 'receive' | 'send', trial: SizeTrial): string {
  const { drops } = trial;
  const dropped = side === 'receive' ? drops.socketDrops : drops.sendBufferErrors;
  return `  ${side.padEnd(8)} ${askedText(trial.askedBytes)}  granted ${formatBytes(trial.grantedBytes).padStart(9)}  dropped ${formatCount(dropped).padStart(8)}  loss ${formatPercent(trial.lossRatio)}`;
}

/** Nothing was asked: the kernel's default. */
const askedText = (bytes: number) => (bytes === 0 ? 'default' : formatBytes(bytes)).padStart(9);

function sweepTable(title: string, { unasked, receive }: SweepResult): string {
  const rows = [unasked, ...receive].map(
    ({ askedBytes, grantedBytes, drops, lossRatio, passed, clamped }) =>
      `  ${askedText(askedBytes)} ${formatBytes(grantedBytes).padStart(9)} ${formatCount(drops.socketDrops).padStart(9)} ${formatCount(drops.receiveBufferErrors).padStart(9)} ${formatCount(drops.backlogDrops).padStart(8)} ${formatCount(drops.networkLost).padStart(8)} ${formatPercent(lossRatio).padStart(8)}  ${passed ? 'ok' : 'drops'}${clamped ? ' (clamped)' : ''}`,
  );
  const header = `  ${'asked'.padStart(9)} ${'granted'.padStart(9)} ${'socket'.padStart(9)} ${'RcvbufErr'.padStart(9)} ${'backlog'.padStart(8)} ${'network'.padStart(8)} ${'loss'.padStart(8)}`;
  return [title, header, ...rows].join('\n');
}

/** Only where it had something to show: on loopback a send buffer never fills. */
function sendTable({ send }: SweepResult): string[] {
  if (send.every(({ drops }) => (drops.sendBufferErrors ?? 0) === 0)) return [];
  const rows = send.map(
    ({ askedBytes, grantedBytes, drops }) =>
      `  ${askedText(askedBytes)} ${formatBytes(grantedBytes).padStart(9)} ${formatCount(drops.sendBufferErrors).padStart(10)}`,
  );
  return [
    [
      'Send buffer',
      `  ${'asked'.padStart(9)} ${'granted'.padStart(9)} ${'SndbufErr'.padStart(10)}`,
      ...rows,
    ].join('\n'),
  ];
}

/** The answer for a person. */
export function tuneTable({ burst, server, sweep, advice, applied, after, warnings }: TuneResult): string {
  const { sysctl } = advice;
  const nameColumns = Math.max(...advice.comparisons.map(({ name }) => name.length));
  const blocks = [
    `Bursts: ${formatCount(burst.ratePps)} packets/s of ${burst.sizeBytes} bytes from ${burst.senders} senders, the receiver${server === null ? '' : ` at ${safeText(server.host)}:${server.port}`} pauses ${burst.pauseMs} ms every ${burst.pauseEveryMs} ms`,
    sweepTable(after === null ? 'Receive buffer' : 'Receive buffer, before', sweep),
    ...(after === null ? [] : [sweepTable('Receive buffer, after', after)]),
    ...sendTable(after ?? sweep),
    twoColumns([
      [
        'smallest without drops',
        sweep.smallestReceiveBytes === null
          ? 'none of those that this host allows'
          : formatBytes(sweep.smallestReceiveBytes),
      ],
      ...(after === null
        ? []
        : [
            [
              'after',
              after.smallestReceiveBytes === null ? 'none' : formatBytes(after.smallestReceiveBytes),
            ] as const,
          ]),
      [
        'recommended',
        `${formatBytes(advice.recommendedBytes)} asked for${advice.isEstimate ? ' (an estimate: no size that could be tried held)' : `, with a margin of ${advice.marginRatio}`}`,
      ],
      [
        'memory it can cost',
        `${formatBytes(advice.memoryBytes)} for ${advice.sockets} socket(s) that are full`,
      ],
    ]),
    [
      'Beside what others set',
      ...advice.comparisons.map(
        ({ name, grantedBytes, verdict, ratio }) =>
          `  ${name.padEnd(nameColumns)} ${formatBytes(grantedBytes).padStart(9)}  ${verdict}${ratio === null ? '' : ` (${ratio.toFixed(ratio < 10 ? 1 : 0)} times what is needed)`}`,
      ),
    ].join('\n'),
    [
      'Kernel settings',
      ...(sysctl.length === 0
        ? ['  nothing to raise']
        : sysctl.map(
            ({ name, value, current, host }) =>
              `  ${name} = ${value}${current === null ? '' : `   # now ${current}`}${server === null ? '' : host === 'here' ? ', on this host' : ', on the other host'}`,
          )),
    ].join('\n'),
    ["The SFU's own setting", ...advice.sfuSettings.map(({ sfu, setting }) => `  ${sfu}: ${setting}`)].join(
      '\n',
    ),
    ...(sweep.notTested.length === 0
      ? []
      : [['Not tested', ...sweep.notTested.map((text) => `  ${text}`)].join('\n')]),
    ...(applied === null ? [] : [`Applied: ${applied.dropIn}; --revert restores what was before`]),
    ...warnings.map((warning) => `! ${warning}`),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** Loss over buffer size, at the socket and between the hosts, before and after. */
export function tuneChart({ sweep, after }: TuneResult): string {
  const line = (label: string, { receive }: SweepResult, of: (trial: SizeTrial) => number | null): Line => ({
    label,
    points: receive.flatMap((trial): [number, number][] => {
      const lost = of(trial);
      return lost === null || trial.sentPackets === 0 ? [] : [[trial.askedBytes, lost / trial.sentPackets]];
    }),
  });
  const bySocket = ({ drops, lostPackets }: SizeTrial) => drops.socketDrops ?? lostPackets;
  return lineChart(
    'Lost, by receive buffer asked for',
    [
      line(after === null ? 'full buffer' : 'full buffer, before', sweep, bySocket),
      ...(after === null ? [] : [line('full buffer, after', after, bySocket)]),
      ...((sweep.networkLossRatio ?? 0) > 0
        ? [line('network', sweep, ({ drops }) => drops.networkLost)]
        : []),
    ],
    { xLabel: 'receive buffer', formatX: formatBytes, formatY: formatPercent, isLogX: true },
  );
}
