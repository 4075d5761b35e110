import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import puppeteer, { type Browser } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ObserverService, startService } from '../../src/observer/service.ts';
import { chromiumArguments } from '../../src/participants/browser/chromium-arguments.ts';
import { requireChromium } from '../../src/setup/find-chromium.ts';
import { createSystem } from '../../src/system/real.ts';

/** The upstream client, as an application would ship it, in a real browser, against our service. */

const system = createSystem();
let browser: Browser;
let script: string;

beforeAll(async () => {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL('./monitor-page.js', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    logLevel: 'silent',
  });
  script = outputFiles[0]?.text ?? '';
  const chromium = await requireChromium(system);
  browser = await puppeteer.launch({
    executablePath: chromium.executablePath,
    headless: chromium.headless,
    env: { ...process.env, ...chromium.env },
    args: [
      ...chromium.args,
      ...chromiumArguments(),
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  });
});
afterAll(async () => {
  await browser.close();
  await esbuild.stop();
});

async function rowsOf(directory: string, type: string): Promise<Record<string, string>[]> {
  const [header = '', ...rows] = (await readFile(join(directory, `${type}.ndjson`), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '');
  return [header, ...rows]
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { payload: Record<string, string> }).payload);
}

async function inPage(work: (page: Awaited<ReturnType<Browser['newPage']>>) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>call</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const page = await browser.newPage();
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.addScriptTag({ content: script });
    await work(page);
  } finally {
    await page.close();
    server.close();
  }
}

/** The upstream client's goodbye never leaves the page (its transport is closed first), so silence has to tell. */
const SHORT_LIMITS =
  'observer: {repository: {clientsMaxIdle: 3, peerConnectionsMaxIdle: 3, inboundTracksMaxIdle: 3, outboundTracksMaxIdle: 3}}';

interface PageFunctions {
  startCall(options: object): Promise<void>;
  endCall(): void;
}

describe('client-monitor-js 1.3.2 in Chromium', () => {
  let directory: string;
  let service: ObserverService;

  it.each(['json', 'protobuf'])(
    'is understood in %s: joins, tracks, who sends what, and leaves',
    async (format) => {
      directory = await mkdtemp(join(tmpdir(), 'monitor-'));
      onTestFinished(() => rm(directory, { recursive: true }));
      const configFile = join(directory, 'observer.yaml');
      await writeFile(configFile, SHORT_LIMITS);
      service = await startService(system, {
        configFile,
        outDirectory: directory,
        fileEncoding: 'json',
        host: '127.0.0.1',
        port: 0,
        managementPort: 0,
        token: null,
      });
      const alice = crypto.randomUUID();
      const bob = crypto.randomUUID();
      try {
        await inPage(async (page) => {
          const url = `ws://127.0.0.1:${service.port}/samples/svc/unit`;
          await page.evaluate((options) => (globalThis as unknown as PageFunctions).startCall(options), {
            url,
            alice,
            bob,
            format,
          });
          // Inbound video is matched once both have spoken.
          const matched = async () =>
            (await rowsOf(directory, 'inbound-video-track')).some(
              ({ remoteClientId }) => remoteClientId === alice,
            );
          await expect.poll(matched, { timeout: 30_000, interval: 200 }).toBe(true);
          await page.evaluate(() => (globalThis as unknown as PageFunctions).endCall());
          await expect.poll(() => service.observer.stateCounts().clients, { timeout: 10_000 }).toBe(0);
        });
      } finally {
        await service.close();
      }
      const events = await rowsOf(directory, 'call-event');
      const named = (name: string) => events.filter((event) => event.name === name);
      expect(named('CALL_STARTED')).toMatchObject([{ roomId: 'browser room', serviceId: 'svc' }]);
      expect(
        named('CLIENT_JOINED')
          .map(({ clientId }) => clientId)
          .toSorted(),
      ).toEqual([alice, bob].toSorted());
      expect(
        named('CLIENT_LEFT')
          .map(({ clientId }) => clientId)
          .toSorted(),
      ).toEqual([alice, bob].toSorted());
      expect(named('PEER_CONNECTION_OPENED')).toHaveLength(2);
      expect(named('MEDIA_TRACK_ADDED')).toHaveLength(4);
      expect(await rowsOf(directory, 'outbound-audio-track')).toContainEqual(
        expect.objectContaining({ clientId: alice }),
      );
      const [inbound] = (await rowsOf(directory, 'inbound-audio-track')).filter(
        ({ remoteClientId }) => remoteClientId,
      );
      expect(inbound).toMatchObject({
        clientId: bob,
        remoteClientId: alice,
        remoteUserId: `user of ${alice}`,
      });
      const meta = new Set((await rowsOf(directory, 'call-meta-data')).map(({ type }) => type));
      for (const type of ['BROWSER', 'ENGINE', 'OPERATION_SYSTEM', 'CODEC', 'ICE_LOCAL_CANDIDATE']) {
        expect(meta).toContain(type);
      }
      expect(service.observer.counters.entries('dropped')).toEqual([]);
    },
  );
});
