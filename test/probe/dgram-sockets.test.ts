import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketDescriptor } from '../../src/packets/descriptor.ts';
import { dgramSockets } from '../../src/probe/sockets/dgram.ts';
import type { SendingSocket } from '../../src/probe/sockets/types.ts';

const PACKETS = 2000;
/** Fits the receive buffer that a bare host grants. */
const BURST_PACKETS = 200;

const finders = {
  'by descriptor': SocketDescriptor.of,
  'by calls and events, where this Node gives no descriptor': () => null,
};

it('finds the descriptor of a socket in the Node that runs this', async () => {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  expect(SocketDescriptor.of(socket)).not.toBeNull();
});

describe.each(Object.entries(finders))('sockets of node:dgram %s', (_name, find) => {
  it('carry packets whole, once and in order, more of them at once than an event takes', async () => {
    const seen: number[] = [];
    const lengths = new Set<number>();
    const times: number[] = [];
    const receiver = await dgramSockets(find).openReceiver(
      { address: '127.0.0.1', port: 0, receiveBufferBytes: null, offload: false },
      (data, offset, length, arrivedMs) => {
        seen.push(data.readUInt32BE(offset));
        lengths.add(length);
        times.push(arrivedMs);
      },
    );
    onTestFinished(() => receiver.close());
    const sender = await openSender(find, receiver.port);
    for (let n = 0; n < PACKETS; n += 1) {
      const packet = Buffer.alloc(100);
      packet.writeUInt32BE(n);
      sender.send(packet);
      if ((n + 1) % BURST_PACKETS === 0)
        await expect.poll(() => seen.length, { timeout: 5000, interval: 1 }).toBe(n + 1);
    }
    expect(seen).toEqual(Array.from({ length: PACKETS }, (_, n) => n));
    expect([...lengths]).toEqual([100]);
    expect(times.every((time, n) => time >= (times[n - 1] ?? 0))).toBe(true);
    expect(sender.queued).toBe(0);
    expect(sender.errors.size).toBe(0);
  });

  it('tell of a port at which nobody listens', async () => {
    const vacated = createSocket('udp4');
    vacated.bind(0, '127.0.0.1');
    await once(vacated, 'listening');
    const { port } = vacated.address();
    vacated.close();
    await once(vacated, 'close');
    const sender = await openSender(find, port);
    for (let n = 0; n < 500 && sender.errors.size === 0; n += 1) {
      sender.send(Buffer.alloc(100));
      await turn();
    }
    expect(sender.errors.get('ECONNREFUSED')).toBeGreaterThan(0);
  });
});

async function openSender(find: (typeof finders)['by descriptor'], port: number): Promise<SendingSocket> {
  const sender = await dgramSockets(find).openSender({
    address: '127.0.0.1',
    port,
    sendBufferBytes: null,
    offload: false,
  });
  onTestFinished(() => sender.close());
  return sender;
}
