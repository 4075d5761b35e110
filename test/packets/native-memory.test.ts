import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compileMallocAddon } from '../../bench/lib/synthetic/malloc-addon.ts';
import { findPacketAddon } from '../../src/setup/find-packet-addon.ts';

const MEBIBYTE = 1024 * 1024;
const PROGRAM = fileURLToPath(new URL('./native-memory-fixture.ts', import.meta.url));

it('the native packet loop keeps nothing of closed sockets, and its process nothing of what it has freed', async () => {
  const addon = findPacketAddon(process.env);
  if (addon === null) throw new Error('the native packet loop is not built: run rtc-bench setup');
  await using malloc = await compileMallocAddon();
  const args = ['--expose-gc', PROGRAM, addon, malloc.file];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { keptBeforeBytes, keptAfterBytes, grownBytesPerSocket } = JSON.parse(stdout) as Record<
    string,
    number
  >;
  // Without the loop's word to the allocator all of the 40 MiB stays.
  expect(keptBeforeBytes).toBeGreaterThan(30 * MEBIBYTE);
  expect(keptAfterBytes).toBeLessThan(8 * MEBIBYTE);
  // Less than the least that could be forgotten: a socket's entry, its keys, its stream.
  expect(grownBytesPerSocket).toBeLessThan(48);
});
