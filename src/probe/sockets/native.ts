import { createRequire } from 'node:module';
import { environmentError, errorMessage } from '../../errors.ts';
import type {
  OnPacket,
  ReceiverOptions,
  ReceivingSocket,
  SenderOptions,
  SendingSocket,
  SocketKind,
} from './types.ts';

/** What native/packets/datagrams.cpp exports. */
interface DatagramAddon {
  datagramOpen(
    address: string,
    port: number,
    isSender: number,
    bufferBytes: number,
    offload: number,
  ): [number, number, number];
  datagramSetReceiveBuffer(descriptor: number, bytes: number): number;
  datagramSend(
    descriptor: number,
    data: Buffer,
    lengths: Uint32Array,
    count: number,
    offload: number,
  ): number;
  datagramReceive(
    descriptor: number,
    data: Buffer,
    meta: Float64Array,
    slotBytes: number,
    timeoutMs: number,
  ): number;
  datagramClose(descriptor: number): void;
}

const BATCH_PACKETS = 64;
/** Room for the largest datagram; pages that no packet reaches are never touched. */
const SLOT_BYTES = 65_536;
const META_FIELDS = 4;
/** The thread also has messages to answer. */
const BUSY_WAIT_MS = 1;
const IDLE_WAIT_MS = 10;
/** Without a packet for so long the thread only looks now and then. */
const IDLE_AFTER_MS = 500;
const BATCHES_A_TURN = 32;

const EAGAIN = -11;
const ENOBUFS = -105;

/** The addon, or null where the file has no datagrams in it (another system, an older build). */
function loadAddon(file: string): DatagramAddon | null {
  const addon = createRequire(import.meta.url)(file) as Partial<DatagramAddon>;
  return typeof addon.datagramOpen === 'function' ? (addon as DatagramAddon) : null;
}

/** Whether this file can be used here: asked once, before any thread starts. */
export function hasDatagrams(file: string): boolean {
  try {
    return loadAddon(file) !== null;
  } catch {
    return false;
  }
}

/** Sockets of the native addon: many packets a system call, arrival times from the kernel. */
export function nativeSockets(file: string): SocketKind {
  const addon = loadAddon(file);
  if (addon === null)
    throw environmentError('RTCB_PROBE_NATIVE', 'the native addon has no datagrams in it', {
      hint: 'build it again with rtc-bench setup',
    });
  return {
    kind: 'native',
    openSender: async (options) => openSender(addon, options),
    openReceiver: async (options, onPacket) => openReceiver(addon, options, onPacket),
  };
}

function opened(addon: DatagramAddon, ...parameters: Parameters<DatagramAddon['datagramOpen']>) {
  try {
    return addon.datagramOpen(...parameters);
  } catch (error) {
    throw environmentError('RTCB_PROBE_SOCKET', errorMessage(error), {
      cause: error,
      hint: 'check address and port',
    });
  }
}

function openSender(addon: DatagramAddon, options: SenderOptions): SendingSocket {
  const { address, port, sendBufferBytes, offload } = options;
  const [descriptor, , granted] = opened(addon, address, port, 1, sendBufferBytes ?? 0, 0);
  const data = Buffer.alloc(BATCH_PACKETS * 1500);
  let batch = data;
  const lengths = new Uint32Array(BATCH_PACKETS);
  const errors = new Map<string, number>();
  let count = 0;
  let used = 0;

  const flush = () => {
    while (count > 0) {
      const sent = addon.datagramSend(descriptor, batch, lengths, count, offload ? 1 : 0);
      if (sent === EAGAIN || sent === ENOBUFS) return;
      if (sent < 0) errors.set(`errno ${-sent}`, (errors.get(`errno ${-sent}`) ?? 0) + 1);
      // A packet that the kernel refused for good is sent and lost.
      drop(sent < 0 ? 1 : sent);
    }
  };
  const drop = (packets: number) => {
    let bytes = 0;
    for (let i = 0; i < packets; i += 1) bytes += lengths[i] ?? 0;
    batch.copyWithin(0, bytes, used);
    lengths.copyWithin(0, packets, count);
    used -= bytes;
    count -= packets;
  };
  return {
    sendBufferBytes: granted < 0 ? null : granted,
    errors,
    send(packet) {
      if (count === BATCH_PACKETS || used + packet.length > batch.length) flush();
      if (used + packet.length > batch.length) {
        const larger = Buffer.alloc(BATCH_PACKETS * SLOT_BYTES);
        batch.copy(larger, 0, 0, used);
        batch = larger;
      }
      batch.set(packet, used);
      lengths[count] = packet.length;
      used += packet.length;
      count += 1;
      return true;
    },
    flush,
    get queued() {
      return count;
    },
    close: () => addon.datagramClose(descriptor),
  };
}

function openReceiver(addon: DatagramAddon, options: ReceiverOptions, onPacket: OnPacket): ReceivingSocket {
  const { address, port, receiveBufferBytes, offload } = options;
  const [descriptor, localPort, granted] = opened(
    addon,
    address,
    port,
    0,
    receiveBufferBytes ?? 0,
    offload ? 1 : 0,
  );
  const data = Buffer.alloc(BATCH_PACKETS * SLOT_BYTES);
  const meta = new Float64Array(BATCH_PACKETS * META_FIELDS);
  // The kernel stamps with the wall clock; only differences are used, and this keeps them near the thread's own.
  const offsetMs = performance.timeOrigin;
  let closed = false;
  let lastPacketMs = performance.now();

  const drain = (messages: number) => {
    for (let i = 0; i < messages; i += 1) {
      const at = i * META_FIELDS;
      const end = (meta[at] ?? 0) + (meta[at + 1] ?? 0);
      const segment = meta[at + 2] ?? 0;
      const stamp = meta[at + 3] ?? 0;
      const arrivedMs = stamp === 0 ? performance.now() : stamp - offsetMs;
      for (let offset = meta[at] ?? 0; offset < end && segment > 0; offset += segment)
        onPacket(data, offset, Math.min(segment, end - offset), arrivedMs);
    }
  };
  const turn = () => {
    if (closed) return;
    const isIdle = performance.now() - lastPacketMs > IDLE_AFTER_MS;
    let messages = addon.datagramReceive(descriptor, data, meta, SLOT_BYTES, isIdle ? 0 : BUSY_WAIT_MS);
    if (messages > 0) lastPacketMs = performance.now();
    for (let n = 0; messages > 0 && n < BATCHES_A_TURN; n += 1) {
      drain(messages);
      messages = n + 1 < BATCHES_A_TURN ? addon.datagramReceive(descriptor, data, meta, SLOT_BYTES, 0) : 0;
    }
    if (isIdle) setTimeout(turn, IDLE_WAIT_MS);
    else setImmediate(turn);
  };
  setImmediate(turn);
  return {
    address,
    port: localPort,
    receiveBufferBytes: granted < 0 ? null : granted,
    setReceiveBuffer: (bytes) => addon.datagramSetReceiveBuffer(descriptor, bytes),
    close() {
      closed = true;
      addon.datagramClose(descriptor);
    },
  };
}
