import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { registerCalibrate } from './calibrate.ts';
import { registerCluster } from './cluster.ts';
import { registerCompare } from './compare.ts';
import { registerCompletion } from './completion.ts';
import { registerDoctor } from './doctor.ts';
import { registerGate } from './gate.ts';
import { registerInit } from './init.ts';
import { registerObserve } from './observe.ts';
import { registerPlan } from './plan.ts';
import { registerProbe } from './probe.ts';
import { registerReport } from './report.ts';
import { registerRun } from './run.ts';
import { registerSchema } from './schema.ts';
import { registerSetup } from './setup.ts';
import { registerSimulate } from './simulate.ts';
import { registerTune } from './tune.ts';

/** Every command, in the order in which `--help` lists them. */
export const COMMANDS: readonly ((program: Command, context: CliContext) => void)[] = [
  registerInit,
  registerPlan,
  registerRun,
  registerCalibrate,
  registerReport,
  registerGate,
  registerCompare,
  registerSimulate,
  registerCluster,
  registerObserve,
  registerProbe,
  registerTune,
  registerSetup,
  registerDoctor,
  registerSchema,
  registerCompletion,
];
