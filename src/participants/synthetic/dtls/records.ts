import { createCipheriv, createDecipheriv } from 'node:crypto';

/** The record layer of DTLS 1.2: RFC 6347, section 4.1, with AES-128-GCM of RFC 5288. */

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;
export const DTLS_1_2 = 0xfefd;
/** DTLS 1.0: in the record of a first hello, before a version is agreed on (RFC 6347, section 4.1). */
export const DTLS_1_0 = 0xfeff;
const HEADER_BYTES = 13;
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;

export interface DtlsRecord {
  type: number;
  epoch: number;
  /** The eight bytes of epoch and sequence number. */
  number: Buffer;
  body: Buffer;
}

/** The records of one datagram; what is cut off or not DTLS 1.2 is left out. */
export function readRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = datagram.readUInt16BE(at + 11);
    const end = at + HEADER_BYTES + length;
    if (end > datagram.length) break;
    records.push({
      type: datagram.readUInt8(at),
      epoch: datagram.readUInt16BE(at + 3),
      number: datagram.subarray(at + 3, at + 11),
      body: datagram.subarray(at + HEADER_BYTES, end),
    });
    at = end;
  }
  return records;
}

export interface WriteKey {
  key: Buffer;
  iv: Buffer;
}

/** Writes records with their own count in each epoch. */
export class RecordWriter {
  #key: WriteKey | null = null;
  readonly #next = [0, 0];

  /** From now on `epoch` 1 can be written. */
  setKey(key: WriteKey): void {
    this.#key = key;
  }

  write(type: number, epoch: 0 | 1, body: Buffer, version = DTLS_1_2): Buffer {
    const number = Buffer.alloc(8);
    number.writeUInt16BE(epoch, 0);
    number.writeUIntBE(this.#next[epoch] ?? 0, 2, 6);
    this.#next[epoch] = (this.#next[epoch] ?? 0) + 1;
    const sealed = epoch === 1 && this.#key !== null ? seal(this.#key, type, number, body) : body;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(type, 0);
    header.writeUInt16BE(version, 1);
    number.copy(header, 3);
    header.writeUInt16BE(sealed.length, 11);
    return Buffer.concat([header, sealed]);
  }
}

/** RFC 5246, section 6.2.3.3. */
function associatedData(type: number, number: Buffer, length: number): Buffer {
  const result = Buffer.alloc(13);
  number.copy(result);
  result.writeUInt8(type, 8);
  result.writeUInt16BE(DTLS_1_2, 9);
  result.writeUInt16BE(length, 11);
  return result;
}

function seal({ key, iv }: WriteKey, type: number, number: Buffer, body: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, Buffer.concat([iv, number]));
  cipher.setAAD(associatedData(type, number, body.length));
  const encrypted = cipher.update(body);
  cipher.final();
  return Buffer.concat([number, encrypted, cipher.getAuthTag()]);
}

/** The content of an encrypted record, or null when it was not sealed with this key. */
export function openRecord({ key, iv }: WriteKey, record: DtlsRecord): Buffer | null {
  const { type, number, body } = record;
  const length = body.length - EXPLICIT_NONCE_BYTES - TAG_BYTES;
  if (length < 0) return null;
  const nonce = Buffer.concat([iv, body.subarray(0, EXPLICIT_NONCE_BYTES)]);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAAD(associatedData(type, number, length));
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  const clear = decipher.update(body.subarray(EXPLICIT_NONCE_BYTES, EXPLICIT_NONCE_BYTES + length));
  try {
    decipher.final();
    return clear;
  } catch {
    return null;
  }
}
