import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { HMAC_ROOM_BYTES, HmacSha1 } from '../../../packets/hmac-sha1.ts';

/** RFC 8489 messages as far as ICE (RFC 8445) needs them. */

const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;
const INTEGRITY_BYTES = 20;
const INTEGRITY_ATTRIBUTE_BYTES = 4 + INTEGRITY_BYTES;
/** Both attributes that a message ends with. */
const SEAL_BYTES = INTEGRITY_ATTRIBUTE_BYTES + 8;

/** Where messages are written and digested: one at a time, and with a consent check of everybody every few seconds. */
const work = Buffer.alloc(HMAC_ROOM_BYTES + 2048);
const START = HMAC_ROOM_BYTES;

export const StunType = {
  bindingRequest: 0x0001,
  bindingIndication: 0x0011,
  bindingSuccess: 0x0101,
  bindingError: 0x0111,
} as const;

const Attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

export interface StunMessage {
  type: number;
  /** 12 bytes. */
  transactionId: Buffer;
  username?: string;
  priority?: number;
  useCandidate?: boolean;
  /** Tie breakers, 8 bytes. */
  iceControlling?: Buffer;
  iceControlled?: Buffer;
  errorCode?: number;
  xorMappedAddress?: { address: string; port: number };
}

/** What messages are signed with: the short-term password (RFC 8489, section 9.1). */
export type StunKey = HmacSha1;

export function stunKey(password: string): StunKey {
  return new HmacSha1(Buffer.from(password));
}

/** Writes the head of an attribute into `work`; returns where its value goes. */
function attribute(at: number, type: number, length: number): number {
  return work.writeUInt16BE(length, work.writeUInt16BE(type, at));
}

function attributeOf(at: number, type: number, value: Buffer): number {
  const from = attribute(at, type, value.length);
  const end = from + value.copy(work, from);
  const padded = from + ((value.length + 3) & ~3);
  work.fill(0, end, padded);
  return padded;
}

/** The length in the header counts up to and with what is being added (RFC 8489, sections 14.5 and 14.7). */
function setLength(end: number): void {
  work.writeUInt16BE(end - START - HEADER_BYTES, START + 2);
}

/** The message with MESSAGE-INTEGRITY (HMAC-SHA1) and FINGERPRINT. */
export function encodeStun(message: StunMessage, key: StunKey): Buffer {
  const { type, transactionId, username, iceControlling, iceControlled, priority, errorCode } = message;
  work.writeUInt16BE(type, START);
  work.writeUInt32BE(MAGIC_COOKIE, START + 4);
  transactionId.copy(work, START + 8);
  let at = START + HEADER_BYTES;
  if (username !== undefined) at = attributeOf(at, Attribute.username, Buffer.from(username));
  if (iceControlling) at = attributeOf(at, Attribute.iceControlling, iceControlling);
  if (iceControlled) at = attributeOf(at, Attribute.iceControlled, iceControlled);
  if (message.useCandidate === true) at = attribute(at, Attribute.useCandidate, 0);
  if (priority !== undefined) at = work.writeUInt32BE(priority >>> 0, attribute(at, Attribute.priority, 4));
  if (errorCode !== undefined) {
    const word = (Math.floor(errorCode / 100) << 8) | (errorCode % 100);
    at = work.writeUInt32BE(word, attribute(at, Attribute.errorCode, 4));
  }
  if (message.xorMappedAddress !== undefined) {
    at = attributeOf(at, Attribute.xorMappedAddress, xorAddress(message.xorMappedAddress, transactionId));
  }
  return seal(at, key);
}

/** A message that `encodeStun` has made, with another transaction id. */
export function encodeAgain(message: Buffer, transactionId: Buffer, key: StunKey): Buffer {
  message.copy(work, START);
  transactionId.copy(work, START + 8);
  return seal(START + message.length - SEAL_BYTES, key);
}

