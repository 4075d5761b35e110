import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/setup/package-root.ts';

const shim = join(packageRoot(), 'bin', 'rtc-bench.js');
const scratch = mkdtempSync(join(tmpdir(), 'setup-e2e-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function rtcBench(args: string[], env: Record<string, string> = {}) {
  const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 60_000 } as const;
  return spawnSync(process.execPath, [shim, ...args], options);
}

describe('set-up and doctor for real', () => {
  it('finds everything there the second time, in under two seconds', () => {
    const startedAt = performance.now();
    const { status, stderr } = rtcBench(['setup']);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('set-up: everything is there');
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('starts the worker and the browser, and leaves neither process nor folder behind', () => {
    const temporary = mkdtempSync(join(scratch, 'tmp-'));
    const { status, stdout, stderr } = rtcBench(['doctor', '--json'], { TMPDIR: temporary });
    expect(status, stderr).toBe(0);
    const { ok, checks } = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; status: string; detail: string }[];
    };
    expect(ok).toBe(true);
    const detail = (name: string) => checks.find((check) => check.name === name)?.detail;
    expect(detail('mediasoup worker')).toMatch(/^3\.\d+\.\d+ starts in \d+ ms/);
    expect(detail('Chromium')).toMatch(/Chrome\/\d+\.\d+.* starts in \d+ ms/);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('says what is missing and what gets it, and exits 3', () => {
    const { status, stdout } = rtcBench(['doctor'], {
      MEDIASOUP_WORKER_BIN: '/nowhere/mediasoup-worker',
      PUPPETEER_EXECUTABLE_PATH: '/nowhere/chromium',
    });
    expect(status).toBe(3);
    expect(stdout).toMatch(/failure +mediasoup worker +MEDIASOUP_WORKER_BIN is no worker that starts/);
    expect(stdout).toMatch(/failure +Chromium +PUPPETEER_EXECUTABLE_PATH is no Chromium that starts/);
    expect(stdout).toContain('mend: ');
  });

  it('shows what it would do and does nothing', () => {
    const cache = join(scratch, 'empty-cache');
    const { status, stdout } = rtcBench(['setup', '--dry-run'], {
      XDG_CACHE_HOME: cache,
      MEDIASOUP_WORKER_BIN: '',
    });
    expect(status).toBe(0);
    expect(stdout).toContain('mediasoup worker: ');
    expect(readdirSync(scratch)).not.toContain('empty-cache');
  });
});
