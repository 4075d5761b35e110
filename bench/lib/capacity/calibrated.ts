import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CapacityFile, parseCapacityFile } from '../../../src/capacity/capacity-file.ts';

const BIN = fileURLToPath(new URL('../../../bin/rtc-bench.js', import.meta.url));

/**
 * What `rtc-bench COMMAND` makes of a scenario, as a user would start it: `use` gets its results folder, which is gone
 * afterwards. `within` may put the command into other surroundings.
 */
export async function withResults<T>(
  command: 'calibrate' | 'run',
  scenario: string,
  use: (folder: string) => Promise<T>,
  within: (command: string[]) => [string, ...string[]] = ([file = '', ...rest]) => [file, ...rest],
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rtcb-known-'));
  try {
    const [file, out] = [join(folder, 'known.yaml'), join(folder, 'out')];
    await writeFile(file, scenario);
    const [program, ...args] = within([process.execPath, BIN, '--quiet', command, file, '--out', out]);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'close');
    return await use(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function readCapacity(folder: string): Promise<CapacityFile> {
  return parseCapacityFile(await readFile(join(folder, 'capacity.json'), 'utf8'), 'capacity.json');
}
