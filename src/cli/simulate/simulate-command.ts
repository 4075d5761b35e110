import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCapacityFile } from '../../capacity/capacity-file.ts';
import { participantCost } from '../../capacity/points.ts';
import { type SimulationOptions, simulate } from '../../capacity/simulation.ts';
import { errorMessage, usageError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { toolVersion } from '../version.ts';
import { readDemand } from './demand.ts';
import { numberFlag, type SimulateFlags, scalersOf } from './options.ts';
import { renderSimulation, type SimulationAnswer, simulationCsv } from './render.ts';

/** Without a measurement: 200 participants a CPU. An example, and told as one. */
const EXAMPLE_COST_POINTS = 0.5;

export async function simulateCommand(flags: SimulateFlags, context: CliContext): Promise<void> {
  const { system } = context;
  const { points, told } = await costOf(flags, system.cwd);
  const demand = await readDemand(flags, system.cwd);
  const options: SimulationOptions = {
    demand: demand.participants,
    costPoints: points,
    cpusPerNode: numberFlag('cpus', flags.cpus, 1, 1024),
    desired: numberFlag('desired', flags.desired, 1, 10_000),
    minimum: numberFlag('min', flags.min, 1, 10_000),
    maximum: numberFlag('max', flags.max, 1, 10_000),
    bootMinutes: numberFlag('boot', flags.boot, 0, 120),
    sessionMinutes: numberFlag('session', flags.session, 1, 1440),
    seed: numberFlag('seed', flags.seed, 0, 2 ** 32 - 1),
  };
  if (options.minimum > options.maximum) {
    throw usageError('RTCB_BAD_FLAG', `--min ${options.minimum} is more than --max ${options.maximum}`);
  }
  const results = scalersOf(flags).map((scaler) => simulate(options, scaler));
  const answer: SimulationAnswer = { demand: demand.told, cost: told, options, results };
  if (flags.out !== undefined) await writeAnswer(resolve(system.cwd, flags.out), answer);
  if (flags.json === true) system.stdout.write(`${JSON.stringify(documentOf(answer), null, 2)}\n`);
  else {
    system.stdout.write(renderSimulation(answer, context.paint(system.stdout)));
    if (flags.out !== undefined) system.stdout.write(`\nWritten: ${join(flags.out, 'simulation.html')}\n`);
  }
}

async function costOf(flags: SimulateFlags, cwd: string): Promise<{ points: number; told: string }> {
  if (flags.cost !== undefined) {
    const points = numberFlag('cost', flags.cost, 0.0001, 10_000);
    return { points, told: `${points} points a participant` };
  }
  if (flags.capacity === undefined) {
    const told = `${EXAMPLE_COST_POINTS} points a participant as an example (--capacity FILE has it measured)`;
    return { points: EXAMPLE_COST_POINTS, told };
  }
  let text: string;
  try {
    text = await readFile(resolve(cwd, flags.capacity), 'utf8');
  } catch (error) {
    throw usageError('RTCB_CAPACITY_UNREADABLE', `cannot read ${flags.capacity}: ${errorMessage(error)}`);
  }
  const points = participantCost(parseCapacityFile(text, flags.capacity));
  if (points === null || points <= 0) {
    throw usageError(
      'RTCB_CAPACITY_INVALID',
      `${flags.capacity} does not tell what a participant costs`,
      '--cost POINTS',
    );
  }
  return { points, told: `${points.toPrecision(3)} points a participant, as measured (${flags.capacity})` };
}

function documentOf({ demand, cost, options, results }: SimulationAnswer): unknown {
  const { demand: _minutes, ...settings } = options;
  return { schemaVersion: 1, demand, cost, settings, results };
}

/** Without the minutes, which are in the CSV and drawn on the page. */
function summaryOf({ demand, cost, options, results }: SimulationAnswer): unknown {
  const { demand: _minutes, ...settings } = options;
  return {
    schemaVersion: 1,
    demand,
    cost,
    settings,
    results: results.map(({ rows: _rows, ...rest }) => rest),
  };
}

async function writeAnswer(dir: string, answer: SimulationAnswer): Promise<void> {
  const { simulationPage } = await import('./page.ts');
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'simulation.json'), `${JSON.stringify(documentOf(answer), null, 2)}\n`);
  await writeFile(join(dir, 'simulation.csv'), simulationCsv(answer.results));
  await writeFile(
    join(dir, 'simulation.html'),
    await simulationPage(answer, summaryOf(answer), toolVersion()),
  );
}
