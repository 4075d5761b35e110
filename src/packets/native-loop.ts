import { createRequire } from 'node:module';
import { deriveSessionKeys, type SessionKeys } from './srtp-keys.ts';
import {
  ARRIVALS,
  MAX_PACKET_BYTES,
  type OpenOptions,
  type PacketHandlers,
  type PacketLoop,
  type PacketSocket,
  type PayloadFormat,
  type ReceiveExtensions,
  type ReceiveStream,
  SOCKET_FIELDS,
  type SrtpKeys,
  STREAM_FIELDS,
  type StreamOptions,
  WINDOW_PACKETS,
} from './types.ts';
import type { LoopOptions } from './typescript-loop.ts';

const OUTGOING_BYTES = 256 * 1024;
/** Room behind each packet for its authentication tag. */
const TAG_ROOM_BYTES = 16;
const MAX_QUEUED = 2048;
const QUEUE_FIELDS = 3;
const INBOX_BYTES = 512 * 1024;
const INBOX_HEADER_BYTES = 40;
/** InboxKind of native/packets/loop.hpp. */
const InboxKind = { control: 1, rtcp: 2, gap: 3, keyFrame: 4 } as const;
const FORMATS: Record<PayloadFormat, number> = { opus: 0, vp8: 1, h264: 2 };

/**
 * A batch is what came since the last poll. With many sockets few packets come to each, and waiting longer halves
 * the cost of a packet; what is measured does not suffer, for the kernel notes when a packet came.
 */
const POLL_INTERVAL_MS = 2;
const POLL_INTERVAL_MS_PER_SOCKET = 0.1;
const MAX_POLL_INTERVAL_MS = 16;

/** What native/packets/addon.cpp exports. */
export interface PacketAddon {
  create(epochMs: number, wallOffsetMs: number, outgoing: Buffer, inbox: Buffer): object;
  open(
    loop: object,
    address: string,
    port: number,
    receiveBufferBytes: number,
    counters: Float64Array,
    arrivals: Uint32Array,
  ): [number, number, string];
  close(loop: object, socketId: number): void;
  setKeys(
    loop: object,
    socketId: number,
    gcm: number,
    sendRtp: Buffer,
    sendRtcp: Buffer,
    receiveRtp: Buffer,
    receiveRtcp: Buffer,
    transportSequenceId: number,
    captureTimeId: number,
  ): void;
  addStream(
    loop: object,
    socketId: number,
    ssrc: number,
    rtxSsrc: number,
    hasRtx: number,
    clockRateHz: number,
    format: number,
    counters: Float64Array,
    window: Uint32Array,
  ): number;
  removeStream(loop: object, streamId: number): void;
  restartFrames(loop: object, streamId: number): void;
  sendControl(loop: object, socketId: number, data: Uint8Array): void;
  sendRtcp(loop: object, socketId: number, packet: Uint8Array): void;
  flush(loop: object, queue: Uint32Array, packets: number): void;
  poll(loop: object): number;
  dispose(loop: object): void;
  /** For the whole process, once and for good. */
  keepAllocatorLean(): void;
}

/** Throws what Node's loader throws when the file is no addon for this Node. */
export function loadPacketAddon(file: string): PacketAddon {
  return createRequire(import.meta.url)(file) as PacketAddon;
}

/** The packet loop in the native addon: the system calls, the counting and the ciphers are there. */
export class NativePacketLoop implements PacketLoop {
  readonly kind = 'native';
  readonly epochMs: number;
  readonly outgoing = offHeap(OUTGOING_BYTES);
  nextOffset = 0;
  readonly #addon: PacketAddon;
  readonly #loop: object;
  readonly #handlers: PacketHandlers;
  readonly #inbox = offHeap(INBOX_BYTES);
  readonly #headers = new Float64Array(this.#inbox.buffer, this.#inbox.byteOffset, INBOX_BYTES / 8);
  readonly #queue = new Uint32Array(QUEUE_FIELDS * MAX_QUEUED);
  #queued = 0;
  /** The addon holds pointers into these; they stay until it has let go of them. */
  readonly #sockets = new Map<number, PacketSocket>();
  readonly #streams = new Map<number, ReceiveStream & { socketId: number }>();
  #disposed = false;

  constructor(addon: PacketAddon, options: LoopOptions) {
    this.#addon = addon;
    this.#handlers = options.handlers;
    this.epochMs = options.nowMs();
    addon.keepAllocatorLean();
    this.#loop = addon.create(this.epochMs, options.wallOffsetMs, this.outgoing, this.#inbox);
  }

