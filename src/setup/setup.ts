import { environmentError, errorMessage } from '../errors.ts';
import type { Finding, Progress, Provider } from './types.ts';
import { SourceFailed } from './types.ts';

/** What set-up would do for one thing: nothing when it is there. */
export interface Plan {
  provider: Provider;
  finding: Finding;
  /** Steps of each usable source, in the order in which they would be tried; the first that works is the last. */
  ways: string[][];
}

/** What became of one thing. */
export interface Outcome {
  provider: Provider;
  finding: Finding;
  /** Whether set-up had to provide it, or found it. */
  provided: boolean;
  /** Why the ways that were tried did not work. */
  failures: string[];
}

/** Looks at everything and changes nothing. */
export async function planSetup(providers: readonly Provider[]): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const provider of providers) {
    const finding = await provider.check();
    const ways: string[][] = [];
    for (const source of finding.found ? [] : provider.sources) {
      const steps = await source.plan();
      if (steps !== null) ways.push(steps);
    }
    plans.push({ provider, finding, ways });
  }
  return plans;
}

/** A full disk, a folder that may not be written: the host's trouble and not a bug. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

async function provideOne(provider: Provider, progress: Progress, signal: AbortSignal): Promise<Outcome> {
  const failures: string[] = [];
  let finding = await provider.check();
  if (finding.found) return { provider, finding, provided: false, failures };
  progress.step(`${provider.name}: ${finding.why}`);
  for (const source of provider.sources) {
    if ((await source.plan()) === null) continue;
    signal.throwIfAborted();
    try {
      await source.provide(progress, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SourceFailed || isSystemError(error))) throw error;
      progress.step(`  ${errorMessage(error)}`);
      failures.push(errorMessage(error));
      continue;
    } finally {
      progress.done();
    }
    finding = await provider.check();
    if (finding.found) return { provider, finding, provided: true, failures };
    failures.push(finding.why);
    progress.step(`  ${finding.why}`);
  }
  return { provider, finding, provided: false, failures };
}

/** Provides everything that is missing, as far as it can, and tells what became of each. */
export async function runSetup(
  providers: readonly Provider[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const provider of providers) {
    const outcome = await provideOne(provider, progress, signal);
    const { finding } = outcome;
    if (finding.found) progress.step(`${provider.name}: ${finding.what}`);
    else progress.step(`${provider.name}: missing${provider.without ? `; ${provider.without}` : ''}`);
    outcomes.push(outcome);
  }
  return outcomes;
}

/**
 * @throws RtcBenchError RTCB_SETUP_INCOMPLETE naming what is essential and still missing, with the last reason.
 */
export function assertComplete(outcomes: readonly Outcome[]): void {
  const missing = outcomes.filter(({ provider, finding }) => provider.essential && !finding.found);
  if (missing.length === 0) return;
  const reasons = missing.map(
    ({ provider, failures }) => `${provider.name}: ${failures.at(-1) ?? 'no way to get it here'}`,
  );
  throw environmentError(
    'RTCB_SETUP_INCOMPLETE',
    `set-up could not provide everything\n  ${reasons.join('\n  ')}`,
    {
      hint: 'docs/troubleshooting.md tells how to provide each by hand; `npx rtc-bench doctor` checks the result',
    },
  );
}
