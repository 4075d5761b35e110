import http from 'node:http';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { ExitCode } from '../../errors.ts';
import type { Consent } from '../../setup/debian.ts';
import type { Plan } from '../../setup/setup.ts';
import type { System } from '../../system/types.ts';
import type { CliContext } from '../context.ts';

interface SetupFlags {
  all?: true;
  yes?: true;
  dryRun?: true;
}

/** `--yes` decides; otherwise a person at a terminal is asked; otherwise nothing is installed. */
function consent(system: System, yes: boolean): Consent {
  return async (_packages, command) => {
    if (yes) return true;
    if (!process.stdin.isTTY || !system.stderr.isTTY) return false;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await terminal.question(`Install Debian packages? ${command} [y/N] `);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      terminal.close();
    }
  };
}

function describe({ provider, finding, ways }: Plan): string {
  if (finding.found) return `${provider.name}: ${finding.what}\n`;
  const lines = [`${provider.name}: ${finding.why}`];
  for (const [i, steps] of ways.entries()) {
    const [first = '', ...rest] = steps;
    lines.push(`  ${i === 0 ? 'would' : 'if that fails, would'} ${first}`);
    for (const step of rest) lines.push(`    then ${step}`);
  }
  if (ways.length === 0) lines.push('  there is no way to get it on this host; see docs/troubleshooting.md');
  return `${lines.join('\n')}\n`;
}

async function setup({ system, exit }: CliContext, flags: SetupFlags): Promise<void> {
  const { allProviders } = await import('../../setup/providers.ts');
  const { assertComplete, planSetup, runSetup } = await import('../../setup/setup.ts');
  const { createProgress } = await import('../../setup/progress.ts');
  const providers = allProviders(system, consent(system, flags.yes === true), flags.all);
  if (flags.dryRun) {
    for (const plan of await planSetup(providers)) system.stdout.write(describe(plan));
    return;
  }
  // Downloads mind HTTPS_PROXY and NO_PROXY; Nodes before 24.14 cannot be told so from within.
  http.setGlobalProxyFromEnv?.();
  const stop = new AbortController();
  const unlisten = system.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    if (stop.signal.aborted) system.exit(ExitCode.interrupted);
    exit(signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated);
    system.stderr.write('\nset-up: stopping; what is half done is removed\n');
    stop.abort();
  });
  try {
    const outcomes = await runSetup(providers, createProgress(system), stop.signal);
    assertComplete(outcomes);
    system.stderr.write('set-up: everything is there\n');
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    unlisten();
  }
}

export function registerSetup(program: Command, context: CliContext): void {
  program
    .command('setup')
    .description('provide what npm does not bring: the mediasoup worker, Chromium, the native packet loop')
    .option('-y, --yes', 'install Debian packages without asking')
    .option('--all', 'also the programs that rtc-bench can use and its tests do: iperf3, ip, nft, janus')
    .option('--dry-run', 'show what is missing and what would be done about it')
    .addHelpText(
      'after',
      `
What is there is left alone, so it can be run at any time and takes under a second then. Everything lands in
$XDG_CACHE_HOME/rtc-bench (~/.cache/rtc-bench), or comes as packages of the distribution, which is asked first.

  $ rtc-bench setup --dry-run      see what would happen
  $ rtc-bench setup --yes          do it, as in CI

Variables: MEDIASOUP_WORKER_BIN and PUPPETEER_EXECUTABLE_PATH name a worker and a browser of your own;
MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL and PUPPETEER_CHROME_DOWNLOAD_BASE_URL name mirrors.`,
    )
    .action((flags: SetupFlags) => setup(context, flags));
}
