import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compileMallocAddon } from '../../bench/lib/synthetic/malloc-addon.ts';
import type { MemoryReading } from '../../bench/lib/synthetic/memory.ts';

const MEBIBYTE = 1024 * 1024;
const PROGRAM = fileURLToPath(new URL('./memory-fixture.ts', import.meta.url));

it('tells what a thread keeps, in its heap and beside it, from what it has dropped', async () => {
  await using malloc = await compileMallocAddon();
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, malloc.file]);
  const [before, heap, native, dropped] = JSON.parse(stdout) as MemoryReading[];
  if (before === undefined || heap === undefined || native === undefined || dropped === undefined)
    throw new Error(`four readings were to come, not ${stdout}`);
  const grown = (later: MemoryReading, earlier: MemoryReading, of: 'heapUsedBytes' | 'mallocUsedBytes') =>
    (later[of] - earlier[of]) / MEBIBYTE;

  expect(before.threads).toBe(2);
  expect(grown(heap, before, 'heapUsedBytes')).toBeCloseTo(8, 0);
  expect(Math.abs(grown(heap, before, 'mallocUsedBytes'))).toBeLessThan(2);
  expect(grown(native, heap, 'mallocUsedBytes')).toBeCloseTo(16, 0);
  expect(Math.abs(grown(native, heap, 'heapUsedBytes'))).toBeLessThan(1);
  expect(Math.abs(grown(dropped, before, 'heapUsedBytes'))).toBeLessThan(1);
  expect(Math.abs(grown(dropped, before, 'mallocUsedBytes'))).toBeLessThan(2);
  expect(dropped.heapHeldBytes).toBeGreaterThan(dropped.heapUsedBytes);
  expect(dropped.mallocHeldBytes).toBeGreaterThan(dropped.mallocUsedBytes);
});
