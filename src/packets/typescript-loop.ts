import { createSocket, type Socket } from 'node:dgram';
import { SocketReceiver } from './receiver.ts';
import { classify, headerLength } from './rtp-header.ts';
import { createTransform, type SrtpTransform } from './srtp.ts';
import { extendSequence, firstExtended, rolloverOf, type StreamCounter } from './stream-counter.ts';
import {
  ARRIVALS,
  MAX_PACKET_BYTES,
  type OpenOptions,
  type PacketHandlers,
  type PacketLoop,
  type PacketSocket,
  type ReceiveExtensions,
  type ReceiveStream,
  SOCKET_FIELDS,
  SocketField,
  type SrtpKeys,
  type StreamOptions,
} from './types.ts';

const OUTGOING_BYTES = 256 * 1024;

export interface LoopOptions {
  handlers: PacketHandlers;
  /** Monotonic milliseconds, the same clock in every loop of a host. */
  nowMs(): number;
  /** Unix time minus that clock. */
  wallOffsetMs: number;
}

interface OpenSocket {
  socket: Socket;
  counters: Float64Array;
  receiver: SocketReceiver;
  send: SrtpTransform | null;
  receive: SrtpTransform | null;
  /** Highest extended sequence number sent on each SSRC, for the rollover counter. */
  sent: Map<number, number>;
  rtcpIndex: number;
}

/** The packet loop on node:dgram and node:crypto: slower than the native one, and it runs everywhere. */
export class TypescriptPacketLoop implements PacketLoop {
  readonly kind = 'typescript';
  readonly epochMs: number;
  readonly outgoing = Buffer.allocUnsafe(OUTGOING_BYTES);
  nextOffset = 0;
  readonly #options: LoopOptions;
  readonly #sockets = new Map<number, OpenSocket>();
  readonly #streams = new Map<number, StreamCounter>();
  #queue: { socketId: number; offset: number; length: number }[] = [];
  #lastId = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.epochMs = options.nowMs();
  }

  async open(options: OpenOptions): Promise<PacketSocket> {
    const socket = createSocket({
      type: options.address.includes(':') ? 'udp6' : 'udp4',
      recvBufferSize: options.receiveBufferBytes,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(options.port, options.address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    this.#lastId += 1;
    const id = this.#lastId;
    const counters = new Float64Array(SOCKET_FIELDS);
    const arrivals = new Uint32Array(options.recordArrivals ? 2 * ARRIVALS : 0);
    const receiver = new SocketReceiver(counters, arrivals, this.#options.handlers, {
      epochMs: this.epochMs,
      wallOffsetMs: this.#options.wallOffsetMs,
    });
    const open: OpenSocket = {
      socket,
      counters,
      receiver,
      send: null,
      receive: null,
      sent: new Map(),
      rtcpIndex: 0,
    };
    this.#sockets.set(id, open);
    // A refused datagram (nobody listens any more) comes back as an error; consent tells whether it matters.
    socket.on('error', () => count(counters, SocketField.sendErrors, 1));
    socket.on('message', (packet) => this.#receive(id, open, packet));
    const { port, address } = socket.address();
    return { id, localPort: port, localAddress: address, counters, arrivals };
  }

  close(socketId: number): void {
    const open = this.#sockets.get(socketId);
    if (open === undefined) return;
    this.#sockets.delete(socketId);
    for (const [id, stream] of this.#streams) if (stream.socketId === socketId) this.#streams.delete(id);
    open.socket.close();
  }

  setKeys(socketId: number, keys: SrtpKeys, extensions: ReceiveExtensions): void {
    const open = this.#sockets.get(socketId);
    if (open === undefined) return;
    open.send = createTransform(keys.profile, keys.sendKey, keys.sendSalt);
    open.receive = createTransform(keys.profile, keys.receiveKey, keys.receiveSalt);
    open.receiver.setKeys(open.receive, extensions);
  }

  addStream(socketId: number, options: StreamOptions): ReceiveStream {
    const open = this.#sockets.get(socketId);
    if (open === undefined) throw new Error(`no socket ${socketId}`);
    this.#lastId += 1;
    const stream = open.receiver.addStream(this.#lastId, socketId, options);
    this.#streams.set(stream.id, stream);
    return stream;
  }

  removeStream(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    this.#streams.delete(streamId);
    this.#sockets.get(stream.socketId)?.receiver.removeStream(stream);
  }

  restartFrames(streamId: number): void {
    this.#streams.get(streamId)?.frames.restart();
  }

  sendControl(socketId: number, data: Uint8Array): void {
    const open = this.#sockets.get(socketId);
    if (open === undefined) return;
    count(open.counters, SocketField.controlSent, 1);
    this.#send(open, Buffer.from(data));
  }

  sendRtcp(socketId: number, packet: Uint8Array): void {
    const open = this.#sockets.get(socketId);
    if (open?.send === undefined || open.send === null) return;
    const index = open.rtcpIndex;
    open.rtcpIndex += 1;
    count(open.counters, SocketField.controlSent, 1);
    this.#send(open, open.send.protectRtcp(Buffer.from(packet), index));
  }

  queueRtp(socketId: number, length: number): void {
    this.#queue.push({ socketId, offset: this.nextOffset, length });
    this.nextOffset += length;
    if (this.nextOffset + MAX_PACKET_BYTES > OUTGOING_BYTES) this.flush();
  }

  flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    this.nextOffset = 0;
    for (const { socketId, offset, length } of queue) {
      const open = this.#sockets.get(socketId);
      if (open?.send === undefined || open.send === null) continue;
      const packet = this.outgoing.subarray(offset, offset + length);
      const ssrc = packet.readUInt32BE(8);
      const sequence = packet.readUInt16BE(2);
      const highest = open.sent.get(ssrc);
      const extended = highest === undefined ? firstExtended(sequence) : extendSequence(sequence, highest);
      if (highest === undefined || extended > highest) open.sent.set(ssrc, extended);
      this.#send(open, open.send.protectRtp(packet, headerLength(packet), rolloverOf(extended)));
    }
  }

  /** Node's event loop receives. */
  poll(): void {}

  dispose(): void {
    for (const id of [...this.#sockets.keys()]) this.close(id);
    this.#queue = [];
  }

  #send(open: OpenSocket, packet: Buffer): void {
    count(open.counters, SocketField.datagramsSent, 1);
    count(open.counters, SocketField.bytesSent, packet.length);
    open.socket.send(packet);
  }

  #receive(id: number, open: OpenSocket, packet: Buffer): void {
    const nowMs = this.#options.nowMs();
    const { counters } = open;
    count(counters, SocketField.datagramsReceived, 1);
    count(counters, SocketField.bytesReceived, packet.length);
    counters[SocketField.lastReceivedMs] = nowMs;
    const kind = classify(packet);
    if (kind === 'rtp') {
      open.receiver.receiveRtp(packet, nowMs);
      return;
    }
    count(counters, SocketField.controlReceived, 1);
    if (kind === 'control') this.#options.handlers.onControl(id, packet, nowMs);
    if (kind !== 'rtcp' || open.receive === null) return;
    const clear = open.receive.unprotectRtcp(packet);
    if (clear === null) count(counters, SocketField.authenticationFailures, 1);
    else this.#options.handlers.onRtcp(id, clear, nowMs);
  }
}

function count(counters: Float64Array, field: number, amount: number): void {
  counters[field] = (counters[field] ?? 0) + amount;
}
