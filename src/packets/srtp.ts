import { CmTransform } from './srtp-cm.ts';
import { GcmTransform } from './srtp-gcm.ts';
import { deriveSessionKeys } from './srtp-keys.ts';
import type { SrtpTransform } from './srtp-transform.ts';
import type { SrtpProfile } from './types.ts';

export function createTransform(
  profile: SrtpProfile,
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
): SrtpTransform {
  const keys = deriveSessionKeys(profile, masterKey, masterSalt);
  return profile === 'AEAD_AES_128_GCM' ? new GcmTransform(keys) : new CmTransform(keys);
}
