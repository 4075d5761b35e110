/** Runs a command in a network namespace of its own, as a run with a Janus of its own does. */
import { spawnSync } from 'node:child_process';
import { inOwnNetwork } from '../src/system/own-network.ts';

const [file, args] = inOwnNetwork(process.argv.slice(2));
const { status, error } = spawnSync(file, args, { stdio: 'inherit' });
if (error !== undefined) console.error(`own-network: ${error.message}`);
process.exitCode = status ?? 1;
