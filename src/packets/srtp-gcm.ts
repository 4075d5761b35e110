import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CounterKeystream } from './counter-keystream.ts';
import type { SessionKeys } from './srtp-keys.ts';
import type { SrtpTransform } from './srtp-transform.ts';

const TAG_BYTES = 16;
const IV_BYTES = 12;
/** RFC 3711, section 3.4: version, length and SSRC of the first RTCP packet are not encrypted. */
const RTCP_CLEAR_BYTES = 8;
const ENCRYPTED_FLAG = 0x80000000;

/** AEAD_AES_128_GCM, RFC 7714. */
export class GcmTransform implements SrtpTransform {
  readonly rtpTagBytes = TAG_BYTES;
  readonly #keys: { rtp: SessionKeys; rtcp: SessionKeys };
  readonly #keystream: CounterKeystream;

  constructor(keys: { rtp: SessionKeys; rtcp: SessionKeys }) {
    this.#keys = keys;
    this.#keystream = new CounterKeystream(keys.rtp.key);
  }

  protectRtp(packet: Buffer, headerLength: number, rollover: number): Buffer {
    const header = packet.subarray(0, headerLength);
    const cipher = createCipheriv('aes-128-gcm', this.#keys.rtp.key, this.#rtpIv(packet, rollover));
    cipher.setAAD(header);
    const encrypted = cipher.update(packet.subarray(headerLength));
    cipher.final();
    return Buffer.concat([header, encrypted, cipher.getAuthTag()]);
  }

  verifyRtp(packet: Buffer, length: number, headerLength: number, rollover: number): boolean {
    if (length < headerLength + TAG_BYTES) return false;
    const header = packet.subarray(0, headerLength);
    const sealed = packet.subarray(headerLength, length);
    return this.#open(this.#keys.rtp.key, this.#rtpIv(packet, rollover), header, sealed) !== null;
  }

  peekPayload(packet: Buffer, length: number, headerLength: number, rollover: number, bytes: number): Buffer {
    const counter = Buffer.alloc(16);
    this.#rtpIv(packet, rollover).copy(counter);
    // RFC 5288 and NIST SP 800-38D, section 7.1: block 1 masks the tag, the payload starts at block 2.
    counter.writeUInt32BE(2, IV_BYTES);
    const end = Math.min(headerLength + bytes, length - TAG_BYTES);
    return this.#keystream.apply(counter, packet.subarray(headerLength, end));
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const header = packet.subarray(0, RTCP_CLEAR_BYTES);
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32BE((ENCRYPTED_FLAG | index) >>> 0);
    const cipher = createCipheriv('aes-128-gcm', this.#keys.rtcp.key, this.#rtcpIv(packet, index));
    cipher.setAAD(Buffer.concat([header, trailer]));
    const encrypted = cipher.update(packet.subarray(RTCP_CLEAR_BYTES));
    cipher.final();
    return Buffer.concat([header, encrypted, cipher.getAuthTag(), trailer]);
  }

  unprotectRtcp(packet: Buffer): Buffer | null {
    if (packet.length < RTCP_CLEAR_BYTES + TAG_BYTES + 4) return null;
    const trailer = packet.subarray(packet.length - 4);
    const word = trailer.readUInt32BE();
    // Both ends of a WebRTC session encrypt; an unencrypted packet is none of theirs.
    if (word < ENCRYPTED_FLAG) return null;
    const header = packet.subarray(0, RTCP_CLEAR_BYTES);
    const clear = this.#open(
      this.#keys.rtcp.key,
      this.#rtcpIv(packet, word - ENCRYPTED_FLAG),
      Buffer.concat([header, trailer]),
      packet.subarray(RTCP_CLEAR_BYTES, packet.length - 4),
    );
    return clear === null ? null : Buffer.concat([header, clear]);
  }

  #open(key: Buffer, iv: Buffer, associated: Buffer, sealed: Buffer): Buffer | null {
    const decipher = createDecipheriv('aes-128-gcm', key, iv);
    decipher.setAAD(associated);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const clear = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
    try {
      decipher.final();
      return clear;
    } catch {
      return null;
    }
  }

  /** RFC 7714, section 8.1. */
  #rtpIv(packet: Buffer, rollover: number): Buffer {
    const iv = Buffer.alloc(IV_BYTES);
    packet.copy(iv, 2, 8, 12);
    iv.writeUInt32BE(rollover >>> 0, 6);
    packet.copy(iv, 10, 2, 4);
    return mask(iv, this.#keys.rtp.salt);
  }

  /** RFC 7714, section 9.1. */
  #rtcpIv(packet: Buffer, index: number): Buffer {
    const iv = Buffer.alloc(IV_BYTES);
    packet.copy(iv, 2, 4, 8);
    iv.writeUInt32BE(index, 8);
    return mask(iv, this.#keys.rtcp.salt);
  }
}

function mask(iv: Buffer, salt: Buffer): Buffer {
  for (let i = 0; i < IV_BYTES; i += 1) iv.writeUInt8(iv.readUInt8(i) ^ salt.readUInt8(i), i);
  return iv;
}
