import { hash, timingSafeEqual } from 'node:crypto';
import { CounterKeystream } from './counter-keystream.ts';
import type { SrtpTransform } from './srtp.ts';
import type { SessionKeys } from './srtp-keys.ts';

const TAG_BYTES = 10;
const RTCP_CLEAR_BYTES = 8;
const ENCRYPTED_FLAG = 0x80000000;
const SHA1_BLOCK = 64;
const SHA1_BYTES = 20;

/**
 * HMAC-SHA1 (RFC 2104) as two one-shot hashes: a third of what createHmac costs for a packet.
 */
class HmacSha1 {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    this.#inner = Buffer.alloc(SHA1_BLOCK + 2048, 0);
    this.#outer = Buffer.alloc(SHA1_BLOCK + SHA1_BYTES, 0);
    for (let i = 0; i < SHA1_BLOCK; i += 1) {
      const byte = i < key.length ? key.readUInt8(i) : 0;
      this.#inner.writeUInt8(byte ^ 0x36, i);
      this.#outer.writeUInt8(byte ^ 0x5c, i);
    }
  }

  /** Digest of the first `length` bytes of `data` followed by `word`, unless that is null. */
  digest(data: Buffer, length: number, word: number | null): Buffer {
    let end = SHA1_BLOCK + data.copy(this.#inner, SHA1_BLOCK, 0, length);
    if (word !== null) end = this.#inner.writeUInt32BE(word >>> 0, end);
    hash('sha1', this.#inner.subarray(0, end), 'buffer').copy(this.#outer, SHA1_BLOCK);
    return hash('sha1', this.#outer, 'buffer');
  }
}

/** AES_CM_128_HMAC_SHA1_80, RFC 3711. */
export class CmTransform implements SrtpTransform {
  readonly rtpTagBytes = TAG_BYTES;
  readonly #rtp: { stream: CounterKeystream; hmac: HmacSha1; salt: Buffer };
  readonly #rtcp: { stream: CounterKeystream; hmac: HmacSha1; salt: Buffer };
  readonly #counter = Buffer.alloc(16);

  constructor(keys: { rtp: SessionKeys; rtcp: SessionKeys }) {
    const make = ({ key, salt, authenticationKey }: SessionKeys) => ({
      stream: new CounterKeystream(key),
      hmac: new HmacSha1(authenticationKey),
      salt,
    });
    this.#rtp = make(keys.rtp);
    this.#rtcp = make(keys.rtcp);
  }

  protectRtp(packet: Buffer, headerLength: number, rollover: number): Buffer {
    const result = Buffer.allocUnsafe(packet.length + TAG_BYTES);
    packet.copy(result, 0, 0, headerLength);
    this.#rtp.stream
      .apply(this.#rtpCounter(packet, rollover), packet.subarray(headerLength))
      .copy(result, headerLength);
    this.#rtp.hmac.digest(result, packet.length, rollover).copy(result, packet.length, 0, TAG_BYTES);
    return result;
  }

  unprotectRtp(packet: Buffer, headerLength: number, rollover: number): Buffer | null {
    const end = packet.length - TAG_BYTES;
    if (end < headerLength) return null;
    const tag = this.#rtp.hmac.digest(packet, end, rollover).subarray(0, TAG_BYTES);
    if (!timingSafeEqual(tag, packet.subarray(end))) return null;
    const payload = this.#rtp.stream.apply(
      this.#rtpCounter(packet, rollover),
      packet.subarray(headerLength, end),
    );
    return Buffer.concat([packet.subarray(0, headerLength), payload]);
  }

  peekPayload(packet: Buffer, headerLength: number, rollover: number, length: number): Buffer {
    const end = Math.min(headerLength + length, packet.length - TAG_BYTES);
    return this.#rtp.stream.apply(this.#rtpCounter(packet, rollover), packet.subarray(headerLength, end));
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const result = Buffer.allocUnsafe(packet.length + 4 + TAG_BYTES);
    packet.copy(result, 0, 0, RTCP_CLEAR_BYTES);
    this.#rtcp.stream
      .apply(this.#rtcpCounter(packet, index), packet.subarray(RTCP_CLEAR_BYTES))
      .copy(result, RTCP_CLEAR_BYTES);
    const end = result.writeUInt32BE((ENCRYPTED_FLAG | index) >>> 0, packet.length);
    this.#rtcp.hmac.digest(result, end, null).copy(result, end, 0, TAG_BYTES);
    return result;
  }

  unprotectRtcp(packet: Buffer): Buffer | null {
    const end = packet.length - TAG_BYTES;
    if (end < RTCP_CLEAR_BYTES + 4) return null;
    const word = packet.readUInt32BE(end - 4);
    if (word < ENCRYPTED_FLAG) return null;
    const tag = this.#rtcp.hmac.digest(packet, end, null).subarray(0, TAG_BYTES);
    if (!timingSafeEqual(tag, packet.subarray(end))) return null;
    const payload = this.#rtcp.stream.apply(
      this.#rtcpCounter(packet, word - ENCRYPTED_FLAG),
      packet.subarray(RTCP_CLEAR_BYTES, end - 4),
    );
    return Buffer.concat([packet.subarray(0, RTCP_CLEAR_BYTES), payload]);
  }

  /** RFC 3711, section 4.1.1: salt, SSRC and packet index (ROC and sequence number), then the block count. */
  #rtpCounter(packet: Buffer, rollover: number): Buffer {
    return this.#mask(this.#rtp.salt, packet, 8, rollover, packet.readUInt16BE(2));
  }

  #rtcpCounter(packet: Buffer, index: number): Buffer {
    return this.#mask(this.#rtcp.salt, packet, 4, index >>> 16, index & 0xffff);
  }

  #mask(salt: Buffer, packet: Buffer, ssrcAt: number, high: number, low: number): Buffer {
    const counter = this.#counter;
    counter.fill(0);
    salt.copy(counter);
    counter.writeUInt32BE((counter.readUInt32BE(4) ^ packet.readUInt32BE(ssrcAt)) >>> 0, 4);
    counter.writeUInt32BE((counter.readUInt32BE(8) ^ high) >>> 0, 8);
    counter.writeUInt16BE(counter.readUInt16BE(12) ^ low, 12);
    return counter;
  }
}
