/**
 * Runs with --expose-gc and prints how much of what was taken and freed stays with the process, before and after a
 * native packet loop was made, and how much more memory is in use once that has opened and closed many sockets.
 */
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { loadPacketAddon, NativePacketLoop } from '../../src/packets/native-loop.ts';
import { EXTENSIONS, keysOf } from './peer.ts';

const MEBIBYTE = 1024 * 1024;
const WARM_UP_SOCKETS = 500;
const SOCKETS = 2000;

async function collect(): Promise<void> {
  // Buffers are freed beside the collection that found them unused; the next one waits for that.
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await turn();
  }
}

async function takeAndFree(): Promise<void> {
  // glibc takes blocks up to the largest one freed so far from what it keeps, unless told not to.
  Buffer.allocUnsafeSlow(24 * MEBIBYTE);
  await collect();
  Array.from({ length: 200 }, () => Buffer.alloc(MEBIBYTE / 5, 1));
  await collect();
}

async function openAndClose(loop: NativePacketLoop, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const socket = await loop.open({
      address: '127.0.0.1',
      port: 9,
      recordArrivals: true,
      receiveBufferBytes: 4096,
    });
    loop.setKeys(socket.id, keysOf('AEAD_AES_128_GCM'), EXTENSIONS);
    loop.addStream(socket.id, { ssrc: 1, rtxSsrc: 2, clockRateHz: 90_000, format: 'vp8' });
    loop.sendRtcp(socket.id, Buffer.alloc(20));
    loop.close(socket.id);
  }
  await collect();
}

const [addonFile, mallocFile] = process.argv.slice(2);
if (addonFile === undefined || mallocFile === undefined)
  throw new Error('usage: native-memory-fixture.ts ADDON MALLOC_ADDON');
const malloc = createRequire(import.meta.url)(mallocFile) as {
  read(): [usedBytes: number, heldBytes: number];
};
const residentBytes = process.memoryUsage.rss();
await takeAndFree();
const keptBeforeBytes = process.memoryUsage.rss() - residentBytes;
const nothing = () => {};
const loop = new NativePacketLoop(loadPacketAddon(addonFile), {
  handlers: { onControl: nothing, onRtcp: nothing, onGap: nothing, onKeyFrame: nothing },
  nowMs: () => performance.now(),
  wallOffsetMs: 0,
});
await takeAndFree();
const keptAfterBytes = process.memoryUsage.rss() - residentBytes;
await openAndClose(loop, WARM_UP_SOCKETS);
const [before] = malloc.read();
await openAndClose(loop, SOCKETS);
const [after] = malloc.read();
loop.dispose();
const grownBytesPerSocket = (after - before) / SOCKETS;
console.log(JSON.stringify({ keptBeforeBytes, keptAfterBytes, grownBytesPerSocket }));
