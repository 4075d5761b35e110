/** A thread that keeps 8 MiB of objects, then 16 MiB beside the heap too, then nothing; memory is read at each step. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { MemoryReader, type MemoryReading } from '../../bench/lib/synthetic/memory.ts';

const MEBIBYTE = 1024 * 1024;
const CHUNKS = 64;

function keep(step: string, kept: unknown[]): void {
  // Doubles that are no integers: eight bytes each, in the heap.
  if (step === 'heap') {
    for (let i = 0; i < CHUNKS; i += 1) kept.push(new Array((8 * MEBIBYTE) / 8 / CHUNKS).fill(0.5));
  } else if (step === 'native') {
    for (let i = 0; i < CHUNKS; i += 1) kept.push(new ArrayBuffer((16 * MEBIBYTE) / CHUNKS));
  } else {
    kept.splice(0);
  }
}

async function main(): Promise<void> {
  const addonFile = process.argv[2];
  if (addonFile === undefined) throw new Error('usage: memory-fixture.ts ADDON');
  const worker = new Worker(new URL(import.meta.url));
  await once(worker, 'message');
  const reader = await MemoryReader.open(addonFile);
  const readings: MemoryReading[] = [await reader.read(true)];
  for (const step of ['heap', 'native', 'nothing']) {
    worker.postMessage(step);
    await once(worker, 'message');
    readings.push(await reader.read(true));
  }
  console.log(JSON.stringify(readings));
  await worker.terminate();
}

if (isMainThread) {
  await main();
} else {
  const kept: unknown[] = [];
  parentPort?.on('message', (step: string) => {
    keep(step, kept);
    parentPort?.postMessage('done');
  });
  parentPort?.postMessage('ready');
}
