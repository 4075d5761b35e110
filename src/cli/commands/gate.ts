import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { GateFlags } from '../reports/gate-folder.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench gate DIR                                              the gates of the run itself
  $ rtc-bench gate DIR --gate 'max(bridge.stress) < 0.8' --gate 'p95(participant.rtt_ms) < 50'
  $ rtc-bench gate DIR --gate 'p95(participant.join_ms) < 3000' --window all --junit gates.xml

Exit codes: 0 passed, 99 a gate failed, 4 inconclusive (no samples, a saturated generator, a run that did not
end), 2 a gate that is not spelled right. The gate language is in docs/gates.md.`;

export function registerGate(program: Command, context: CliContext): void {
  program
    .command('gate')
    .description('judge a run from its folder; exits with the verdict')
    .argument('<dir>', 'folder of a run')
    .option(
      '-g, --gate <expression>',
      'judge by this instead of the gates of the run; may be repeated',
      collect,
      [],
    )
    .option('--window <name>', 'what to judge with --gate: steady, all, or the name of a stage', 'steady')
    .option('--junit <file>', 'also write the outcome as JUnit XML')
    .option('--markdown <file>', 'also write a summary in Markdown')
    .option('--github', 'annotations for GitHub Actions on stdout (on by itself there)')
    .option('--json', 'print verdict and gates as JSON on stdout', false)
    .addHelpText('after', EXAMPLE)
    .action(async (dir: string, flags: GateFlags) => {
      const { gateFolder } = await import('../reports/gate-folder.ts');
      await gateFolder(dir, flags, context);
    });
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
