import type { ChalkInstance } from 'chalk';
import { TARGET_STRESS } from '../../capacity/stress.ts';
import { safeText } from '../../system/safe-text.ts';
import {
  formatCommand,
  formatCount,
  formatDuration,
  formatMetric,
  formatRatio,
  formatStress,
} from '../format.ts';
import { title, wholes } from '../metric-titles.ts';
import type { RunReport } from '../model/types.ts';
import type { Reporter } from '../reporter.ts';
import { gateLines, verdictLines } from './gates.ts';
import { headroomLines } from './headroom.ts';
import { pairLines } from './pairs.ts';
import { table } from './table.ts';

export interface ConsoleReporterOptions {
  paint: ChalkInstance;
  /** Files to name at the end, in order; the report first. */
  files: readonly string[];
  /** What to run next. */
  next: readonly string[];
}

/** The answer in the terminal: verdict first, then gates, bridges, quality, trust, files, next command. */
export class ConsoleReporter implements Reporter {
  readonly #paint: ChalkInstance;
  readonly #files: readonly string[];
  readonly #next: readonly string[];

  constructor(options: ConsoleReporterOptions) {
    this.#paint = options.paint;
    this.#files = options.files;
    this.#next = options.next;
  }

  render(report: RunReport): string {
    const parts = [
      verdictLines(report, this.#paint),
      this.#gates(report),
      this.#bridges(report),
      this.#headroom(report),
      this.#quality(report),
      this.#pairs(report),
      this.#accounting(report),
      this.#trust(report),
      this.#warnings(report),
      this.#list('Files', this.#files),
      this.#list('Next', this.#next),
    ];
    return `\n${parts.filter((part) => part !== '').join('\n\n')}\n`;
  }

  #gates({ manifest }: RunReport): string {
    const lines = gateLines(manifest.gates, this.#paint);
    return lines === '' ? '' : this.#section('Gates', lines);
  }

  #bridges({ manifest, window }: RunReport): string {
    if (manifest.bridges.length === 0) return '';
    const paint = this.#paint;
    const head = ['bridge', 'stress', 'p95', 'max', 'packets/s', 'max', 'relay', 'of at most', 'CPU', ''].map(
      (cell) => paint.dim(cell),
    );
    const rows = manifest.bridges.map((bridge) => [
      safeText(bridge.id),
      this.#stress(bridge.stress.mean),
      this.#stress(bridge.stress.p95),
      this.#stress(bridge.stress.max),
      formatCount(bridge.packetRatePps.mean),
      formatCount(bridge.packetRatePps.max),
      formatCount(bridge.relayPacketRatePps.mean),
      formatCount(bridge.maxPacketRatePps),
      formatRatio(bridge.cpuRatio.mean),
      bridge.diedAtMs === null ? '' : paint.red(`died at ${formatDuration(bridge.diedAtMs)}`),
    ]);
    const title = window === 'steady' ? 'Bridges, mean over the steady window' : 'Bridges (no steady window)';
    return this.#section(title, table(head, rows, ['left', ...Array(8).fill('right'), 'left']));
  }

  #headroom(report: RunReport): string {
    const lines = headroomLines(report, this.#paint);
    return lines === '' ? '' : this.#section(`Headroom, until a bridge's stress is ${TARGET_STRESS}`, lines);
  }

  #stress(value: number | null): string {
    const text = formatStress(value);
    if (value === null) return text;
    if (value >= 1) return this.#paint.red(text);
    return value >= 0.8 ? this.#paint.yellow(text) : text;
  }

  #quality({ percentiles }: RunReport): string {
    const whole = wholes(percentiles);
    if (whole.length === 0) return '';
    const head = ['', 'p50', 'p95', 'p99', 'max', 'mean', 'samples'].map((cell) => this.#paint.dim(cell));
    const rows = whole.map((row) => [
      safeText(title(row)),
      ...[row.p50, row.p95, row.p99, row.max, row.mean].map((value) => formatMetric(value, row.unit)),
      this.#paint.dim(formatCount(row.samples)),
    ]);
    return this.#section('Quality', table(head, rows, ['left', ...Array(6).fill('right')]));
  }

  #pairs(report: RunReport): string {
    const lines = pairLines(report, this.#paint);
    return lines === '' ? '' : this.#section('Who received whom', lines);
  }

  #accounting({ manifest: { accounting } }: RunReport): string {
    if (accounting === null) return '';
    const rows = [
      [
        'up',
        `bridges ${formatCount(accounting.bridgesIn)}`,
        `participants ${formatCount(accounting.participantsSent)}`,
        this.#difference(accounting.differenceUpRatio),
      ],
      [
        'down',
        `bridges ${formatCount(accounting.bridgesOut)}`,
        `participants ${formatCount(accounting.participantsReceived)}`,
        this.#difference(accounting.differenceDownRatio),
      ],
    ];
    if (accounting.kernelDatagramsOut !== null)
      rows.push([
        'all',
        'counted, with relay and control',
        `kernel ${formatCount(accounting.kernelDatagramsOut)}`,
        this.#difference(accounting.kernelDifferenceRatio),
      ]);
    return this.#section('Packets, counted at both ends', table([], rows, ['left', 'left', 'left', 'right']));
  }

  #difference(ratio: number | null): string {
    const text = `${formatRatio(ratio)} apart`;
    return ratio !== null && Math.abs(ratio) > 0.03 ? this.#paint.yellow(text) : this.#paint.dim(text);
  }

  #trust({ manifest: { trust } }: RunReport): string {
    if (trust === null) return '';
    const paint = this.#paint;
    const words = {
      trusted: paint.green('The load generator kept up: the numbers can be trusted.'),
      suspect: paint.yellow('The load generator was under strain:'),
      saturated: paint.red('The numbers cannot be trusted:'),
    };
    const reasons = trust.reasons.map((reason) => `  · ${safeText(reason.message)}`);
    return this.#section('Trust', [`  ${words[trust.verdict]}`, ...reasons].join('\n'));
  }

  #warnings({ warnings, failures }: RunReport): string {
    const lines = [
      ...failures.slice(0, 5).map(({ reason, count }) => `${formatCount(count)} × join failed: ${reason}`),
      ...warnings,
    ];
    if (lines.length === 0) return '';
    return this.#section(
      'Warnings',
      lines.map((line) => `  ${this.#paint.yellow('!')} ${safeText(line)}`).join('\n'),
    );
  }

  #list(title: string, lines: readonly string[]): string {
    return lines.length === 0
      ? ''
      : this.#section(title, lines.map((line) => `  ${safeText(line)}`).join('\n'));
  }

  #section(title: string, body: string): string {
    return `${this.#paint.bold(title)}\n${body}`;
  }
}

/** What to run next after a run was told. */
export function nextCommands({ manifest }: RunReport, dir: string): string[] {
  const again = formatCommand(manifest.command);
  if (manifest.verdict === 'pass') return [`rtc-bench compare ${dir} OTHER_RUN   see what changed`];
  if (manifest.trust?.verdict === 'saturated') return ['rtc-bench doctor   see what this host lacks', again];
  return manifest.verdict === 'fail'
    ? [`rtc-bench gate ${dir} --gate '…'   try other gates on the same run`, again]
    : [again];
}
