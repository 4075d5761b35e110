import { usageError } from '../../errors.ts';
import { withImpliedGates } from '../../gates/implied.ts';
import { planRun } from '../../scenario/plan.ts';
import { planCalibration } from '../calibrate/outlook.ts';
import type { CliContext } from '../context.ts';
import { readScenarioFile } from '../scenario-file.ts';
import { renderPlan } from './render-plan.ts';

export interface PlanFlags {
  seed?: string;
  json?: boolean;
}

/** Prints what a run of the file would do. Starts nothing. */
export async function planScenarioFile(file: string, flags: PlanFlags, context: CliContext): Promise<void> {
  const { system } = context;
  const loaded = await readScenarioFile(file, system.cwd);
  const { scenario, maxPacketRatePps, maxPacketRateSource } = loaded;
  const plan = planRun(scenario, flags.seed === undefined ? scenario.seed : parseSeed(flags.seed));
  if (flags.json === true) {
    const document = {
      schemaVersion: 1,
      ...plan,
      maxPacketRatePps,
      maxPacketRateSource,
      calibration: planCalibration(scenario),
    };
    system.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const gates = withImpliedGates(scenario.gates).map((gate) =>
    gate.level === 'warn' ? `${gate.text}  (warn)` : gate.text,
  );
  const paint = context.paint(system.stdout);
  system.stdout.write(
    renderPlan(
      { plan, maxPacketRatePps, maxPacketRateSource, gates, calibration: planCalibration(scenario) },
      paint,
    ),
  );
}

/** A seed from the command line. Throws RTCB_BAD_SEED (exit 2). */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed < 2 ** 32) return seed;
  throw usageError('RTCB_BAD_SEED', `--seed ${text}: not a whole number from 0 to 4294967295`);
}
