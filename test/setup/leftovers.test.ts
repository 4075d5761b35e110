import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sweepLeftovers } from '../../src/setup/leftovers.ts';
import { FakeHost } from './fake-host.ts';

const deadPid = () => String(spawnSync(process.execPath, ['-e', '']).pid);

describe('what killed runs leave behind', () => {
  it.runIf(process.platform === 'linux')(
    'is removed; what living processes, other programs and links have there stays',
    () => {
      using host = new FakeHost();
      const ours = join(host.root, 'rtc-bench-browser-y');
      const reused = join(host.root, 'rtc-bench-browser-z');
      const left = join(host.root, 'rtc-bench-browser-x');
      const noPid = join(host.root, 'rtc-bench-own-notes');
      const other = join(host.root, 'other');
      for (const directory of [ours, reused, left, noPid, other]) mkdirSync(directory);
      writeFileSync(join(ours, 'pid'), String(process.pid));
      writeFileSync(join(reused, 'pid'), `${process.pid} 1\n`);
      writeFileSync(join(left, 'pid'), `${deadPid()} 123\n`);
      writeFileSync(join(other, 'pid'), deadPid());
      symlinkSync(other, join(host.root, 'rtc-bench-link'));
      expect(sweepLeftovers(host.root)).toEqual({ directories: [left, reused], processes: [] });
      expect([ours, noPid, other, left].map((path) => existsSync(path))).toEqual([true, true, true, false]);
      expect(sweepLeftovers(host.root).directories).toEqual([]);
    },
  );

  it.runIf(process.platform === 'linux')('takes a browser with it that still uses the folder', async () => {
    using host = new FakeHost();
    const left = join(host.root, 'rtc-bench-browser-x');
    mkdirSync(left);
    writeFileSync(join(left, 'pid'), deadPid());
    const script = 'process.stdout.write("up"); setInterval(() => {}, 1000)';
    const orphan = spawn(process.execPath, ['-e', script, '--', `--user-data-dir=${left}/profile`]);
    await once(orphan.stdout, 'data');
    const ended = once(orphan, 'exit');
    expect(sweepLeftovers(host.root)).toEqual({ directories: [left], processes: [orphan.pid] });
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
