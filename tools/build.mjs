// Fills dist/ for the published package, where bin/rtc-bench.js runs it: Node does not run TypeScript under
// node_modules. Types are not checked here; that is `npm run typecheck`.
import { cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './dependencies.mjs';

const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
const code = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', join(root, 'tsconfig.build.json')]);
if (code === 0) {
  // What is no TypeScript (pages, styles, templates) is read at run time from beside the code that needs it.
  cpSync(join(root, 'src'), join(dist, 'src'), {
    recursive: true,
    filter: (source) => statSync(source).isDirectory() || !source.endsWith('.ts'),
  });
}
process.exitCode = code;
