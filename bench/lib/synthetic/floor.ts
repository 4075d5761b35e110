import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SOURCE = fileURLToPath(new URL('../../native/floor.c', import.meta.url));
const run = promisify(execFile);

export interface Floor {
  sent: number;
  received: number;
  sendMicroseconds: number;
  receiveMicroseconds: number;
}

/** What a datagram costs in plain C here and now; null where there is no C compiler. */
export async function measureFloor(
  sockets: number,
  packetRatePps: number,
  bytes: number,
  seconds: number,
): Promise<Floor | null> {
  const folder = await mkdtemp(join(tmpdir(), 'rtc-bench-floor-'));
  try {
    const program = join(folder, 'floor');
    try {
      await run('cc', ['-O2', '-pthread', '-o', program, SOURCE]);
    } catch {
      return null;
    }
    const { stdout } = await run(program, [sockets, packetRatePps, bytes, seconds].map(String));
    return JSON.parse(stdout) as Floor;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
