import type { ChalkInstance } from 'chalk';
import type { Command } from 'commander';
import { ExitCode } from '../../errors.ts';
import type { CheckReport } from '../../setup/doctor/run-checks.ts';
import type { CheckStatus } from '../../setup/doctor/types.ts';
import { safeText } from '../../system/safe-text.ts';
import type { CliContext } from '../context.ts';

const LABEL_COLUMNS = 9;
const NAME_COLUMNS = 18;

function label(paint: ChalkInstance, status: CheckStatus): string {
  const text = status.padEnd(LABEL_COLUMNS);
  switch (status) {
    case 'ok':
      return paint.green(text);
    case 'note':
      return paint.cyan(text);
    case 'warning':
      return paint.yellow(text);
    case 'failure':
      return paint.red(text);
  }
}

function line(paint: ChalkInstance, { status, name, detail, mend }: CheckReport): string {
  const first = `${label(paint, status)} ${name.padEnd(NAME_COLUMNS)} ${safeText(detail)}\n`;
  const indent = ' '.repeat(LABEL_COLUMNS + NAME_COLUMNS + 2);
  return mend === undefined ? first : `${first}${indent}${paint.dim(`mend: ${safeText(mend)}`)}\n`;
}

async function doctor(context: CliContext, flags: { json?: true }): Promise<void> {
  const { system } = context;
  const { allChecks } = await import('../../setup/doctor/checks.ts');
  const { runChecks } = await import('../../setup/doctor/run-checks.ts');
  const paint = context.paint(system.stdout);
  const reports: CheckReport[] = [];
  for await (const report of runChecks(allChecks(system))) {
    reports.push(report);
    if (!flags.json) system.stdout.write(line(paint, report));
  }
  const count = (status: CheckStatus) => reports.filter((report) => report.status === status).length;
  const ok = count('failure') === 0;
  if (flags.json) {
    system.stdout.write(`${JSON.stringify({ schemaVersion: 1, ok, checks: reports }, null, 2)}\n`);
  } else {
    const sum = `${count('failure')} failures, ${count('warning')} warnings, ${count('note')} notes`;
    system.stdout.write(
      `\n${ok ? 'This host can run rtc-bench' : 'This host cannot run rtc-bench yet'}: ${sum}\n`,
    );
  }
  if (!ok) context.exit(ExitCode.environment);
}

export function registerDoctor(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('check everything that a run needs on this host, each with its mend')
    .option('--json', 'print one JSON document instead of text')
    .addHelpText(
      'after',
      `
The worker and the browser are really started. What killed runs left in the temporary folder is swept.
Exit 3 when something is missing that a run cannot do without; warnings and notes exit 0.

  $ rtc-bench doctor
  $ rtc-bench doctor --json | jq '.checks[] | select(.status != "ok")'`,
    )
    .action((flags: { json?: true }) => doctor(context, flags));
}
