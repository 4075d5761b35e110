/** Starts a browser engine and says so: a process to be killed with its browser open. */
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import { createSystem } from '../../src/system/real.ts';

const engine = createBrowserEngine(
  createSystem(),
  { onEvent: () => {}, access: () => Promise.reject(new Error('nobody joins here')) },
  { participants: process.argv[2] === 'firefox' ? { firefox: 1 } : { chromium: 1 } },
);
await engine.start(new AbortController().signal);
process.stdout.write('started\n');
setInterval(() => {}, 1_000);
