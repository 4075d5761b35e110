import { timingSafeEqual } from 'node:crypto';
import { CounterKeystream } from './counter-keystream.ts';
import { HMAC_ROOM_BYTES, HmacSha1 } from './hmac-sha1.ts';
import { get16 } from './rtp-header.ts';
import type { SessionKeys } from './srtp-keys.ts';
import type { SrtpTransform } from './srtp-transform.ts';

const TAG_BYTES = 10;
const RTCP_CLEAR_BYTES = 8;
const ENCRYPTED_FLAG = 0x80000000;

/**
 * Where a packet lies while it is protected or verified: behind room for the padded key that its authentication tag
 * begins with, so that it need not be copied for that. Shared, for nothing is kept there from call to call.
 */
const work = Buffer.from(new ArrayBuffer(HMAC_ROOM_BYTES + 2048 + 64));
const PACKET = HMAC_ROOM_BYTES;

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
    const end = PACKET + packet.length;
    work.set(packet, PACKET);
    const counter = this.#rtpCounter(packet, rollover);
    this.#rtp.stream.applyTo(work, PACKET + headerLength, end, counter);
    work.writeUInt32BE(rollover >>> 0, end);
    work.write(this.#rtp.hmac.digest(work, end + 4), end, TAG_BYTES, 'hex');
    return work.subarray(PACKET, end + TAG_BYTES);
  }

  verifyRtp(packet: Buffer, length: number, headerLength: number, rollover: number): boolean {
    const tagAt = length - TAG_BYTES;
    if (tagAt < headerLength) return false;
    packet.copy(work, PACKET, 0, tagAt);
    const end = work.writeUInt32BE(rollover >>> 0, PACKET + tagAt);
    return isTag(this.#rtp.hmac.digest(work, end), packet.subarray(tagAt, length));
  }

  peekPayload(packet: Buffer, length: number, headerLength: number, rollover: number, bytes: number): Buffer {
    const end = Math.min(headerLength + bytes, length - TAG_BYTES);
    return this.#rtp.stream.apply(this.#rtpCounter(packet, rollover), packet.subarray(headerLength, end));
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const end = PACKET + packet.length;
    work.set(packet, PACKET);
    const counter = this.#rtcpCounter(packet, index);
    this.#rtcp.stream.applyTo(work, PACKET + RTCP_CLEAR_BYTES, end, counter);
    const tagAt = work.writeUInt32BE((ENCRYPTED_FLAG | index) >>> 0, end);
    work.write(this.#rtcp.hmac.digest(work, tagAt), tagAt, TAG_BYTES, 'hex');
    return Buffer.from(work.subarray(PACKET, tagAt + TAG_BYTES));
  }

  unprotectRtcp(packet: Buffer): Buffer | null {
    const tagAt = packet.length - TAG_BYTES;
    const end = tagAt - 4;
    if (end < RTCP_CLEAR_BYTES) return null;
    const word = packet.readUInt32BE(end);
    // Both ends of a WebRTC session encrypt; an unencrypted packet is none of theirs.
    if (word < ENCRYPTED_FLAG) return null;
    packet.copy(work, PACKET, 0, tagAt);
    if (!isTag(this.#rtcp.hmac.digest(work, PACKET + tagAt), packet.subarray(tagAt))) return null;
    const clear = Buffer.from(packet.subarray(0, end));
    this.#rtcp.stream.applyTo(clear, RTCP_CLEAR_BYTES, end, this.#rtcpCounter(packet, word - ENCRYPTED_FLAG));
    return clear;
  }

  /** RFC 3711, section 4.1.1: salt, SSRC and packet index (ROC and sequence number), then the block count. */
  #rtpCounter(packet: Buffer, rollover: number): Buffer {
    return this.#mask(this.#rtp.salt, packet, 8, rollover, get16(packet, 2));
  }

  #rtcpCounter(packet: Buffer, index: number): Buffer {
    return this.#mask(this.#rtcp.salt, packet, 4, index >>> 16, index & 0xffff);
  }

  #mask(salt: Buffer, packet: Buffer, ssrcAt: number, high: number, low: number): Buffer {
    const counter = this.#counter;
    counter.fill(0);
    counter.set(salt);
    counter.writeUInt32BE((counter.readUInt32BE(4) ^ packet.readUInt32BE(ssrcAt)) >>> 0, 4);
    counter.writeUInt32BE((counter.readUInt32BE(8) ^ high) >>> 0, 8);
    counter.writeUInt16BE(counter.readUInt16BE(12) ^ low, 12);
    return counter;
  }
}

function isTag(digest: string, tag: Buffer): boolean {
  return timingSafeEqual(Buffer.from(digest.slice(0, 2 * TAG_BYTES), 'hex'), tag);
}
