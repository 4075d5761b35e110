import { join } from 'node:path';
import { runCalibration } from '../../calibrate/session.ts';
import { usageError } from '../../errors.ts';
import { readCalibration } from '../../reports/calibration/model.ts';
import { FILES } from '../../results/files.ts';
import type { Scenario } from '../../scenario/load.ts';
import { planRun } from '../../scenario/plan.ts';
import { formatDuration } from '../../scenario/quantities.ts';
import { readHostInfo } from '../../system/host-info.ts';
import type { CliContext } from '../context.ts';
import { writeCalibrationPage } from '../reports/report-calibration.ts';
import { shownPath } from '../reports/shown-path.ts';
import { reachWords } from '../run/browser-settings.ts';
import { createEngines, createTarget } from '../run/compose.ts';
import { keepOffBridgeCores, withCores, withPossibleCpuShare } from '../run/cpu-share.ts';
import { watchInterrupts } from '../run/interrupts.ts';
import { outDir } from '../run/out-dir.ts';
import { beginInOwnNetwork } from '../run/own-network.ts';
import { tellCause } from '../run/tell-cause.ts';
import { readScenarioFile } from '../scenario-file.ts';
import { toolVersion } from '../version.ts';
import { planCalibration, renderBudget } from './outlook.ts';
import { renderCalibration, renderProgress } from './render-calibration.ts';

export interface CalibrateFlags {
  out?: string;
  json: boolean;
}

/** Calibrates with a scenario file; sets the exit code. Throws for what keeps it from starting at all. */
export async function calibrateScenarioFile(
  file: string,
  flags: CalibrateFlags,
  context: CliContext,
): Promise<void> {
  const { system } = context;
  const loaded = await readScenarioFile(file, system.cwd);
  const outlook = planCalibration(loaded.scenario);
  if (outlook === null)
    throw usageError(
      'RTCB_CALIBRATE_ONE_BRIDGE',
      `${file}: a calibration loads one bridge, target.bridges is ${loaded.scenario.target.bridges}`,
      'Set target.bridges to 1 in a copy of the scenario.',
    );
  requireLongHolds(file, loaded.scenario);
  const { scenario, warning } = withPossibleCpuShare(await beginInOwnNetwork(system, loaded.scenario));
  const cores = await keepOffBridgeCores(scenario);
  const dir = outDir(system.cwd, flags.out, scenario.name, system.clock.wallMs());
  const { signal, stop } = watchInterrupts(system, (text) => system.stderr.write(`${text}\n`));
  const plan = planRun(scenario);
  if (!context.quiet) system.stderr.write(`${renderBudget(outlook)}\n`);
  const warnings = [warning, reachWords(system, scenario)].filter((told) => told !== null);
  for (const told of warnings) system.stderr.write(`${told}\n`);
  let lastLine = '';
  try {
    const { capacity, summary, exitCode, cause } = await runCalibration(
      {
        system,
        scenario,
        toolVersion: toolVersion(),
        scenarioPath: loaded.path,
        scenarioSha256: loaded.sha256,
        objective: scenario.calibrate.objective,
        command: ['npx', 'rtc-bench', 'calibrate', file],
        dir,
        host: withCores(readHostInfo(), cores),
        warnings,
        createTarget: (options) => createTarget(system, scenario, null, options, cores?.bridges),
        createEngines: (options) => createEngines(system, scenario, plan, options),
        onProgress: (progress) => {
          const line = renderProgress(progress);
          if (!context.quiet && line !== lastLine) system.stderr.write(`${line}\n`);
          lastLine = line;
        },
      },
      signal,
    );
    const report = await readCalibration(dir);
    if (report !== null) await writeCalibrationPage(report, join(dir, FILES.report));
    if (capacity !== null && summary !== null) {
      const shown = shownPath(system.cwd, dir);
      system.stdout.write(
        flags.json
          ? `${JSON.stringify(capacity, null, 2)}\n`
          : renderCalibration({
              capacity,
              problem: summary.problem,
              files: [FILES.report, 'capacity.json', 'curve.csv', 'manifest.json'].map((name) =>
                join(shown, name),
              ),
              paint: context.paint(system.stdout),
            }),
      );
    }
    tellCause(cause, system);
    context.exit(exitCode);
  } finally {
    stop();
  }
}

/** Throws usageError where no hold could have the readings that it is judged by, so that every step would be for nothing. */
function requireLongHolds(file: string, { calibrate, sampling, trust }: Scenario): void {
  const leastMs = trust.minSteadySamples * sampling.intervalMs;
  if (calibrate.holdMs >= leastMs) return;
  throw usageError(
    'RTCB_CALIBRATE_HOLD',
    `${file}: calibrate.hold is ${formatDuration(calibrate.holdMs)}, but a step is judged by ${trust.minSteadySamples} readings at least, one each ${formatDuration(sampling.intervalMs)}`,
    `Hold for ${formatDuration(leastMs)} or longer, or make sampling.interval shorter.`,
  );
}
