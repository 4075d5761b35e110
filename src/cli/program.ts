import { Command } from 'commander';
import type { System } from '../system/types.ts';
import { COMMANDS } from './commands/index.ts';
import { type CliContext, createContext } from './context.ts';
import { toolVersion } from './version.ts';

const EPILOGUE = `
Start here:
  $ rtc-bench init my.yaml              write a commented scenario
  $ rtc-bench plan my.yaml              see who joins what and when; starts nothing
  $ rtc-bench run my.yaml               run it; the report's path is the last line

Exit codes:
  0 pass   99 a gate failed   4 inconclusive   2 bad usage or scenario
  3 environment (target, browser, worker, port)   130, 143 interrupted   1 a bug in rtc-bench`;

/** Builds the command tree. `exit` is told the exit code that a command ends with. */
export function buildProgram(system: System, exit: (code: number) => void): Command {
  const program = new Command('rtc-bench')
    .description('Load-test and size WebRTC SFU clusters: stress per bridge, quality, capacity, UDP buffers.')
    .version(toolVersion(), '-V, --version', 'print the version')
    .option('-q, --quiet', 'no progress: only the answer', false)
    .option('-v, --verbose', 'say more of what happens, on stderr', false)
    .option('--no-color', 'no colours (also NO_COLOR, TERM=dumb, or no terminal)')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .addHelpText('after', EPILOGUE)
    .configureOutput({
      writeOut: (text) => system.stdout.write(text),
      writeErr: (text) => system.stderr.write(text),
    })
    .exitOverride();
  const context: CliContext = createContext(
    system,
    () => program.opts<{ quiet: boolean; verbose: boolean; color: boolean }>(),
    exit,
  );
  for (const register of COMMANDS) register(program, context);
  return program;
}
