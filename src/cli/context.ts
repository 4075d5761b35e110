import { Chalk, type ChalkInstance } from 'chalk';
import type { System, TextStream } from '../system/types.ts';

/** What every command is handed: the world, and a way to say how it ended. */
export interface CliContext {
  readonly system: System;
  /** `--quiet`: no progress, only the answer. */
  readonly quiet: boolean;
  /** `--verbose`: more of what happens, on stderr. */
  readonly verbose: boolean;
  /** Colours for that stream; colourless when it is no terminal, or for `--no-color`, NO_COLOR or TERM=dumb. */
  paint(stream: TextStream): ChalkInstance;
  /** Sets the exit code of the process; the last call wins. Default 0. */
  exit(code: number): void;
}

export interface GlobalFlags {
  quiet: boolean;
  verbose: boolean;
  color: boolean;
}

/** A context whose flags are read when asked, since they are known only once the arguments are parsed. */
export function createContext(
  system: System,
  flags: () => GlobalFlags,
  exit: (code: number) => void,
): CliContext {
  return {
    system,
    get quiet() {
      return flags().quiet;
    },
    get verbose() {
      return flags().verbose;
    },
    paint(stream) {
      const wanted = flags().color && !system.env.NO_COLOR && system.env.TERM !== 'dumb' && stream.isTTY;
      return new Chalk({ level: wanted ? 2 : 0 });
    },
    exit,
  };
}
