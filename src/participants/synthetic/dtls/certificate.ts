import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** DER, RFC 5280. */
  der: Buffer;
  privateKey: KeyObject;
  /** `AB:CD:…` over the DER, as in RFC 8122. */
  sha256: string;
}

const DAY_MS = 86_400_000;
const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_WITH_SHA256 = der(SEQUENCE, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

/** Hash of a certificate's DER in the form of RFC 8122; `algorithm` as there, e.g. `sha-256`. */
export function fingerprint(algorithm: string, certificate: Buffer): string {
  const digest = createHash(algorithm.replace('-', '')).update(certificate).digest('hex').toUpperCase();
  return digest.match(/../g)?.join(':') ?? '';
}

/**
 * A self-signed certificate with a fresh P-256 key, as browsers make for WebRTC. One is made per shard and shared
 * by its participants: what identifies them to the SFU is the ICE and signalling session.
 */
export function createCertificate(wallMs: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const commonName = der(SEQUENCE, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from('WebRTC')));
  const name = der(SEQUENCE, der(SET, commonName));
  const serial = randomBytes(8);
  // The first bit of a positive integer is 0, and a leading byte of zero would not be the shortest form.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40);
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, time(wallMs - DAY_MS), time(wallMs + 30 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = der(SEQUENCE, body, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  return { der: certificate, privateKey, sha256: fingerprint('sha-256', certificate) };
}

/** A tag-length-value of X.690. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** UTCTime, good to 2049. */
function time(wallMs: number): Buffer {
  const text = new Date(wallMs)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);
  return der(0x17, Buffer.from(text));
}