/** Ends what `work` holds up to `end` with MESSAGE-INTEGRITY and FINGERPRINT. */
function seal(end: number, key: StunKey): Buffer {
  setLength(end + INTEGRITY_ATTRIBUTE_BYTES);
  const integrity = key.digest(work, end);
  let at = attribute(end, Attribute.messageIntegrity, INTEGRITY_BYTES);
  at += work.write(integrity, at, 'hex');
  setLength(end + SEAL_BYTES);
  const fingerprint = crc32(work.subarray(START, at)) ^ FINGERPRINT_XOR;
  at = work.writeUInt32BE(fingerprint >>> 0, attribute(at, Attribute.fingerprint, 4));
  return Buffer.from(work.subarray(START, at));
}

export interface DecodedStun extends StunMessage {
  /** Checks MESSAGE-INTEGRITY; false when the message has none. */
  verify(key: StunKey): boolean;
}

/** Null for what is no STUN message or has a wrong FINGERPRINT. */
export function decodeStun(data: Buffer): DecodedStun | null {
  if (data.length < HEADER_BYTES || data.readUInt32BE(4) !== MAGIC_COOKIE) return null;
  if (data.readUInt16BE(2) + HEADER_BYTES !== data.length) return null;
  let integrityAt = -1;
  const message: DecodedStun = {
    type: data.readUInt16BE(0),
    transactionId: Buffer.from(data.subarray(8, HEADER_BYTES)),
    verify: (key) => integrityMatches(data, integrityAt, key),
  };
  for (let at = HEADER_BYTES; at + 4 <= data.length; ) {
    const type = data.readUInt16BE(at);
    const length = data.readUInt16BE(at + 2);
    if (at + 4 + length > data.length) return null;
    if (type === Attribute.fingerprint && !fingerprintMatches(data, at, length)) return null;
    // What follows the integrity is not covered by it and must be ignored, but for the fingerprint.
    if (type === Attribute.messageIntegrity && length === INTEGRITY_BYTES) integrityAt = at;
    else if (integrityAt === -1) readAttribute(message, type, data, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
  return message;
}

function readAttribute(message: StunMessage, type: number, data: Buffer, at: number, length: number): void {
  const value = () => data.subarray(at, at + length);
  if (type === Attribute.username) message.username = value().toString('utf8');
  if (type === Attribute.priority && length === 4) message.priority = data.readUInt32BE(at);
  if (type === Attribute.useCandidate) message.useCandidate = true;
  if (type === Attribute.iceControlling && length === 8) message.iceControlling = Buffer.from(value());
  if (type === Attribute.iceControlled && length === 8) message.iceControlled = Buffer.from(value());
  if (type === Attribute.errorCode && length >= 4) {
    message.errorCode = data.readUInt8(at + 2) * 100 + data.readUInt8(at + 3);
  }
}

function fingerprintMatches(data: Buffer, at: number, length: number): boolean {
  return length === 4 && (crc32(data.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0 === data.readUInt32BE(at + 4);
}

function integrityMatches(data: Buffer, at: number, key: StunKey): boolean {
  if (at === -1) return false;
  const end = START + data.copy(work, START, 0, at);
  setLength(end + INTEGRITY_ATTRIBUTE_BYTES);
  const digest = key.digest(work, end);
  return timingSafeEqual(Buffer.from(digest, 'hex'), data.subarray(at + 4, at + 4 + INTEGRITY_BYTES));
}

/** RFC 8489, section 14.2. */
function xorAddress({ address, port }: { address: string; port: number }, transactionId: Buffer): Buffer {
  const bytes = addressBytes(address);
  const key = Buffer.alloc(4 + transactionId.length);
  key.writeUInt32BE(MAGIC_COOKIE, 0);
  transactionId.copy(key, 4);
  const result = Buffer.alloc(4 + bytes.length);
  result.writeUInt8(bytes.length === 4 ? 1 : 2, 1);
  result.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  for (const [i, byte] of bytes.entries()) result.writeUInt8(byte ^ key.readUInt8(i), 4 + i);
  return result;
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined) =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const front = groups(head);
  const back = groups(tail);
  const words =
    tail === undefined ? front : [...front, ...Array(8 - front.length - back.length).fill(0), ...back];
  const result = Buffer.alloc(16);
  for (const [i, word] of words.entries()) result.writeUInt16BE(word, 2 * i);
  return result;
}
