import { createSocket, type Socket } from 'node:dgram';
import { SocketDescriptor } from './descriptor.ts';
import { SocketReceiver } from './receiver.ts';
import { classify, get16, get32, headerLength } from './rtp-header.ts';
import { createTransform } from './srtp.ts';
import type { SrtpTransform } from './srtp-transform.ts';
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
const MAX_DATAGRAM_BYTES = 2048;
/**
 * With this many sockets they are read in rounds. With fewer, Node's event loop tells of each datagram: dearer, but
 * the time of arrival is exact.
 */
const ROUNDS_FROM_SOCKETS = 40;
/**
 * A round is what came meanwhile. The longer it is, the fewer sockets are found empty, and the later is the time of
 * arrival that is noted: by half of this on average.
 */
const ROUND_MS_PER_SOCKET = 0.1;
const MAX_ROUND_MS = 8;
/** Datagrams taken from one socket in a round; what is due to be sent must not wait for a flood. */
const MAX_READS = 64;

export interface LoopOptions {
  handlers: PacketHandlers;
  /** Monotonic milliseconds, the same clock in every loop of a host. */
  nowMs(): number;
  /** Unix time minus that clock. */
  wallOffsetMs: number;
  /** From how many sockets on the TypeScript loop reads in rounds. Default 40. */
  roundsFromSockets?: number;
}

interface OpenSocket {
  id: number;
  socket: Socket;
  /** Null where only Node's own interface reaches the socket. */
  descriptor: SocketDescriptor | null;
  counters: Float64Array;
  receiver: SocketReceiver;
  send: SrtpTransform | null;
  receive: SrtpTransform | null;
  /** Highest extended sequence number sent on each SSRC, for the rollover counter. */
  sent: Map<number, number>;
  rtcpIndex: number;
}

/**
 * The packet loop on node:dgram, node:fs and node:crypto: slower than the native one, and it runs everywhere. While
 * a socket connects, and while there are few, Node's event loop receives; many are read in rounds by `poll`.
 */
export class TypescriptPacketLoop implements PacketLoop {
  readonly kind = 'typescript';
  readonly epochMs: number;
  readonly outgoing = Buffer.allocUnsafe(OUTGOING_BYTES);
  nextOffset = 0;
  readonly #options: LoopOptions;
  readonly #roundsFromSockets: number;
  readonly #sockets = new Map<number, OpenSocket>();
  /** Those with keys and a descriptor, which can be read in rounds. */
  readonly #readable = new Set<OpenSocket>();
  #readsInRounds = false;
  readonly #incoming = Buffer.from(new ArrayBuffer(MAX_DATAGRAM_BYTES));
  readonly #streams = new Map<number, StreamCounter>();
  #queue: { socketId: number; offset: number; length: number }[] = [];
  #lastId = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#roundsFromSockets = options.roundsFromSockets ?? ROUNDS_FROM_SOCKETS;
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
      id,
      socket,
      descriptor: SocketDescriptor.of(socket),
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
    socket.on('message', (packet) => this.#receive(open, packet, packet.length, this.#options.nowMs()));
    const { port, address } = socket.address();
    return { id, localPort: port, localAddress: address, counters, arrivals };
  }

  close(socketId: number): void {
    const open = this.#sockets.get(socketId);
    if (open === undefined) return;
    this.#sockets.delete(socketId);
    this.#readable.delete(open);
    this.#chooseReading();
    for (const [id, stream] of this.#streams) if (stream.socketId === socketId) this.#streams.delete(id);
    open.socket.close();
  }

  setKeys(socketId: number, keys: SrtpKeys, extensions: ReceiveExtensions): void {
    const open = this.#sockets.get(socketId);
    if (open === undefined) return;
    open.send = createTransform(keys.profile, keys.sendKey, keys.sendSalt);
    open.receive = createTransform(keys.profile, keys.receiveKey, keys.receiveSalt);
    open.receiver.setKeys(open.receive, extensions);
    if (open.descriptor === null || this.#readable.has(open)) return;
    this.#readable.add(open);
    if (this.#readsInRounds) open.descriptor.takeOver();
    else this.#chooseReading();
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
    this.#send(open, data);
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
    // A multiple of four, so that payloads are combined with the keystream word by word.
    this.nextOffset += (length + 3) & ~3;
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
      const ssrc = get32(packet, 8);
      const sequence = get16(packet, 2);
      const highest = open.sent.get(ssrc);
      const extended = highest === undefined ? firstExtended(sequence) : extendSequence(sequence, highest);
      if (highest === undefined || extended > highest) open.sent.set(ssrc, extended);
      this.#send(open, open.send.protectRtp(packet, headerLength(packet, length), rolloverOf(extended)));
    }
  }

  pollIntervalMs(): number {
    if (!this.#readsInRounds) return Number.POSITIVE_INFINITY;
    return Math.min(MAX_ROUND_MS, this.#sockets.size * ROUND_MS_PER_SOCKET);
  }

  poll(): void {
    if (!this.#readsInRounds) return;
    for (const open of this.#readable) this.#read(open);
  }

  dispose(): void {
    for (const id of [...this.#sockets.keys()]) this.close(id);
    this.#queue = [];
  }

  #chooseReading(): void {
    const inRounds = this.#readable.size > 0 && this.#readable.size >= this.#roundsFromSockets;
    if (inRounds === this.#readsInRounds) return;
    this.#readsInRounds = inRounds;
    for (const { descriptor } of this.#readable) {
      if (inRounds) descriptor?.takeOver();
      else descriptor?.giveBack();
    }
  }

  #send({ socket, descriptor, counters }: OpenSocket, packet: Uint8Array): void {
    count(counters, SocketField.datagramsSent, 1);
    count(counters, SocketField.bytesSent, packet.length);
    if (descriptor === null) socket.send(Buffer.from(packet));
    else if (descriptor.write(packet, packet.length) !== null) count(counters, SocketField.sendErrors, 1);
  }

  /** Takes what has come to a socket; handlers may close it meanwhile. */
  #read(open: OpenSocket): void {
    const { descriptor, counters } = open;
    if (descriptor === null) return;
    const nowMs = this.#options.nowMs();
    for (let reads = 0; reads < MAX_READS && this.#readable.has(open); reads += 1) {
      const length = descriptor.read(this.#incoming);
      if (length === -1) return;
      // A refused datagram of ours comes back as an error once.
      if (length < 0) count(counters, SocketField.sendErrors, 1);
      else this.#receive(open, this.#incoming, length, nowMs);
    }
  }

  #receive(open: OpenSocket, packet: Buffer, length: number, nowMs: number): void {
    const { counters } = open;
    count(counters, SocketField.datagramsReceived, 1);
    count(counters, SocketField.bytesReceived, length);
    counters[SocketField.lastReceivedMs] = nowMs;
    const kind = classify(packet, length);
    if (kind === 'rtp') {
      open.receiver.receiveRtp(packet, length, nowMs);
      return;
    }
    count(counters, SocketField.controlReceived, 1);
    if (kind === 'control') this.#options.handlers.onControl(open.id, packet.subarray(0, length), nowMs);
    if (kind !== 'rtcp' || open.receive === null) return;
    const clear = open.receive.unprotectRtcp(packet.subarray(0, length));
    if (clear === null) count(counters, SocketField.authenticationFailures, 1);
    else this.#options.handlers.onRtcp(open.id, clear, nowMs);
  }
}

function count(counters: Float64Array, field: number, amount: number): void {
  counters[field] = (counters[field] ?? 0) + amount;
}
