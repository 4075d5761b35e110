import type { SrtpProfile } from '../../../packets/types.ts';
import { DTLS_1_2 } from './records.ts';

/** Handshake messages of TLS 1.2 (RFC 5246, section 7.4) in the frame of DTLS (RFC 6347, section 4.2.2). */

export const HandshakeType = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** RFC 5289: ECDHE with ECDSA and with RSA, both AES-128-GCM and SHA-256. */
const CIPHER_SUITES = [0xc02b, 0xc02f];
const SECP256R1 = 23;
/** RFC 5246, section 7.4.1.4.1: ECDSA and RSA PKCS#1, each with SHA-256. */
export const ECDSA_SHA256 = 0x0403;
export const RSA_SHA256 = 0x0401;
const Extension = {
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

/** RFC 5764, section 4.1.2 and RFC 7714, section 14.2. */
const SRTP_PROFILE_IDS: Record<SrtpProfile, number> = {
  AES_CM_128_HMAC_SHA1_80: 0x0001,
  AEAD_AES_128_GCM: 0x0007,
};

export class DtlsError extends Error {
  override readonly name = 'DtlsError';
}

function uint16(...values: number[]): Buffer {
  const result = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) result.writeUInt16BE(value, 2 * i);
  return result;
}

/** A vector with its length before it in `lengthBytes`. */
export function vector(lengthBytes: 1 | 2 | 3, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

/** The message as it goes into the transcript: in one fragment. */
export function frame(type: number, sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUInt16BE(sequence, 4);
  header.writeUIntBE(body.length, 9, 3);
  return Buffer.concat([header, body]);
}

export function clientHello(random: Buffer, cookie: Buffer, profiles: readonly SrtpProfile[]): Buffer {
  const extension = (type: number, content: Buffer) => Buffer.concat([uint16(type), vector(2, content)]);
  const profileIds = profiles.map((profile) => SRTP_PROFILE_IDS[profile]);
  const extensions = Buffer.concat([
    extension(Extension.extendedMasterSecret, Buffer.alloc(0)),
    extension(Extension.renegotiationInfo, Buffer.from([0])),
    extension(Extension.supportedGroups, vector(2, uint16(SECP256R1))),
    extension(Extension.pointFormats, vector(1, Buffer.from([0]))),
    extension(Extension.signatureAlgorithms, vector(2, uint16(ECDSA_SHA256, RSA_SHA256))),
    extension(Extension.useSrtp, Buffer.concat([vector(2, uint16(...profileIds)), Buffer.from([0])])),
  ]);
  return Buffer.concat([
    uint16(DTLS_1_2),
    random,
    vector(1, Buffer.alloc(0)),
    vector(1, cookie),
    vector(2, uint16(...CIPHER_SUITES)),
    vector(1, Buffer.from([0])),
    vector(2, extensions),
  ]);
}

/** Reads fields one after the other; a message shorter than it says is a DtlsError. */
export class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get remaining(): number {
    return this.#data.length - this.#at;
  }

  /** Everything read so far. */
  get consumed(): Buffer {
    return this.#data.subarray(0, this.#at);
  }

  bytes(length: number): Buffer {
    if (length > this.remaining) throw new DtlsError('a handshake message is cut short');
    this.#at += length;
    return this.#data.subarray(this.#at - length, this.#at);
  }

  uint(length: 1 | 2 | 3): number {
    return this.bytes(length).readUIntBE(0, length);
  }

  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(this.uint(lengthBytes));
  }
}

export interface ServerHello {
  random: Buffer;
  profile: SrtpProfile;
}

export function readServerHello(body: Buffer): ServerHello {
  const reader = new Reader(body);
  if (reader.uint(2) !== DTLS_1_2) throw new DtlsError('the peer chose no DTLS 1.2');
  const random = Buffer.from(reader.bytes(32));
  reader.vector(1);
  if (!CIPHER_SUITES.includes(reader.uint(2)))
    throw new DtlsError('the peer chose a cipher that was not offered');
  reader.uint(1);
  const extensions = new Reader(reader.vector(2));
  let profile: SrtpProfile | undefined;
  let extendedMasterSecret = false;
  while (extensions.remaining > 0) {
    const type = extensions.uint(2);
    const content = extensions.vector(2);
    if (type === Extension.extendedMasterSecret) extendedMasterSecret = true;
    if (type === Extension.useSrtp) {
      const id = new Reader(new Reader(content).vector(2)).uint(2);
      profile = (Object.keys(SRTP_PROFILE_IDS) as SrtpProfile[]).find(
        (name) => SRTP_PROFILE_IDS[name] === id,
      );
    }
  }
  if (!extendedMasterSecret) throw new DtlsError('the peer has no extended master secret (RFC 7627)');
  if (profile === undefined) throw new DtlsError('the peer chose no SRTP profile that was offered');
  return { random, profile };
}

/** The first certificate of the chain. */
export function readCertificate(body: Buffer): Buffer {
  return Buffer.from(new Reader(new Reader(body).vector(3)).vector(3));
}

export interface ServerKeyExchange {
  publicKey: Buffer;
  /** What the signature is over, after both randoms. */
  signed: Buffer;
  algorithm: number;
  signature: Buffer;
}

/** RFC 8422, section 5.4. */
export function readServerKeyExchange(body: Buffer): ServerKeyExchange {
  const reader = new Reader(body);
  if (reader.uint(1) !== 3 || reader.uint(2) !== SECP256R1)
    throw new DtlsError('the peer chose another curve');
  const publicKey = reader.vector(1);
  const signed = reader.consumed;
  return { publicKey, signed, algorithm: reader.uint(2), signature: reader.vector(2) };
}
