import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundlePage } from '../../../src/participants/browser/page-bundle.ts';
import { PageServer } from '../../../src/participants/browser/page-server.ts';
import { processTree } from '../../../src/participants/browser/process-tree.ts';
import { sweepLeftovers } from '../../../src/setup/leftovers.ts';
import { parseStat } from '../../../src/system/process-stat.ts';
import { RunDirectory } from '../../../src/system/run-directory.ts';

describe('parseStat', () => {
  it('reads a process whose name is full of traps', () => {
    const line = `42 (a) (b 7) S 1 42 42 0 -1 4194560 5 6 7 8 150 50 30 20 20 0 1 0 900 1000 25 18446744073709551615`;
    expect(parseStat(line)).toEqual({ pid: 42, parentPid: 1, cpuSeconds: 2.5, rssBytes: 25 * 4096 });
  });

  it('takes nothing from a line that is cut off', () => {
    expect(parseStat('42 (chromium) S 1')).toBeNull();
    expect(parseStat('')).toBeNull();
  });
});

describe('processTree', () => {
  it('finds this process with its memory, and nothing below one that is not there', () => {
    const [self] = processTree(process.pid);
    expect(self?.pid).toBe(process.pid);
    expect(self?.rssBytes).toBeGreaterThan(1e6);
    expect(processTree(2 ** 30)).toEqual([]);
  });
});

describe('RunDirectory', () => {
  it('is kept while its owner lives and removed by a later run when it does not', async () => {
    const own = RunDirectory.create('browser');
    const orphan = RunDirectory.create('browser');
    orphan.folder('profile');
    writeFileSync(join(orphan.path, 'pid'), `${2 ** 30} 1\n`);
    const reused = RunDirectory.create('browser');
    writeFileSync(join(reused.path, 'pid'), `${process.pid} 1\n`);
    sweepLeftovers();
    expect(existsSync(own.path)).toBe(true);
    expect(existsSync(orphan.path)).toBe(false);
    expect(existsSync(reused.path)).toBe(false);
    await own.remove();
    expect(existsSync(own.path)).toBe(false);
  });
});

describe('PageServer', () => {
  it('serves the page and its script on loopback, and nothing else', async () => {
    const server = await PageServer.start('let script;', null);
    try {
      expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const page = await fetch(server.url);
      expect(await page.text()).toContain('/page.js');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await (await fetch(`${server.url}page.js`)).text()).toBe('let script;');
      expect((await fetch(`${server.url}../package.json`)).status).toBe(404);
      expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
    } finally {
      await server.close();
    }
  });

  it('says which address it cannot have', async () => {
    await expect(PageServer.start('', '203.0.113.7')).rejects.toMatchObject({
      code: 'RTCB_PAGE_SERVER',
      exitCode: 3,
      message: expect.stringContaining('203.0.113.7'),
    });
  });
});

describe('bundlePage', () => {
  it('makes one script that offers the page API', async () => {
    const script = await bundlePage();
    expect(script).toContain('globalThis.rtcBench');
    expect(script).not.toContain('import ');
  });
});
