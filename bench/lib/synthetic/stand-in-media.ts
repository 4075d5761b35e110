import type { MediaKind } from '../../../src/scenario/plan-types.ts';

/** A 360p video at 30 frames a second is about 60 packets a second; a voice is 50. */
const SHAPE = {
  video: { intervalMs: 1000 / 30, packetsPerInterval: 2, bytes: 1000, ticksPerInterval: 3000 },
  audio: { intervalMs: 20, packetsPerInterval: 1, bytes: 140, ticksPerInterval: 960 },
} as const;
const HEADER_BYTES = 24;
const SEQUENCE_AT = 2;
const TIMESTAMP_AT = 4;
const SSRC_AT = 8;
/** Extensions as an SFU sends them: abs-send-time and mid (RFC 8285). */
const EXTENSIONS = Buffer.from('bede000222123456403000000', 'hex');

interface Batch {
  data: Buffer;
  lengths: Uint32Array;
}

/** The packets that one transport gets, of each kind one buffer that the kernel cuts up. */
export class MediaStream {
  static readonly kinds: readonly MediaKind[] = ['video', 'audio'];
  readonly #batches: Record<MediaKind, Batch> = {
    video: { data: Buffer.alloc(0), lengths: new Uint32Array(0) },
    audio: { data: Buffer.alloc(0), lengths: new Uint32Array(0) },
  };

  static intervalMs(kind: MediaKind): number {
    return SHAPE[kind].intervalMs;
  }

  add(kind: MediaKind, ssrc: number, payloadType: number): void {
    const { packetsPerInterval, bytes } = SHAPE[kind];
    const added = Array.from({ length: packetsPerInterval }, (_, i) => {
      const packet = Buffer.alloc(bytes, 0x5a);
      packet.fill(0, 0, HEADER_BYTES);
      packet.writeUInt8(0x90, 0);
      const isLast = i === packetsPerInterval - 1;
      packet.writeUInt8((kind === 'video' && isLast ? 0x80 : 0) | payloadType, 1);
      packet.writeUInt16BE(i, SEQUENCE_AT);
      packet.writeUInt32BE(ssrc, SSRC_AT);
      EXTENSIONS.copy(packet, 12);
      return packet;
    });
    const data = Buffer.concat([this.#batches[kind].data, ...added]);
    this.#batches[kind] = { data, lengths: new Uint32Array(data.length / bytes).fill(bytes) };
  }

  /** The next interval's packets; null where there are none of the kind. Good until the next call. */
  next(kind: MediaKind): Batch | null {
    const batch = this.#batches[kind];
    const { bytes, packetsPerInterval, ticksPerInterval } = SHAPE[kind];
    const { data } = batch;
    if (data.length === 0) return null;
    for (let at = 0; at < data.length; at += bytes) {
      const sequence = data.readUInt16BE(at + SEQUENCE_AT);
      data.writeUInt16BE((sequence + packetsPerInterval) & 0xffff, at + SEQUENCE_AT);
      data.writeUInt32BE((data.readUInt32BE(at + TIMESTAMP_AT) + ticksPerInterval) >>> 0, at + TIMESTAMP_AT);
    }
    return batch;
  }
}
