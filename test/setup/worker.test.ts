import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Debian } from '../../src/setup/debian.ts';
import { findWorker, requireWorker, workerCacheDirectories } from '../../src/setup/find-worker.ts';
import { installedPackage } from '../../src/setup/package-root.ts';
import { builtWorker } from '../../src/setup/worker/build.ts';
import { prebuiltWorker } from '../../src/setup/worker/prebuilt.ts';
import { FakeHost, never, WORKER_SCRIPT } from './fake-host.ts';

const version = installedPackage('mediasoup')?.version ?? '';
const cacheOf = (host: FakeHost) => workerCacheDirectories(host.env, version);
const debianOf = (host: FakeHost) =>
  new Debian(host.system, { consent: async () => true, uid: 0, systemRoot: host.root });

/** Tools that "build" a worker: cmake remembers where to, ninja puts a script there. */
function tools(
  host: FakeHost,
  ninja = `echo "[1/1] RTC/Router.cpp"; printf '#!/bin/sh\\n${WORKER_SCRIPT}\\n' > "$2/mediasoup-worker"; chmod 755 "$2/mediasoup-worker"`,
) {
  for (const name of ['g++', 'flatc', 'pkg-config']) host.program(name, 'exit 0');
  host.program(
    'cmake',
    `echo "$@" > ${host.root}/cmake-args; mkdir -p "$6"; cp -r "$(dirname "$6")/patched" ${host.root}/`,
  );
  host.program('ninja', ninja);
}

describe('finding the worker', () => {
  it('takes MEDIASOUP_WORKER_BIN first, and says when it is none', async () => {
    using host = new FakeHost();
    host.env.MEDIASOUP_WORKER_BIN = host.program('my-worker', WORKER_SCRIPT);
    expect(await findWorker(host.system)).toBe(host.env.MEDIASOUP_WORKER_BIN);
    host.env.MEDIASOUP_WORKER_BIN = host.program('other', 'exit 0');
    await expect(findWorker(host.system)).rejects.toMatchObject({
      code: 'RTCB_WORKER_UNUSABLE',
      exitCode: 3,
    });
  });

  it('takes the downloaded one before the built one, and neither if it does not start', async () => {
    using host = new FakeHost();
    const { built, prebuilt } = cacheOf(host);
    const own = join(installedPackage('mediasoup')?.directory ?? '', 'worker/out/Release/mediasoup-worker');
    // A checkout whose mediasoup came with a worker has nothing to find in the cache.
    const expected = (path: string | null) => (existsSync(own) ? own : path);
    expect(await findWorker(host.system)).toBe(expected(null));
    const builtFile = host.program('mediasoup-worker', WORKER_SCRIPT, built);
    expect(await findWorker(host.system)).toBe(expected(builtFile));
    const prebuiltFile = host.program('mediasoup-worker', 'exit 127', prebuilt);
    expect(await findWorker(host.system)).toBe(expected(builtFile));
    host.program('mediasoup-worker', WORKER_SCRIPT, prebuilt);
    expect(await findWorker(host.system)).toBe(expected(prebuiltFile));
  });

  it('tells in one line what is missing and what gets it', async () => {
    using host = new FakeHost();
    if ((await findWorker(host.system)) !== null)
      return expect(await requireWorker(host.system)).toBeTruthy();
    await expect(requireWorker(host.system)).rejects.toMatchObject({
      code: 'RTCB_WORKER_MISSING',
      exitCode: 3,
      hint: 'npx rtc-bench setup',
    });
  });
});

