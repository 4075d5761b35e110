import type { System } from '../system/types.ts';

/** What every command is handed: the world, and a way to say how it ended. */
export interface CliContext {
  readonly system: System;
  /** Sets the exit code of the process; the last call wins. Default 0. */
  exit(code: number): void;
}
