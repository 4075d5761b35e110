/** Opens sessions on the grid whose address it is given, and says so: a process to be killed with them open. */
import { createBrowserEngine } from '../../src/participants/browser/index.ts';
import { createSystem } from '../../src/system/real.ts';
import { gridSettings } from './grid-settings.ts';

const engine = createBrowserEngine(
  createSystem(),
  { onEvent: () => {}, access: () => Promise.reject(new Error('nobody joins here')) },
  gridSettings(process.argv[2] ?? '', 4),
);
await engine.start(new AbortController().signal);
process.stdout.write('started\n');
setInterval(() => {}, 1_000);
