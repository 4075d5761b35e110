import type { GateResult, Manifest } from '../results/records.ts';
import { formatDuration } from './format.ts';
import type { RunReport } from './model/types.ts';

export type Tone = 'good' | 'bad' | 'unsure';

export interface Headline {
  tone: Tone;
  /** `PASS`, `FAIL` or `INCONCLUSIVE`. */
  word: string;
  /** Why, in one sentence. */
  reason: string;
}

const SYMBOLS: Record<GateResult['outcome'], string> = { passed: '✓', failed: '✗', inconclusive: '?' };

export function gateSymbol(gate: Pick<GateResult, 'outcome'>): string {
  return SYMBOLS[gate.outcome];
}

/** The verdict and the one thing that explains it best. */
export function headline(report: Pick<RunReport, 'manifest' | 'died' | 'durationMs'>): Headline {
  const { manifest } = report;
  if (manifest.verdict === 'fail') return { tone: 'bad', word: 'FAIL', reason: failReason(manifest) };
  if (manifest.verdict === 'pass') return { tone: 'good', word: 'PASS', reason: passReason(manifest) };
  return { tone: 'unsure', word: 'INCONCLUSIVE', reason: unsureReason(manifest) };
}

function failReason({ gates }: Manifest): string {
  const failed = gates.filter((gate) => gate.outcome === 'failed' && gate.level === 'error');
  const [first] = failed;
  if (first === undefined) return 'The run did not meet what was asked of it.';
  return failed.length === 1
    ? `The gate ${first.expression} failed.`
    : `${failed.length} of ${gates.length} gates failed.`;
}

function passReason({ gates, participants }: Manifest): string {
  if (gates.length === 0)
    return `${participants.joined} of ${participants.planned} participants joined; no gates were set.`;
  const warned = gates.filter((gate) => gate.outcome !== 'passed').length;
  const all =
    gates.length === 1
      ? 'The gate passed'
      : gates.length === 2
        ? 'Both gates passed'
        : `All ${gates.length} gates passed`;
  return warned === 0 ? `${all}.` : `Every gate that counts passed; ${warned} that only warns did not.`;
}

function unsureReason({ status, statusReason, trust, gates, verdict }: Manifest): string {
  if (status === 'running') return 'The run is not over.';
  if (status !== 'completed')
    return `The run ${status === 'failed' ? 'failed' : `was ${status}`}${statusReason === null ? '' : `: ${statusReason}`}.`;
  if (trust?.verdict === 'saturated')
    return `${saturationIn(trust)}: ${trust.reasons[0]?.message ?? 'no reason was told'}.`;
  const unsure = gates.find((gate) => gate.outcome === 'inconclusive');
  if (unsure !== undefined)
    return `The gate ${unsure.expression} could not be judged${unsure.note === null ? '' : `: ${unsure.note}`}.`;
  return verdict === null ? 'The run was not judged.' : 'There were too few samples to judge.';
}

/** A generator that kept up but was read too seldom, or lost a part of itself, was no bottleneck. */
const NO_BOTTLENECK = ['too-few-samples', 'engine-lost'];

function saturationIn({ reasons }: NonNullable<Manifest['trust']>): string {
  return NO_BOTTLENECK.includes(reasons[0]?.code ?? '')
    ? 'There is no ground for a verdict'
    : 'The load generator was the bottleneck, so the numbers say nothing about the bridges';
}

/** `quickstart · 1 min 30 s · mediasoup · 40 of 40 joined` as parts. */
export function facts({ manifest, durationMs }: Pick<RunReport, 'manifest' | 'durationMs'>): string[] {
  const { participants, bridges, target } = manifest;
  return [
    formatDuration(durationMs),
    `${bridges.length} ${bridges.length === 1 ? 'bridge' : 'bridges'} (${target.kind})`,
    `${participants.joined} of ${participants.planned} participants joined`,
  ];
}
