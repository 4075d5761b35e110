import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { registerDoctor } from './doctor.ts';
import { registerSetup } from './setup.ts';

/** Every command, in the order in which `--help` lists them. */
export const COMMANDS: readonly ((program: Command, context: CliContext) => void)[] = [
  registerSetup,
  registerDoctor,
];
