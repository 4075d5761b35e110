import { CmTransform } from './srtp-cm.ts';
import { GcmTransform } from './srtp-gcm.ts';
import { deriveSessionKeys } from './srtp-keys.ts';
import type { SrtpProfile } from './types.ts';

/** One direction of one profile; the caller knows the packet's index. */
export interface SrtpTransform {
  /** Returns a new packet: header in the clear, payload encrypted, tag at the end. `rollover` is the ROC. */
  protectRtp(packet: Buffer, headerLength: number, rollover: number): Buffer;
  /** The whole packet in the clear, or null when the tag is wrong. */
  unprotectRtp(packet: Buffer, headerLength: number, rollover: number): Buffer | null;
  /** The first bytes of the payload in the clear, without looking at the tag. */
  peekPayload(packet: Buffer, headerLength: number, rollover: number, length: number): Buffer;
  protectRtcp(packet: Buffer, index: number): Buffer;
  unprotectRtcp(packet: Buffer): Buffer | null;
  readonly rtpTagBytes: number;
}

export function createTransform(
  profile: SrtpProfile,
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
): SrtpTransform {
  const keys = deriveSessionKeys(profile, masterKey, masterSalt);
  return profile === 'AEAD_AES_128_GCM' ? new GcmTransform(keys) : new CmTransform(keys);
}
