import type { GateResult } from '../../results/records.ts';
import { formatCount, formatMetric, formatNumber, formatRatio, formatStress } from '../format.ts';
import { escapeMarkdown, markdownCode, markdownTable } from '../markdown.ts';
import { title, wholes } from '../metric-titles.ts';
import type { Pairs, RunReport } from '../model/types.ts';
import { PAIR_COLUMNS, pairRows } from '../pair-words.ts';
import type { Reporter } from '../reporter.ts';
import { facts, gateSymbol, headline } from '../verdict.ts';

/** Annotations of GitHub Actions: workflow commands on stdout, one a gate that did not pass. */
export class GithubAnnotationsReporter implements Reporter {
  render(report: RunReport): string {
    const lines = report.manifest.gates
      .filter((gate) => gate.outcome !== 'passed')
      .map((gate) => annotation(gate, report.manifest.scenario.path ?? undefined));
    const { tone, reason } = headline(report);
    if (tone === 'unsure') lines.push(command('warning', reason, { title: 'rtc-bench: inconclusive' }));
    return lines.map((line) => `${line}\n`).join('');
  }
}

function annotation(gate: GateResult, scenarioPath: string | undefined): string {
  const { line = 1, column = 1 } = gate;
  const place: Record<string, string> =
    scenarioPath === undefined ? {} : { file: scenarioPath, line: String(line), col: String(column) };
  const text = `${gate.expression} ${gate.outcome}: value ${formatNumber(gate.value)} from ${gate.samples} samples`;
  const level = gate.outcome === 'failed' && gate.level === 'error' ? 'error' : 'warning';
  return command(level, text, { title: `rtc-bench: gate ${gate.outcome}`, ...place });
}

function command(level: 'error' | 'warning', text: string, properties: Record<string, string>): string {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  return `::${level} ${list.join(',')}::${escapeData(text)}`;
}

/** As the toolkit of GitHub Actions does (`packages/core/src/command.ts`): a line break would end the command. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** The summary of a CI job, in Markdown: for GITHUB_STEP_SUMMARY or a comment on a change. */
export class MarkdownReporter implements Reporter {
  render(report: RunReport): string {
    const { manifest } = report;
    const { word, reason } = headline(report);
    const sections = [
      `## ${word}: ${escapeMarkdown(manifest.scenario.name)}`,
      `${escapeMarkdown(reason)}\n\n${facts(report).map(escapeMarkdown).join(' · ')}`,
    ];
    if (manifest.gates.length > 0)
      sections.push(
        markdownTable(
          ['', 'Gate', 'Value', 'Samples', 'Note'],
          manifest.gates.map((gate) => [
            gateSymbol(gate),
            markdownCode(gate.expression),
            formatNumber(gate.value),
            formatCount(gate.samples),
            escapeMarkdown(gate.note ?? ''),
          ]),
        ),
      );
    if (manifest.bridges.length > 0)
      sections.push(
        markdownTable(
          ['Bridge', 'Stress mean', 'p95', 'max', 'Packets/s', 'At most', 'CPU'],
          manifest.bridges.map(({ id, stress, packetRatePps, maxPacketRatePps, cpuRatio }) => [
            markdownCode(id),
            formatStress(stress.mean),
            formatStress(stress.p95),
            formatStress(stress.max),
            formatCount(packetRatePps.mean),
            formatCount(maxPacketRatePps),
            formatRatio(cpuRatio.mean),
          ]),
        ),
      );
    const quality = wholes(report.percentiles);
    if (quality.length > 0)
      sections.push(
        markdownTable(
          ['Quality', 'p50', 'p95', 'p99', 'max'],
          quality.map((row) => [
            escapeMarkdown(title(row)),
            ...[row.p50, row.p95, row.p99, row.max].map((value) => formatMetric(value, row.unit)),
          ]),
        ),
      );
    if (report.pairs !== null) sections.push(pairTable(report.pairs));
    const notes = [...(manifest.trust?.reasons.map((one) => one.message) ?? []), ...report.warnings];
    if (notes.length > 0) sections.push(notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n'));
    return `${sections.join('\n\n')}\n`;
  }
}

/** The matrix, a line a cell, with what each kind of endpoint does not report below it. */
function pairTable({ cells, notReported }: Pairs): string {
  const matrix = markdownTable(
    PAIR_COLUMNS,
    pairRows(cells).map((row) => row.map(escapeMarkdown)),
  );
  const silent = notReported.map(
    ({ kind, notReported: names }) =>
      `- Not reported by ${escapeMarkdown(kind)}: ${escapeMarkdown(names.join('; '))}`,
  );
  return [matrix, ...(silent.length === 0 ? [] : [silent.join('\n')])].join('\n\n');
}
