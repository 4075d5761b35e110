import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { npmChromium } from '../../src/setup/chromium/npm.ts';
import { CHROMIUM_PACKAGE_VERSION, npmChromiumLayout } from '../../src/setup/chromium/npm-layout.ts';
import { puppeteerChrome } from '../../src/setup/chromium/puppeteer.ts';
import { findChromium, requireChromium } from '../../src/setup/find-chromium.ts';
import { sandboxObstacle } from '../../src/setup/sandbox.ts';
import { FakeHost, never } from './fake-host.ts';

const saysVersion = (name: string, major: number) =>
  `echo "${name} ${major}.0.8078.79 built on Debian GNU/Linux"`;

/** A browser in puppeteer's cache, as puppeteer lays it out on Linux. */
function managed(
  host: FakeHost,
  major: number,
  script = saysVersion('Google Chrome for Testing', major),
): string {
  const directory = join(host.root, 'puppeteer', 'chrome', `linux-${major}.0.8078.79`, 'chrome-linux64');
  return host.program('chrome', script, directory);
}

describe.runIf(process.platform === 'linux')('finding Chromium', () => {
  it('takes the newest that puppeteer manages before the system’s', async () => {
    using host = new FakeHost();
    const system = host.program('chromium', saysVersion('Chromium', 156));
    expect(await findChromium(host.system)).toMatchObject({
      executablePath: system,
      source: 'system',
      headless: true,
      version: 'Chromium 156.0.8078.79',
    });
    managed(host, 99);
    const newest = managed(host, 155);
    expect(await findChromium(host.system)).toMatchObject({ executablePath: newest, source: 'puppeteer' });
  });

  it('passes over one that does not start, for want of a library say', async () => {
    using host = new FakeHost();
    managed(host, 155, 'echo "error while loading shared libraries: libnss3.so" >&2; exit 127');
    const chrome = host.program('google-chrome', saysVersion('Google Chrome', 150));
    expect(await findChromium(host.system)).toMatchObject({ executablePath: chrome, source: 'system' });
  });

  it('passes over a snap, which cannot read the profiles of a run', async () => {
    using host = new FakeHost();
    symlinkSync(host.program('snap', saysVersion('Chromium', 156)), join(host.bin, 'chromium'));
    expect(await findChromium(host.system)).toBeNull();
  });

  it('takes PUPPETEER_EXECUTABLE_PATH alone, and says when it is none', async () => {
    using host = new FakeHost();
    host.program('chromium', saysVersion('Chromium', 156));
    host.env.PUPPETEER_EXECUTABLE_PATH = host.program('own', saysVersion('Chromium', 140));
    expect(await findChromium(host.system)).toMatchObject({ source: 'configured' });
    host.env.PUPPETEER_EXECUTABLE_PATH = join(host.root, 'nowhere');
    await expect(findChromium(host.system)).rejects.toMatchObject({
      code: 'RTCB_CHROMIUM_UNUSABLE',
      exitCode: 3,
    });
  });

  it('tells in one line that there is none and what gets one', async () => {
    using host = new FakeHost();
    expect(await findChromium(host.system)).toBeNull();
    await expect(requireChromium(host.system)).rejects.toMatchObject({
      code: 'RTCB_CHROMIUM_MISSING',
      exitCode: 3,
      hint: 'npx rtc-bench setup',
    });
  });

  it('goes without a sandbox where Chromium would refuse to start with it', async () => {
    using host = new FakeHost();
    expect(await sandboxObstacle(host.system, 0)).toBe('running as root');
    expect(await sandboxObstacle(host.system, 1000)).toBeNull();
    host.program('unshare', 'shift 4; exec "$@"');
    expect(await sandboxObstacle(host.system, 1000)).toBeNull();
    host.program('unshare', 'echo "unshare failed: Operation not permitted"; exit 1');
    expect(await sandboxObstacle(host.system, 1000)).toBe('user namespaces are not allowed here');
    host.program('chromium', saysVersion('Chromium', 156));
    expect((await findChromium(host.system))?.args).toContain('--no-sandbox');
  });
});

/** An `npm` that installs a package of the same layout as the real one, with small files in it. */
function fakeNpm(host: FakeHost, browser = saysVersion('Chromium', 153)): void {
  const bin = join(host.root, 'packed');
  mkdirSync(join(bin, 'lib'), { recursive: true });
  writeFileSync(join(bin, 'lib', 'libnss3.so'), 'library');
  for (const name of ['al2023', 'swiftshader', 'fonts']) {
    const tar = execFileSync('tar', ['-cf', '-', '-C', bin, 'lib']);
    writeFileSync(join(bin, `${name}.tar.br`), brotliCompressSync(tar));
  }
  writeFileSync(join(bin, 'chromium.br'), brotliCompressSync(`#!/bin/sh\n${browser}\n`));
  const target = '$3/node_modules/@sparticuz/chromium';
  host.program(
    'npm',
    `echo "$@" > ${host.root}/npm-args; mkdir -p "${target}"; cp -r ${bin} "${target}/bin"`,
  );
  host.program('tar', 'exec /usr/bin/env -i PATH=/usr/bin:/bin tar "$@"');
}

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('Chromium from npm', () => {
  it('is unpacked once into the cache and found there, with its own libraries', async () => {
    using host = new FakeHost();
    fakeNpm(host);
    const layout = npmChromiumLayout(host.env);
    await npmChromium(host.system).provide(host.progress, never);
    expect(readdirSync(layout.directory).sort()).toEqual(['chromium', 'lib']);
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual([`chromium-npm-${CHROMIUM_PACKAGE_VERSION}`]);
    const found = await findChromium(host.system);
    expect(found).toMatchObject({ source: 'npm', headless: 'shell', executablePath: layout.executablePath });
    expect(found?.env.LD_LIBRARY_PATH).toBe(layout.libraries);
  });

  it('leaves nothing behind when npm fails', async () => {
    using host = new FakeHost();
    host.program('npm', 'echo "npm error network"; exit 1');
    await expect(npmChromium(host.system).provide(host.progress, never)).rejects.toThrow(
      /npm install failed: npm error/,
    );
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual([]);
  });

  it('cannot be had without npm', async () => {
    using host = new FakeHost();
    expect(await npmChromium(host.system).plan()).toBeNull();
  });
});

describe('the Chrome that puppeteer manages', () => {
  it('is given up at once where its server cannot be reached', async () => {
    using host = new FakeHost();
    host.env.PUPPETEER_CHROME_DOWNLOAD_BASE_URL = 'http://127.0.0.1:1';
    const downloading = puppeteerChrome(host.system).provide(host.progress, never);
    await expect(downloading).rejects.toThrow('127.0.0.1:1 cannot be reached');
    expect(existsSync(join(host.root, 'puppeteer'))).toBe(false);
  });
});
