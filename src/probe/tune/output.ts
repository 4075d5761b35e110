import { formatBytes, formatCount, formatPercent } from '../output/format.ts';
import type { ReportSection } from '../output/report-section.ts';
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

/** The answer for a person. */
export function tuneTable({ burst, sweep, advice, applied, after, warnings }: TuneResult): string {
  const { sysctl } = advice;
  const blocks = [
    `Bursts: ${formatCount(burst.ratePps)} packets/s of ${burst.sizeBytes} bytes from ${burst.senders} senders, the receiver pauses ${burst.pauseMs} ms every ${burst.pauseEveryMs} ms`,
    sweepTable(after === null ? 'Receive buffer' : 'Receive buffer, before', sweep),
    ...(after === null ? [] : [sweepTable('Receive buffer, after', after)]),
    twoColumns([
      [
        'smallest without drops',
        sweep.smallestReceiveBytes === null
          ? 'none of those that this host allows'
          : formatBytes(sweep.smallestReceiveBytes),
      ],
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
          `  ${name.padEnd(48)} ${formatBytes(grantedBytes).padStart(9)}  ${verdict}${ratio === null ? '' : ` (${ratio.toFixed(ratio < 10 ? 1 : 0)} times what is needed)`}`,
      ),
    ].join('\n'),
    [
      'Kernel settings',
      ...(sysctl.length === 0
        ? ['  nothing to raise']
        : sysctl.map(
            ({ name, value, current }) =>
              `  ${name} = ${value}${current === null ? '' : `   # now ${current}`}`,
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

/** Loss over buffer size, before and after, for the report. */
export function tuneSection(result: TuneResult): ReportSection {
  const line = (label: string, { receive }: SweepResult): Line => ({
    label,
    points: receive.map(({ askedBytes, sentPackets, drops, lostPackets }): [number, number] => [
      askedBytes,
      sentPackets === 0 ? 0 : (drops.socketDrops ?? lostPackets) / sentPackets,
    ]),
  });
  const { sweep, after, advice } = result;
  return {
    title: 'UDP buffers',
    figures: [
      ['smallest receive buffer without drops', formatBytes(sweep.smallestReceiveBytes)],
      ['recommended', formatBytes(advice.recommendedBytes)],
      ['memory it can cost', formatBytes(advice.memoryBytes)],
      ...advice.sysctl.map(({ name, value }): [string, string] => [name, String(value)]),
    ],
    charts: [
      lineChart(
        'Dropped by the socket, by receive buffer asked for',
        [line(after === null ? 'sweep' : 'before', sweep), ...(after === null ? [] : [line('after', after)])],
        { xLabel: 'receive buffer', formatX: formatBytes, formatY: formatPercent, isLogX: true },
      ),
    ],
    warnings: [...sweep.notTested, ...result.warnings],
  };
}
