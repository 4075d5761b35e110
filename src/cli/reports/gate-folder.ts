import { resolve } from 'node:path';
import { ExitCode, usageError } from '../../errors.ts';
import { evaluateGates } from '../../gates/evaluate.ts';
import { parseGate } from '../../gates/expression.ts';
import { judge } from '../../gates/judge.ts';
import type { GateSpec, GateWindow } from '../../gates/types.ts';
import { writeCiOutputs } from '../../reports/ci/outputs.ts';
import { GateReporter } from '../../reports/console/gate-reporter.ts';
import { buildReport } from '../../reports/model/build.ts';
import { RunReader } from '../../results/reader.ts';
import type { GateResult, Manifest } from '../../results/records.ts';
import type { CliContext } from '../context.ts';

export interface GateFlags {
  gate: string[];
  window: string;
  junit?: string;
  markdown?: string;
  github?: boolean;
  json: boolean;
}

/** Judges a run from its folder, by its own gates or by those of the flags, and exits with the verdict. */
export async function gateFolder(dir: string, flags: GateFlags, context: CliContext): Promise<void> {
  const { system } = context;
  const specs = flags.gate.map((text) => specOf(text, windowOf(flags.window)));
  const reader = await RunReader.open(resolve(system.cwd, dir));
  const gates = specs.length === 0 ? reader.manifest.gates : await evaluate(specs, reader);
  const judged = judgeRun(reader.manifest, gates);
  const manifest: Manifest = {
    ...reader.manifest,
    gates,
    verdict: judged.verdict,
    exitCode: judged.exitCode,
  };
  const report = { ...(await buildReport(reader)), manifest };
  if (flags.json) {
    const { verdict, exitCode, because } = judged;
    system.stdout.write(`${JSON.stringify({ verdict, exitCode, because, gates }, null, 2)}\n`);
  } else system.stdout.write(new GateReporter(context.paint(system.stdout)).render(report));
  await writeCiOutputs(report, flags, system);
  context.exit(judged.exitCode);
}

/** A run that did not end says nothing for or against; its own exit code (130, 3) was that of the run, not ours. */
function judgeRun(manifest: Manifest, gates: readonly GateResult[]) {
  const status = manifest.status === 'running' ? 'interrupted' : manifest.status;
  return judge({ gates, trust: manifest.trust, status, endedWith: ExitCode.inconclusive });
}

async function evaluate(specs: readonly GateSpec[], reader: RunReader): Promise<GateResult[]> {
  const rooms = new Set(specs.flatMap((spec) => spec.labels.room ?? []));
  return evaluateGates(specs, await reader.loadDistributions(rooms.size === 0 ? {} : { rooms }));
}

function windowOf(name: string): GateWindow {
  return name === 'steady' || name === 'all' ? name : { stage: name };
}

function specOf(text: string, window: GateWindow): GateSpec {
  const parsed = parseGate(text);
  if (parsed.ok)
    return { ...parsed.gate, level: 'error', minSamples: null, window, line: null, column: null };
  const { offset, length, message, hint } = parsed.problem;
  throw usageError(
    'RTCB_GATE_INVALID',
    `${message}\n  ${text}\n  ${' '.repeat(offset)}${'^'.repeat(length)}`,
    hint,
  );
}