  async open({ address, port, recordArrivals, receiveBufferBytes }: OpenOptions): Promise<PacketSocket> {
    const counters = new Float64Array(new ArrayBuffer(8 * SOCKET_FIELDS));
    const arrivals = new Uint32Array(new ArrayBuffer(recordArrivals ? 8 * ARRIVALS : 0));
    const [id, localPort, localAddress] = this.#addon.open(
      this.#loop,
      address,
      port,
      receiveBufferBytes,
      counters,
      arrivals,
    );
    const socket = { id, localPort, localAddress, counters, arrivals };
    this.#sockets.set(id, socket);
    return socket;
  }

  close(socketId: number): void {
    if (this.#disposed) return;
    this.#addon.close(this.#loop, socketId);
    this.#sockets.delete(socketId);
    for (const [id, stream] of this.#streams) if (stream.socketId === socketId) this.#streams.delete(id);
  }

  setKeys(socketId: number, keys: SrtpKeys, extensions: ReceiveExtensions): void {
    const send = deriveSessionKeys(keys.profile, keys.sendKey, keys.sendSalt);
    const receive = deriveSessionKeys(keys.profile, keys.receiveKey, keys.receiveSalt);
    this.#addon.setKeys(
      this.#loop,
      socketId,
      keys.profile === 'AEAD_AES_128_GCM' ? 1 : 0,
      packKeys(send.rtp),
      packKeys(send.rtcp),
      packKeys(receive.rtp),
      packKeys(receive.rtcp),
      extensions.transportSequenceId ?? 0,
      extensions.captureTimeId ?? 0,
    );
  }

  addStream(socketId: number, { ssrc, rtxSsrc, clockRateHz, format }: StreamOptions): ReceiveStream {
    const counters = new Float64Array(new ArrayBuffer(8 * STREAM_FIELDS));
    const window = new Uint32Array(new ArrayBuffer(WINDOW_PACKETS / 8));
    const id = this.#addon.addStream(
      this.#loop,
      socketId,
      ssrc,
      rtxSsrc ?? 0,
      rtxSsrc === null ? 0 : 1,
      clockRateHz,
      FORMATS[format],
      counters,
      window,
    );
    const stream = { id, counters, window, socketId };
    this.#streams.set(id, stream);
    return stream;
  }

  removeStream(streamId: number): void {
    if (this.#disposed) return;
    this.#addon.removeStream(this.#loop, streamId);
    this.#streams.delete(streamId);
  }

  restartFrames(streamId: number): void {
    this.#addon.restartFrames(this.#loop, streamId);
  }

  sendControl(socketId: number, data: Uint8Array): void {
    if (!this.#disposed) this.#addon.sendControl(this.#loop, socketId, data);
  }

  sendRtcp(socketId: number, packet: Uint8Array): void {
    if (!this.#disposed) this.#addon.sendRtcp(this.#loop, socketId, packet);
  }

  queueRtp(socketId: number, length: number): void {
    const at = QUEUE_FIELDS * this.#queued;
    this.#queue[at] = socketId;
    this.#queue[at + 1] = this.nextOffset;
    this.#queue[at + 2] = length;
    this.#queued += 1;
    this.nextOffset += length + TAG_ROOM_BYTES;
    if (this.nextOffset + MAX_PACKET_BYTES + TAG_ROOM_BYTES > OUTGOING_BYTES || this.#queued === MAX_QUEUED) {
      this.flush();
    }
  }

  flush(): void {
    if (this.#queued > 0 && !this.#disposed) this.#addon.flush(this.#loop, this.#queue, this.#queued);
    this.#queued = 0;
    this.nextOffset = 0;
  }

  poll(): void {
    for (;;) {
      if (this.#disposed) return;
      const used = this.#addon.poll(this.#loop);
      this.#deliver(used < 0 ? -used - 1 : used);
      if (used >= 0) return;
    }
  }

  pollIntervalMs(inHurry: boolean): number {
    if (inHurry) return POLL_INTERVAL_MS;
    return Math.min(MAX_POLL_INTERVAL_MS, this.#sockets.size * POLL_INTERVAL_MS_PER_SOCKET);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#addon.dispose(this.#loop);
    this.#sockets.clear();
    this.#streams.clear();
  }

  /** Hands out what is in the inbox. Handlers may send and close, but the inbox is only filled by `poll`. */
  #deliver(used: number): void {
    const headers = this.#headers;
    for (let at = 0; at < used; ) {
      const word = at / 8;
      const kind = headers[word];
      const id = headers[word + 1] ?? 0;
      const length = headers[word + 2] ?? 0;
      const x = headers[word + 3] ?? 0;
      const from = at + INBOX_HEADER_BYTES;
      if (kind === InboxKind.control)
        this.#handlers.onControl(id, this.#inbox.subarray(from, from + length), x);
      else if (kind === InboxKind.rtcp)
        this.#handlers.onRtcp(id, this.#inbox.subarray(from, from + length), x);
      else if (kind === InboxKind.gap) this.#handlers.onGap(id, x, headers[word + 4] ?? 0);
      else this.#handlers.onKeyFrame(id, this.#inbox.subarray(from, from + length));
      at = from + ((length + 7) & ~7);
    }
  }
}

/** Memory that stays where it is: the addon keeps a pointer to it. */
function offHeap(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes));
}

/** Key, salt padded to 14 bytes, authentication key padded to 20. */
function packKeys({ key, salt, authenticationKey }: SessionKeys): Buffer {
  const packed = Buffer.alloc(50);
  key.copy(packed, 0);
  salt.copy(packed, 16);
  authenticationKey.copy(packed, 30);
  return packed;
}
