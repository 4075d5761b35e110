import { createHmac } from 'node:crypto';
import { KEY_BYTES, SALT_BYTES } from '../../../packets/srtp-keys.ts';
import type { SrtpKeys, SrtpProfile } from '../../../packets/types.ts';

/**
 * The pseudorandom function of TLS 1.2 with SHA-256 (RFC 5246, section 5), into memory of its own: keys are kept for
 * as long as a session, and would keep alive the 64 KiB that Node cuts small buffers from.
 */
export function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let a = labelled;
  for (let have = 0; have < length; have += 32) {
    a = createHmac('sha256', secret).update(a).digest();
    blocks.push(createHmac('sha256', secret).update(a).update(labelled).digest());
  }
  const result = Buffer.alloc(length);
  Buffer.concat(blocks).copy(result);
  return result;
}

export interface RecordKeys {
  clientKey: Buffer;
  serverKey: Buffer;
  clientIv: Buffer;
  serverIv: Buffer;
}

/** RFC 5246, section 6.3, for AES-128-GCM (RFC 5288): no MAC keys, four bytes of implicit nonce. */
export function recordKeys(master: Buffer, clientRandom: Buffer, serverRandom: Buffer): RecordKeys {
  const block = prf(master, 'key expansion', Buffer.concat([serverRandom, clientRandom]), 40);
  return {
    clientKey: block.subarray(0, 16),
    serverKey: block.subarray(16, 32),
    clientIv: block.subarray(32, 36),
    serverIv: block.subarray(36, 40),
  };
}

/** RFC 5764, section 4.2: what the client exports to protect RTP with. */
export function exportSrtpKeys(
  profile: SrtpProfile,
  master: Buffer,
  clientRandom: Buffer,
  serverRandom: Buffer,
): SrtpKeys {
  const salt = SALT_BYTES[profile];
  const seed = Buffer.concat([clientRandom, serverRandom]);
  const block = prf(master, 'EXTRACTOR-dtls_srtp', seed, 2 * (KEY_BYTES + salt));
  return {
    profile,
    sendKey: block.subarray(0, KEY_BYTES),
    receiveKey: block.subarray(KEY_BYTES, 2 * KEY_BYTES),
    sendSalt: block.subarray(2 * KEY_BYTES, 2 * KEY_BYTES + salt),
    receiveSalt: block.subarray(2 * KEY_BYTES + salt),
  };
}
