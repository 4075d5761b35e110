import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** RFC 8489 messages as far as ICE (RFC 8445) needs them. */

const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;

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

function attribute(type: number, value: Buffer): Buffer {
  const padded = (value.length + 3) & ~3;
  const result = Buffer.alloc(4 + padded);
  result.writeUInt16BE(type, 0);
  result.writeUInt16BE(value.length, 2);
  value.copy(result, 4);
  return result;
}

function header(type: number, length: number, transactionId: Buffer): Buffer {
  const result = Buffer.alloc(HEADER_BYTES);
  result.writeUInt16BE(type, 0);
  result.writeUInt16BE(length, 2);
  result.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(result, 8);
  return result;
}

function uint32(value: number): Buffer {
  const result = Buffer.alloc(4);
  result.writeUInt32BE(value >>> 0);
  return result;
}

/** The message with MESSAGE-INTEGRITY (HMAC-SHA1 with the short-term password) and FINGERPRINT. */
export function encodeStun(message: StunMessage, password: string): Buffer {
  const attributes: Buffer[] = [];
  if (message.username !== undefined)
    attributes.push(attribute(Attribute.username, Buffer.from(message.username)));
  if (message.iceControlling) attributes.push(attribute(Attribute.iceControlling, message.iceControlling));
  if (message.iceControlled) attributes.push(attribute(Attribute.iceControlled, message.iceControlled));
  if (message.useCandidate === true) attributes.push(attribute(Attribute.useCandidate, Buffer.alloc(0)));
  if (message.priority !== undefined)
    attributes.push(attribute(Attribute.priority, uint32(message.priority)));
  if (message.errorCode !== undefined) {
    const code = message.errorCode;
    attributes.push(attribute(Attribute.errorCode, Buffer.from([0, 0, Math.floor(code / 100), code % 100])));
  }
  if (message.xorMappedAddress !== undefined) {
    attributes.push(
      attribute(Attribute.xorMappedAddress, xorAddress(message.xorMappedAddress, message.transactionId)),
    );
  }
  const body = Buffer.concat(attributes);
  // Each of the two covers a header whose length counts up to itself (RFC 8489, sections 14.5 and 14.7).
  const unsigned = Buffer.concat([header(message.type, body.length + 24, message.transactionId), body]);
  const integrity = attribute(
    Attribute.messageIntegrity,
    createHmac('sha1', password).update(unsigned).digest(),
  );
  const signed = Buffer.concat([
    header(message.type, body.length + 32, message.transactionId),
    body,
    integrity,
  ]);
  return Buffer.concat([signed, attribute(Attribute.fingerprint, uint32(crc32(signed) ^ FINGERPRINT_XOR))]);
}

export interface DecodedStun extends StunMessage {
  /** Checks MESSAGE-INTEGRITY against a password; false when the message has none. */
  verify(password: string): boolean;
}

/** Null for what is no STUN message or has a wrong FINGERPRINT. */
export function decodeStun(data: Buffer): DecodedStun | null {
  if (data.length < HEADER_BYTES || data.readUInt32BE(4) !== MAGIC_COOKIE) return null;
  if (data.readUInt16BE(2) + HEADER_BYTES !== data.length) return null;
  const transactionId = Buffer.from(data.subarray(8, HEADER_BYTES));
  let integrityAt = -1;
  const message: StunMessage = { type: data.readUInt16BE(0), transactionId };
  for (let at = HEADER_BYTES; at + 4 <= data.length; ) {
    const type = data.readUInt16BE(at);
    const length = data.readUInt16BE(at + 2);
    const value = data.subarray(at + 4, at + 4 + length);
    if (value.length < length) return null;
    if (type === Attribute.fingerprint && !fingerprintMatches(data, at, value)) return null;
    // What follows the integrity is not covered by it and must be ignored, but for the fingerprint.
    if (type === Attribute.messageIntegrity && length === 20) integrityAt = at;
    else if (integrityAt === -1) readAttribute(message, type, value);
    at += 4 + ((length + 3) & ~3);
  }
  return { ...message, verify: (password) => integrityMatches(data, integrityAt, password) };
}

function readAttribute(message: StunMessage, type: number, value: Buffer): void {
  if (type === Attribute.username) message.username = value.toString('utf8');
  if (type === Attribute.priority && value.length === 4) message.priority = value.readUInt32BE();
  if (type === Attribute.useCandidate) message.useCandidate = true;
  if (type === Attribute.iceControlling && value.length === 8) message.iceControlling = Buffer.from(value);
  if (type === Attribute.iceControlled && value.length === 8) message.iceControlled = Buffer.from(value);
  if (type === Attribute.errorCode && value.length >= 4) {
    message.errorCode = value.readUInt8(2) * 100 + value.readUInt8(3);
  }
}

function fingerprintMatches(data: Buffer, at: number, value: Buffer): boolean {
  return value.length === 4 && (crc32(data.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0 === value.readUInt32BE();
}

function integrityMatches(data: Buffer, at: number, password: string): boolean {
  if (at === -1) return false;
  const covered = Buffer.from(data.subarray(0, at));
  covered.writeUInt16BE(at + 24 - HEADER_BYTES, 2);
  const digest = createHmac('sha1', password).update(covered).digest();
  return timingSafeEqual(digest, data.subarray(at + 4, at + 24));
}

/** RFC 8489, section 14.2. */
function xorAddress({ address, port }: { address: string; port: number }, transactionId: Buffer): Buffer {
  const bytes = addressBytes(address);
  const key = Buffer.concat([uint32(MAGIC_COOKIE), transactionId]);
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
