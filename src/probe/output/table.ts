import { safeText } from '../../system/safe-text.ts';
import type { FindMaxTrial, ProbeInterval, ProbeResult } from '../types.ts';
import {
  formatBitrate,
  formatBytes,
  formatCount,
  formatMs,
  formatPacketRate,
  formatPercent,
} from './format.ts';

/** Rows of two columns, aligned. */
export function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** One line a second while it runs. */
export function intervalLine(interval: ProbeInterval): string {
  const until = (interval.endMs / 1000).toFixed(1).padStart(5);
  const parts = [
    formatPacketRate(interval.packetRatePps ?? interval.offeredPacketRatePps),
    formatBitrate(interval.throughputBps ?? interval.offeredBitrateBps),
    `loss ${formatPercent(interval.lossRatio)}`,
    `jitter ${formatMs(interval.jitterMs)}`,
  ];
  return `${until} s  ${parts.join('   ')}`;
}

export function trialLine(trial: FindMaxTrial): string {
  const verdict = trial.passed ? 'pass' : `fail (${trial.reason})`;
  return `  #${trial.repetition} offered ${formatPacketRate(trial.offeredPacketRatePps)}, delivered ${formatPacketRate(trial.deliveredPacketRatePps)}, loss ${formatPercent(trial.lossRatio)}: ${verdict}`;
}

/** The answer as a table for a person. */
export function resultTable(result: ProbeResult): string {
  const { total, settings, cpu, drops, findMax } = result;
  const where =
    result.server === null
      ? result.mode === 'local'
        ? 'both ends on this host'
        : 'file'
      : `${result.server.host}:${result.server.port}`;
  const rows: [string, string][] = [
    ['path', `${safeText(where)}, ${result.prober} ${safeText(result.proberVersion)}`],
    [
      'traffic',
      `${settings.shape}, ${settings.sizeBytes === null ? 'mixed sizes' : `${settings.sizeBytes} bytes`}, ${settings.flows ?? '?'} flow(s), ${settings.offeredPacketRatePps === null ? 'as fast as it can' : formatPacketRate(settings.offeredPacketRatePps)}`,
    ],
    [
      'offered',
      `${formatBitrate(total.offeredBitrateBps)}   ${formatPacketRate(total.offeredPacketRatePps)}`,
    ],
    ['throughput', `${formatBitrate(total.throughputBps)}   ${formatPacketRate(total.packetRatePps)}`],
    ['with IP/UDP headers', formatBitrate(result.ipBitrateBps)],
    [
      'loss',
      `${formatPercent(total.lossRatio)}   ${formatCount(total.lostPackets)} of ${formatCount(total.lostPackets === null ? null : total.lostPackets + (total.receivedPackets ?? 0))}`,
    ],
    ['jitter (RFC 3550)', formatMs(total.jitterMs)],
    ['out of order', formatCount(total.outOfOrderPackets)],
    ['duplicates', formatCount(total.duplicatePackets)],
    [
      'CPU of one core',
      `sender ${formatPercent(cpu.senderRatio)}, receiver ${formatPercent(cpu.receiverRatio)}`,
    ],
    [
      'buffers granted',
      `receive ${formatBytes(result.granted.receiveBufferBytes)}, send ${formatBytes(result.granted.sendBufferBytes)}`,
    ],
  ];
  if (drops !== null)
    rows.push([
      'where it was lost',
      `socket buffer ${formatCount(drops.socketDrops)}, CPU backlog ${formatCount(drops.backlogDrops)}, network ${formatCount(drops.networkLost)}`,
    ]);
  if (result.reverse !== null)
    rows.push([
      'other direction',
      `${formatBitrate(result.reverse.throughputBps)}, loss ${formatPercent(result.reverse.lossRatio)}, jitter ${formatMs(result.reverse.jitterMs)}`,
    ]);
  if (findMax !== null)
    rows.push([
      'maximum',
      `${formatPacketRate(findMax.maxPacketRatePps)}   ${formatBitrate(findMax.maxThroughputBps)} (${findMax.repetitions} repetitions, spread ${formatPercent(findMax.spreadRatio)}, loss within ${formatPercent(findMax.lossBoundRatio)})`,
    ]);
  rows.push([
    'estimated sessions',
    `${formatCount(result.estimatedSessions)}   at ${formatBitrate(result.sessionBitrateBps)} each`,
  ]);
  const warnings = result.warnings.map((warning) => `  ! ${safeText(warning)}`);
  return `${[twoColumns(rows), ...warnings].join('\n')}\n`;
}
