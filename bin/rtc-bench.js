#!/usr/bin/env node
// Starts the command line. From a checkout it runs the TypeScript sources as they are; from the published
// package, where sources are not shipped (and Node does not strip types under node_modules), it runs dist/.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const { main } = await import(
    existsSync(source) ? source.href : new URL('../dist/src/cli/main.js', import.meta.url).href
  );
  process.exitCode = await main(process.argv.slice(2));
} else {
  // The host's Node is too old; the one that the project brings as a dev dependency may be at hand.
  const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `rtc-bench needs Node 22.18 or later; this is ${process.version}. In a checkout, run: npm run setup`,
    );
    process.exit(3);
  }
  const child = spawnSync(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exit(child.status ?? 1);
}
