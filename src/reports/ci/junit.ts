import type { GateResult } from '../../results/records.ts';
import { formatNumber } from '../format.ts';
import type { RunReport } from '../model/types.ts';
import type { Reporter } from '../reporter.ts';
import { headline } from '../verdict.ts';

/**
 * JUnit XML as CI systems read it: a test a gate, one for the run itself and one for the trust in it. A gate that
 * could not be judged is an error, not a skip: no data must never look green. One that only warns is told as
 * output of a test that passed.
 */
export class JUnitReporter implements Reporter {
  render(report: RunReport): string {
    const { manifest, durationMs } = report;
    const seconds = (durationMs / 1000).toFixed(3);
    const cases = [runCase(report, seconds), trustCase(report), ...manifest.gates.map(gateCase)].filter(
      (text) => text !== '',
    );
    const count = (tag: string) => cases.filter((text) => text.includes(`<${tag} `)).length;
    const name = escapeXml(manifest.scenario.name);
    const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="0" time="${seconds}"`;
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites name="rtc-bench" ${totals}>`,
      `  <testsuite name="${name}" ${totals} timestamp="${escapeXml(manifest.startedAt)}">`,
      ...cases,
      '  </testsuite>',
      '</testsuites>',
      '',
    ].join('\n');
  }
}

function testCase(classname: string, name: string, body: string, seconds = '0'): string {
  const attributes = `classname="${escapeXml(classname)}" name="${escapeXml(name)}" time="${seconds}"`;
  return body === ''
    ? `    <testcase ${attributes}/>`
    : `    <testcase ${attributes}>\n      ${body}\n    </testcase>`;
}

function problem(tag: 'failure' | 'error', message: string): string {
  return `<${tag} message="${escapeXml(message)}">${escapeXml(message)}</${tag}>`;
}

function runCase(report: RunReport, seconds: string): string {
  const { status } = report.manifest;
  const body = status === 'completed' ? '' : problem('error', headline(report).reason);
  return testCase('rtc-bench.run', 'run completed', body, seconds);
}

function trustCase({ manifest: { trust } }: RunReport): string {
  if (trust === null) return '';
  const reasons = trust.reasons.map((reason) => reason.message).join('; ');
  if (trust.verdict === 'saturated')
    return testCase('rtc-bench.trust', 'generator kept up', problem('error', reasons));
  const note = trust.verdict === 'suspect' ? `<system-out>${escapeXml(reasons)}</system-out>` : '';
  return testCase('rtc-bench.trust', 'generator kept up', note);
}

function gateCase(gate: GateResult): string {
  const value = `value ${formatNumber(gate.value)} from ${gate.samples} samples${gate.note === null ? '' : `; ${gate.note}`}`;
  const message = `${gate.expression}: ${gate.outcome}, ${value}`;
  const classname = 'rtc-bench.gates';
  if (gate.outcome === 'passed' || gate.level === 'warn')
    return testCase(classname, gate.expression, `<system-out>${escapeXml(message)}</system-out>`);
  return testCase(
    classname,
    gate.expression,
    problem(gate.outcome === 'failed' ? 'failure' : 'error', message),
  );
}

/** Escapes text and drops what XML 1.0 cannot hold at all (section 2.2), lone surrogates included. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\t', '&#9;');
}
