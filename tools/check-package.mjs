// Packs the package, installs it as a user would, and starts it from there: what a checkout has and the package lacks
// shows here and nowhere else.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm, projectNode, run } from './dependencies.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'package-'));

async function must(what, code) {
  if ((await code) !== 0) throw new Error(`${what} failed`);
}

try {
  await must('npm pack', npm(['pack', '--silent', '--pack-destination', scratch]));
  const packed = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(scratch, 'package.json'), '{ "private": true }');
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await must('npm install', npm([...install, '--prefix', scratch, join(scratch, packed)]));
  const installed = join(scratch, 'node_modules', 'rtc-bench');
  // Only whether each works is of interest here; what goes wrong is said on stderr.
  const options = { cwd: scratch, stdio: ['ignore', 'ignore', 'inherit'] };
  const rtcBench = (...args) =>
    run(projectNode(), [join(installed, 'bin', 'rtc-bench.js'), ...args], options);
  await must('rtc-bench --version', rtcBench('--version'));
  await must('rtc-bench plan', rtcBench('plan', join(installed, 'scenarios', 'quickstart.yaml')));
  await must('rtc-bench doctor', rtcBench('doctor'));
  console.error('check: the package packs, installs and starts');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
