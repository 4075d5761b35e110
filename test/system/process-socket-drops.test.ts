import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProcessSocketDrops } from '../../src/system/process-socket-drops.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const row = (port: number, inode: number, drops: number) =>
  `  1: 0100007F:${port.toString(16).toUpperCase()} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 ${drops}`;

/** A `/proc` with one process in it. */
async function fakeProc(inodes: readonly number[], rows: readonly string[]) {
  const proc = await mkdtemp(join(tmpdir(), 'rtcb-proc-'));
  onTestFinished(() => rm(proc, { recursive: true }));
  const own = join(proc, '7');
  const write = (tables: readonly string[]) =>
    writeFile(join(own, 'net/udp'), [HEADER, ...tables, ''].join('\n'));
  await mkdir(join(own, 'fd'), { recursive: true });
  await mkdir(join(own, 'net'));
  for (const [fd, inode] of inodes.entries()) await symlink(`socket:[${inode}]`, join(own, 'fd', String(fd)));
  await symlink('/dev/null', join(own, 'fd', '99'));
  await write(rows);
  return { proc, write, close: (fd: number) => rm(join(own, 'fd', String(fd))) };
}

describe('drops of one process', () => {
  it('are those of its own sockets, whatever others have the same port', async () => {
    const { proc } = await fakeProc([11, 12], [row(40_000, 11, 5), row(40_001, 12, 3), row(40_000, 13, 900)]);
    const drops = new ProcessSocketDrops(7, proc);
    expect(await drops.read(40_000)).toEqual({ socketDrops: 8, otherPortDrops: 3 });
    expect(await drops.read(null)).toEqual({ socketDrops: 8, otherPortDrops: null });
  });

  it('do not fall when a socket is closed or its port is taken by another', async () => {
    const { proc, write, close } = await fakeProc([11, 12], [row(40_000, 11, 5), row(40_001, 12, 3)]);
    const drops = new ProcessSocketDrops(7, proc);
    await drops.read(40_000);
    await close(1);
    await write([row(40_000, 11, 6), row(40_001, 21, 70)]);
    expect(await drops.read(40_000)).toEqual({ socketDrops: 9, otherPortDrops: 3 });
  });

  it('are unknown of a process that is not there', async () => {
    const { proc } = await fakeProc([], []);
    expect(await new ProcessSocketDrops(8, proc).read(null)).toBeNull();
  });

  it('are found in the real kernel for a socket that nobody reads', async () => {
    const drops = new ProcessSocketDrops(process.pid);
    const before = await drops.read(null);
    const receiver = await bound();
    receiver.setRecvBufferSize(2048);
    const sender = await bound();
    const { port } = receiver.address();
    const datagram = Buffer.alloc(1000);
    // This thread reads nothing until it is done: what does not fit the buffer is dropped at once.
    const sent = Promise.all(
      Array.from(
        { length: 200 },
        () => new Promise((done) => sender.send(datagram, port, '127.0.0.1', done)),
      ),
    );
    const after = await new ProcessSocketDrops(process.pid).read(port);
    await sent;
    expect(before).not.toBeNull();
    expect(after?.socketDrops).toBeGreaterThan(100);
    expect(after?.otherPortDrops).toBe(0);
  });
});

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
