import type { Command } from 'commander';
import type { CalibrateFlags } from '../calibrate/calibrate-scenario-file.ts';
import type { CliContext } from '../context.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench calibrate scenarios/calibrate-bridge.yaml --out capacity
  $ rtc-bench run my.yaml       with maxPacketRatePps: capacity/capacity.json in my.yaml

Ramps up to bracket, halves what lies between, confirms just under and just over, and repeats with a fresh
bridge. Writes capacity.json, curve.csv and report.html. Exit 4 when no number can be believed: the generator was
at its end first, or the bound was reached.
How it searches is the scenario's \`calibrate:\` block; see docs/capacity.md.`;

export function registerCalibrate(program: Command, context: CliContext): void {
  program
    .command('calibrate')
    .description('find the highest packet rate at which one bridge still holds its quality')
    .argument('<scenario>', 'scenario file (YAML) with the kind of traffic to calibrate for')
    .option('-o, --out <dir>', 'results folder (default: reports/<scenario>-<UTC time>)')
    .option('--json', 'print capacity.json on stdout', false)
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, flags: CalibrateFlags) => {
      const { calibrateScenarioFile } = await import('../calibrate/calibrate-scenario-file.ts');
      await calibrateScenarioFile(file, flags, context);
    });
}
