import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished, test } from 'vitest';
import { coresOfThisProcess, dealCores, pinToCores } from '../../src/system/cpu-cores.ts';

it('reads which cores there are', () => {
  expect(coresOfThisProcess('Name:\tx\nCpus_allowed_list:\t0-2,5\n')).toEqual([0, 1, 2, 5]);
});

test.each([
  ['each bridge has a core of its own', [0, 1, 2, 3], 2, { bridges: [3, 2], others: [0, 1] }],
  ['bridges share what is not left for the others', [0, 1, 2, 3], 9, { bridges: [3, 2], others: [0, 1] }],
  ['a single one is not enough for the others', [0, 1], 1, { bridges: [1], others: [0, 1] }],
  ['a single one is everybody’s', [4], 2, { bridges: [4], others: [4] }],
])('cores are dealt out: %s', (_what, cores, bridges, deal) => {
  expect(dealCores(cores, bridges)).toEqual(deal);
});

it('keeps a process to a core, by the kernel’s own account', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const [first = 0] = coresOfThisProcess();
  await pinToCores(pid, [first]);
  expect(coresOfThisProcess(readFileSync(`/proc/${pid}/status`, 'utf8'))).toEqual([first]);
});
