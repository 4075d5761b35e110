import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { environmentError } from '../../errors.ts';
import { SocketDescriptor } from '../../packets/descriptor.ts';
import type {
  OnPacket,
  ReceiverOptions,
  ReceivingSocket,
  SenderOptions,
  SendingSocket,
  SocketKind,
} from './types.ts';

type DescriptorOf = (socket: Socket) => SocketDescriptor | null;

const familyOf = (address: string) => (address.includes(':') ? 'udp6' : 'udp4');

/** A call with a callback costs a tick, and without one a failed send is not told: one in so many is looked at. */
const ERROR_SAMPLE = 64;
/** Packets that wait for a full kernel before the sender is told that it is ahead. */
const WAITING_PACKETS = 64;
/** Datagrams closer than this are a queue that is being emptied: the rest of it is read without events. */
const QUEUED_MS = 0.02;
/** Read at once at most, so that timers and commands get their turn. */
const DRAIN_PACKETS = 512;
const SLOT_BYTES = 65_536;

/**
 * Sockets of node:dgram: one system call a packet, nothing to build. `descriptorOf` finds the descriptor of a socket;
 * where it finds none, the socket's own calls and events do the work.
 */
export function dgramSockets(descriptorOf: DescriptorOf = SocketDescriptor.of): SocketKind {
  return {
    kind: 'dgram',
    openSender: (options) => openSender(options, descriptorOf),
    openReceiver: (options, onPacket) => openReceiver(options, onPacket, descriptorOf),
  };
}

async function openSender(
  { address, port, sendBufferBytes }: SenderOptions,
  descriptorOf: DescriptorOf,
): Promise<SendingSocket> {
  const socket = createSocket(familyOf(address));
  await opened(socket, () => socket.connect(port, address), 'connect');
  if (sendBufferBytes !== null) setBuffer(() => socket.setSendBufferSize(sendBufferBytes));
  const errors = new Map<string, number>();
  const note = (code: string) => errors.set(code, (errors.get(code) ?? 0) + 1);
  socket.on('error', (error: NodeJS.ErrnoException) => note(error.code ?? 'unknown'));
  const descriptor = descriptorOf(socket);
  const path = descriptor === null ? byCalls(socket, note) : byDescriptor(descriptor, note);
  return Object.assign(path, {
    sendBufferBytes: socket.getSendBufferSize(),
    errors,
    close: () => {
      socket.close();
    },
  });
}

async function openReceiver(
  { address, port, receiveBufferBytes }: ReceiverOptions,
  onPacket: OnPacket,
  descriptorOf: DescriptorOf,
): Promise<ReceivingSocket> {
  const socket = createSocket({ type: familyOf(address) });
  await opened(socket, () => socket.bind(port, address), 'listening');
  if (receiveBufferBytes !== null) setBuffer(() => socket.setRecvBufferSize(receiveBufferBytes));
  // After the buffer is set, so that the first packets already find its size.
  socket.on('message', onMessages(descriptorOf(socket), onPacket));
  socket.on('error', () => {});
  const bound = socket.address();
  return {
    address: bound.address,
    port: bound.port,
    receiveBufferBytes: socket.getRecvBufferSize(),
    setReceiveBuffer(bytes) {
      setBuffer(() => socket.setRecvBufferSize(bytes));
      return socket.getRecvBufferSize();
    },
    close: () => socket.close(),
  };
}

type SendPath = Pick<SendingSocket, 'send' | 'flush' | 'queued'>;

function byCalls(socket: Socket, note: (code: string) => void): SendPath {
  const called = (error: NodeJS.ErrnoException | null) => {
    if (error !== null) note(error.code ?? 'unknown');
  };
  let count = 0;
  return {
    send(packet) {
      count += 1;
      if (count % ERROR_SAMPLE === 1) socket.send(packet, called);
      else socket.send(packet);
      return socket.getSendQueueCount() === 0;
    },
    flush() {},
    get queued() {
      return socket.getSendQueueCount();
    },
  };
}

function byDescriptor(descriptor: SocketDescriptor, note: (code: string) => void): SendPath {
  /** What a full kernel has not taken, oldest first. */
  const waiting: Buffer[] = [];
  const isTaken = (packet: Buffer) => {
    const code = descriptor.write(packet, packet.length);
    if (code === 'EAGAIN' || code === 'ENOBUFS') return false;
    // A packet that the kernel refused for good is sent and lost.
    if (code !== null) note(code);
    return true;
  };
  const flush = () => {
    let taken = 0;
    for (const packet of waiting) {
      if (!isTaken(packet)) break;
      taken += 1;
    }
    if (taken > 0) waiting.splice(0, taken);
  };
  return {
    send(packet) {
      if (waiting.length >= WAITING_PACKETS) flush();
      if (waiting.length === 0 && isTaken(packet)) return true;
      waiting.push(packet);
      return false;
    },
    flush,
    get queued() {
      return waiting.length;
    },
  };
}

/**
 * Events while packets come one by one, for the time of each is then its own; where they queue, the queue is read to
 * its end, which costs less than half of an event each.
 */
function onMessages(descriptor: SocketDescriptor | null, onPacket: OnPacket): (data: Buffer) => void {
  const slot = Buffer.alloc(SLOT_BYTES);
  let lastMs = Number.NEGATIVE_INFINITY;
  return (data) => {
    const now = performance.now();
    const isQueued = now - lastMs < QUEUED_MS;
    lastMs = now;
    onPacket(data, 0, data.length, now);
    if (descriptor === null || !isQueued) return;
    for (let n = 0; n < DRAIN_PACKETS; n += 1) {
      const length = descriptor.read(slot);
      if (length < 0) return;
      lastMs = performance.now();
      onPacket(slot, 0, length, lastMs);
    }
  };
}

async function opened(socket: Socket, open: () => void, event: 'connect' | 'listening'): Promise<void> {
  try {
    const done = once(socket, event);
    open();
    await done;
  } catch (error) {
    socket.close();
    const { code, message } = error as NodeJS.ErrnoException;
    throw environmentError('RTCB_PROBE_SOCKET', `cannot open a UDP socket: ${message}`, {
      cause: error,
      hint:
        code === 'EADDRINUSE'
          ? 'another program has the port: choose another with --port'
          : 'check the address',
    });
  }
}

function setBuffer(set: () => void): void {
  try {
    set();
  } catch (error) {
    throw environmentError('RTCB_PROBE_BUFFER', 'the kernel refused the buffer size', { cause: error });
  }
}
