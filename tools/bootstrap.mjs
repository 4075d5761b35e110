#!/usr/bin/env node
// What `npm run setup`, `npm run quickstart` and `npm test` start, each of which works on its own from a fresh clone.
import { delimiter, join } from 'node:path';
import { BootstrapError, install, projectNode, root, run } from './dependencies.mjs';

/** The project's own programs come first, as in npm scripts. */
function environment() {
  return { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH };
}

function rtcBench(...args) {
  return run(projectNode(), [join(root, 'bin', 'rtc-bench.js'), ...args], { env: environment() });
}

async function provide(...args) {
  await install();
  return rtcBench('setup', ...args);
}

const OWN_NETWORK_TESTS = ['tools/own-network.ts', 'vitest', 'run', '--project', 'own-network'];

/** Lint, types and tests: all of them, so that one run shows everything that is wrong. */
async function test() {
  const steps = [
    ['lint', 'biome', ['check', '.']],
    ['types', 'tsc', ['-p', '.']],
    ['types of the pages', 'tsc', ['-p', 'tsconfig.page.json']],
    ['unit tests', 'vitest', ['run', '--project', 'unit']],
    ['end-to-end tests', 'vitest', ['run', '--project', 'e2e']],
    // Janus leaves loopback out: its tests have a network namespace for themselves.
    ['tests in a network of their own', 'node', OWN_NETWORK_TESTS],
  ];
  const results = [];
  for (const [name, program, args] of steps) {
    console.error(`\ntest: ${name}`);
    const startedAt = Date.now();
    const code = await run(join(root, 'node_modules', '.bin', program), args, { env: environment() });
    results.push({ name, code, seconds: Math.round((Date.now() - startedAt) / 1000) });
    if (code === 130 || code === 143) return code;
  }
  console.error('');
  for (const { name, code, seconds } of results) {
    console.error(`test: ${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`);
  }
  return results.every(({ code }) => code === 0) ? 0 : 1;
}

const tasks = {
  install: async () => {
    await install();
    return 0;
  },
  setup: (...args) => provide(...args),
  quickstart: async (...args) =>
    (await provide('--yes')) || rtcBench('run', join('scenarios', 'quickstart.yaml'), ...args),
  test: async () => (await provide('--yes', '--all')) || test(),
};

// Ctrl-C reaches everything in the terminal's foreground; what runs ends in its own time, and so do we, after it.
process.on('SIGINT', () => {});

const [name = '', ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) {
  console.error(`usage: node tools/bootstrap.mjs ${Object.keys(tasks).join('|')}`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await task(...args);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    console.error(`bootstrap: ${error.message}`);
    process.exitCode = 3;
  }
}
