import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/setup/lock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeHost, never } from './fake-host.ts';

const options = { timeoutMs: 60_000, signal: never, onWait: () => undefined };

describe('the lock of a set-up', () => {
  it('is let go when the work is done, and when it fails', async () => {
    using host = new FakeHost();
    const path = join(host.root, 'locks', 'x.lock');
    await withLock(new FakeClock(), path, options, async () => expect(existsSync(path)).toBe(true));
    expect(existsSync(path)).toBe(false);
    const failing = withLock(new FakeClock(), path, options, async () => {
      throw new Error('no luck');
    });
    await expect(failing).rejects.toThrow('no luck');
    expect(existsSync(path)).toBe(false);
  });

  it('is taken over from a process that died', async () => {
    using host = new FakeHost();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const path = join(host.root, 'x.lock');
    writeFileSync(path, String(dead));
    let ran = false;
    await withLock(new FakeClock(), path, options, async () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });

  it('waits for a living process, says so once, and gives up in time', async () => {
    using host = new FakeHost();
    mkdirSync(join(host.root, 'locks'));
    const path = join(host.root, 'locks', 'x.lock');
    writeFileSync(path, String(process.pid));
    const clock = new FakeClock();
    const waitedFor: number[] = [];
    const waiting = withLock(
      clock,
      path,
      { ...options, onWait: (pid) => waitedFor.push(pid) },
      async () => undefined,
    );
    const ended = expect(waiting).rejects.toThrow(`process ${process.pid} has been at it for too long`);
    await clock.advance(61_000);
    await ended;
    expect(waitedFor).toEqual([process.pid]);
    expect(existsSync(path)).toBe(true);
  });
});
