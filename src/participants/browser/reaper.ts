/**
 * A process of its own that ends a browser whose owner has died without doing so: `node reaper.ts PID FOLDER`, with
 * the owner at the other end of its standard input. An owner that ends in order kills the reaper first.
 */
import { rm } from 'node:fs/promises';
import { killTree, processTree } from './process-tree.ts';

const [pid, folder] = process.argv.slice(2);

process.stdin.resume();
process.stdin.on('end', async () => {
  killTree(processTree(Number(pid)));
  if (folder !== undefined)
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.exit(0);
});