describe('building the worker', () => {
  it('configures the recipe with the changed source, builds, and leaves only the result', async () => {
    using host = new FakeHost();
    tools(host);
    await builtWorker(host.system, debianOf(host)).provide(host.progress, never);
    const { built } = cacheOf(host);
    expect(readdirSync(built)).toEqual(['mediasoup-worker']);
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual([built.split('/').at(-1)]);
    expect(readFileSync(join(host.root, 'cmake-args'), 'utf8')).toContain('/native/mediasoup-worker');
    const patched = readFileSync(join(host.root, 'patched/RTC/DtlsTransport.cpp'), 'utf8');
    expect(patched).toContain('(operationType & BIO_CB_RETURN) != 0');
  });

  it('installs compilers and libraries where Debian has them', async () => {
    using host = new FakeHost();
    host.osRelease('debian');
    host.program('dpkg-query', 'exit 1');
    host.program('env', 'exec /usr/bin/env "$@"');
    const source = builtWorker(host.system, debianOf(host));
    expect(await source.plan()).toBeNull();
    host.program('apt-get', `touch ${host.root}/installed`);
    expect((await source.plan())?.[0]).toMatch(/install Debian packages: apt-get install .*libsrtp2-dev/);
    await expect(source.provide(host.progress, never)).rejects.toThrow(/the build needs cmake, ninja/);
    expect(existsSync(join(host.root, 'installed'))).toBe(true);
  });

  it('tells the compiler error and where the rest is, and leaves no half of a worker', async () => {
    using host = new FakeHost();
    tools(host, 'echo "[1/2] a.cpp"; echo "a.cpp:3:1: error: no such thing"; exit 1');
    const building = builtWorker(host.system, debianOf(host)).provide(host.progress, never);
    await expect(building).rejects.toThrow(
      /ninja failed: a.cpp:3:1: error: no such thing \(whole output: .*log\)/,
    );
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual(['mediasoup-worker-build.log']);
  });

  it('does not keep a worker that does not start', async () => {
    using host = new FakeHost();
    tools(host, `printf '#!/bin/sh\\nexit 127\\n' > "$2/mediasoup-worker"; chmod 755 "$2/mediasoup-worker"`);
    const building = builtWorker(host.system, debianOf(host)).provide(host.progress, never);
    await expect(building).rejects.toThrow('was built but does not start');
    expect(existsSync(cacheOf(host).built)).toBe(false);
  });

  it('is built once by two set-ups at the same time', async () => {
    using host = new FakeHost();
    tools(host);
    const script = readFileSync(join(host.bin, 'ninja'), 'utf8').split('\n').slice(2).join('\n');
    host.program('ninja', `echo x >> ${host.root}/builds; sleep 0.3\n${script}`);
    const source = builtWorker(host.system, debianOf(host));
    await Promise.all([source.provide(host.progress, never), source.provide(host.progress, never)]);
    expect(readFileSync(join(host.root, 'builds'), 'utf8')).toBe('x\n');
  });

  it('ends with its compiler when interrupted', async () => {
    using host = new FakeHost();
    const stop = new AbortController();
    tools(host, `echo $$ > ${host.root}/pid; sleep 60 & wait`);
    const building = builtWorker(host.system, debianOf(host)).provide(
      { ...host.progress, status: () => undefined },
      stop.signal,
    );
    const pidFile = join(host.root, 'pid');
    await expect
      .poll(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '', { timeout: 10_000 })
      .toBe(true);
    stop.abort();
    await expect(building).rejects.toThrow(/abort/i);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual([]);
  });
});

/** Serves releases on loopback while `use` runs. */
async function withReleases(host: FakeHost, serve: RequestListener, use: () => Promise<void>): Promise<void> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  host.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await use();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A release archive as upstream packs it: the worker alone, without a folder. */
function archive(host: FakeHost, script: string): Buffer {
  const directory = join(host.root, 'release');
  mkdirSync(directory);
  host.program('mediasoup-worker', script, directory);
  return execFileSync('tar', ['-czf', '-', '-C', directory, 'mediasoup-worker']);
}

describe('downloading the worker', () => {
  it('takes the release for this version and platform', async () => {
    using host = new FakeHost();
    host.program('tar', 'exec /usr/bin/env -i PATH=/usr/bin:/bin tar "$@"');
    const packed = archive(host, WORKER_SCRIPT);
    const asked: (string | undefined)[] = [];
    await withReleases(
      host,
      (request, response) => {
        asked.push(request.url);
        response.end(packed);
      },
      () => prebuiltWorker(host.system).provide(host.progress, never),
    );
    expect(asked).toEqual([
      expect.stringMatching(`^/${version}/mediasoup-worker-${version}-${process.platform}-`),
    ]);
    expect(readdirSync(cacheOf(host).prebuilt)).toEqual(['mediasoup-worker']);
  });

  it.each([
    ['the server has none', 404, null, 'the server says 404'],
    ['it is no archive', 200, 'not a tar file', 'cannot unpack it'],
    ['it does not start here', 200, 'exit 1', 'does not start on this host'],
  ])('goes on to the next way when %s', async (_case, status, content, message) => {
    using host = new FakeHost();
    host.program('tar', 'exec /usr/bin/env -i PATH=/usr/bin:/bin tar "$@"');
    const body = content === 'exit 1' ? archive(host, content) : (content ?? '');
    await withReleases(
      host,
      (_request, response) => {
        response.statusCode = status;
        response.end(body);
      },
      async () => {
        const downloading = prebuiltWorker(host.system).provide(host.progress, never);
        await expect(downloading).rejects.toThrow(message);
      },
    );
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual([]);
  });

  it('says why the server cannot be reached', async () => {
    using host = new FakeHost();
    host.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL = 'http://127.0.0.1:1';
    const downloading = prebuiltWorker(host.system).provide(host.progress, never);
    await expect(downloading).rejects.toThrow(/download failed: .*(ECONNREFUSED|bad port)/);
  });
});
