import { CommanderError } from 'commander';
import { ExitCode, RtcBenchError } from '../errors.ts';
import { createSystem } from '../system/real.ts';
import { safeText } from '../system/safe-text.ts';
import type { System } from '../system/types.ts';
import { buildProgram } from './program.ts';

/** What is still open this long after a command has ended is a leak of ours; the answer must not wait for it. */
const LINGER_MS = 3_000;

/**
 * Runs the command line with `argv` (without node and script) and resolves to the exit code. Expected errors are
 * told on stderr with what to do; anything else is a bug, told with its stack.
 */
export async function main(argv: readonly string[], system: System = createSystem()): Promise<number> {
  let exitCode: number = ExitCode.pass;
  const program = buildProgram(system, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    exitCode = tell(error, system);
  }
  setTimeout(() => system.exit(exitCode), LINGER_MS).unref();
  return exitCode;
}

function tell(error: unknown, system: System): number {
  // Commander has printed its message already; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.pass : ExitCode.usage;
  if (error instanceof RtcBenchError) {
    // A message of ours may be laid out in lines (scenario errors); only what is inside a line is untrusted.
    const lines = error.message.split('\n').map(safeText).join('\n');
    system.stderr.write(`rtc-bench: ${lines}\n`);
    if (error.hint !== undefined)
      system.stderr.write(`  ${error.hint.split('\n').map(safeText).join('\n  ')}\n`);
    return error.exitCode;
  }
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  system.stderr.write(`rtc-bench: a bug in rtc-bench, please report it with this:\n${told}\n`);
  return ExitCode.bug;
}
