import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { SimulateFlags } from '../simulate/options.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench simulate                                    a synthetic working day, with an example's cost
  $ rtc-bench simulate --capacity capacity.json --peak 5000 --out plan
  $ rtc-bench simulate --scale-out 65=10,85=40 --scale-in 15=40,35=10 --cpus 8
  $ rtc-bench simulate --run reports/last --peak 3000 --hours 24   the shape of a recorded run, over a day

100 points are one CPU; LOAD is the points in use over the CPUs. A policy is threshold=percent of the nodes, in
several steps if you like. Three rules play the same day: load in points, points in numbers, average CPU.
See docs/capacity.md.`;

export function registerSimulate(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .description('play scaling rules against a day of load: nodes, overload, waste')
    .option('--capacity <file>', 'capacity file: what a participant costs, as measured')
    .option('--cost <points>', 'points of one participant instead (100 is one CPU)')
    .option('--run <dir>', 'take the load from the folder of a run')
    .option('--day <csv>', 'take the load from lines of minute,participants')
    .option('--peak <n>', 'participants at the peak', '2000')
    .option('--hours <h>', 'stretch a recorded load to so many hours')
    .option('--scale-out <policy>', 'load=percent of nodes to add', '75=10')
    .option('--scale-in <policy>', 'load=percent of nodes to take away, after draining', '25=10')
    .option('--points-rule <rule>', 'mean points of a node=nodes to add', '300=3')
    .option('--cpu-rule <rule>', 'CPU %=nodes to take away, CPU %=nodes to add', '30=1,60=3')
    .option('--min <n>', 'fewest nodes', '1')
    .option('--max <n>', 'most nodes', '100')
    .option('--desired <n>', 'nodes at the beginning', '2')
    .option('--cpus <n>', 'CPUs of a node', '4')
    .option('--boot <minutes>', 'from ordering a node to its taking sessions', '3')
    .option('--session <minutes>', 'mean stay of a participant', '30')
    .option('--seed <n>', 'everything random follows from it', '1')
    .option('-o, --out <dir>', 'write simulation.html, .csv and .json there')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', EXAMPLE)
    .action(async (flags: SimulateFlags) => {
      const { simulateCommand } = await import('../simulate/simulate-command.ts');
      await simulateCommand(flags, context);
    });
}
