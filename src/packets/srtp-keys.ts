import { createCipheriv } from 'node:crypto';
import type { SrtpProfile } from './types.ts';

/** RFC 3711, section 4.3.1 and RFC 7714, section 11: labels of what is derived from a master key. */
const LABEL = { rtpKey: 0, rtpAuthentication: 1, rtpSalt: 2, rtcpKey: 3, rtcpAuthentication: 4, rtcpSalt: 5 };

export interface SessionKeys {
  key: Buffer;
  salt: Buffer;
  /** Key of HMAC-SHA1; empty for the profiles that authenticate by themselves. */
  authenticationKey: Buffer;
}

/** Salt lengths in bytes: RFC 3711, section 8.2 and RFC 7714, section 12. */
export const SALT_BYTES: Record<SrtpProfile, number> = { AES_CM_128_HMAC_SHA1_80: 14, AEAD_AES_128_GCM: 12 };
export const KEY_BYTES = 16;

/** The key derivation function of RFC 3711, section 4.3.3, at a key derivation rate of 0. */
function derive(masterKey: Uint8Array, masterSalt: Uint8Array, label: number, length: number): Buffer {
  const input = Buffer.alloc(16);
  // RFC 7714, section 11: a 12-byte salt is used as if followed by two bytes of zero.
  input.set(masterSalt);
  input.writeUInt8(input.readUInt8(7) ^ label, 7);
  const cipher = createCipheriv('aes-128-ctr', masterKey, input);
  return cipher.update(Buffer.alloc(length));
}

export function deriveSessionKeys(
  profile: SrtpProfile,
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
): { rtp: SessionKeys; rtcp: SessionKeys } {
  const saltBytes = SALT_BYTES[profile];
  const authenticationBytes = profile === 'AES_CM_128_HMAC_SHA1_80' ? 20 : 0;
  const make = (key: number, authentication: number, salt: number): SessionKeys => ({
    key: derive(masterKey, masterSalt, key, KEY_BYTES),
    salt: derive(masterKey, masterSalt, salt, saltBytes),
    authenticationKey: derive(masterKey, masterSalt, authentication, authenticationBytes),
  });
  return {
    rtp: make(LABEL.rtpKey, LABEL.rtpAuthentication, LABEL.rtpSalt),
    rtcp: make(LABEL.rtcpKey, LABEL.rtcpAuthentication, LABEL.rtcpSalt),
  };
}
