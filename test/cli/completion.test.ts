import { spawnSync } from 'node:child_process';
import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { bashCompletion } from '../../src/cli/completion/bash.ts';
import { fishCompletion } from '../../src/cli/completion/fish.ts';
import { allCommands, commandTree } from '../../src/cli/completion/tree.ts';
import { zshCompletion } from '../../src/cli/completion/zsh.ts';
import { main } from '../../src/cli/main.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { fakeSystem } from '../support/fake-system.ts';

function smallTree() {
  const program = new Command('tool').description('a tool').option('-q, --quiet', "don't talk");
  program.command('run').description('run it').argument('<file>').option('--out <dir>', 'where\nand more');
  const cluster = program.command('cluster').description('clusters');
  cluster.command('start').description('start one').addOption(new Option('--bridges <n>', 'how many'));
  return commandTree(program);
}

async function script(shell: string): Promise<string> {
  const system = fakeSystem();
  expect(await main(['completion', shell], system)).toBe(0);
  return system.stdout.text;
}

/** Asks bash itself what it would offer. */
function offered(completion: string, ...words: string[]): string[] {
  const line = ['rtc-bench', ...words].map((word) => `'${word}'`).join(' ');
  const program = `${completion}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _rtc_bench; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash', () => {
  it('offers commands, options and choices where they belong', async () => {
    const completion = await script('bash');
    expect(offered(completion, 'pl')).toEqual(['plan']);
    expect(offered(completion, 'plan', '--s')).toEqual(['--seed']);
    expect(offered(completion, 'plan', 'my.yaml', '--js')).toEqual(['--json']);
    expect(offered(completion, 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(offered(completion, 'cluster', 'st')).toEqual(['start']);
    expect(offered(completion, 'nothing-of-the-kind', '--nope')).toEqual([]);
  });

  it('knows every command there is', async () => {
    const completion = await script('bash');
    const tree = commandTree(buildProgram(fakeSystem(), () => undefined));
    for (const { path } of allCommands(tree)) expect(completion).toContain(`'${path.join(' ')}'`);
  });
});

describe('zsh and fish', () => {
  it('come from the same tree', () => {
    expect(zshCompletion(smallTree())).toMatchSnapshot();
    expect(fishCompletion(smallTree())).toMatchSnapshot();
    expect(bashCompletion(smallTree())).toMatchSnapshot();
  });
});

it('an unknown shell is told, with the ones there are', async () => {
  const system = fakeSystem();
  expect(await main(['completion', 'tcsh'], system)).toBe(2);
  expect(system.stderr.text).toContain('Allowed choices are bash, zsh, fish');
});
