import { performance } from 'node:perf_hooks';

/** Seconds from 1900 (NTP) to 1970. */
const NTP_EPOCH_S = 2_208_988_800;

/** Unix milliseconds as NTP time: seconds and 2^-32 seconds. */
export function ntpTime(wallMs: number): { seconds: number; fraction: number } {
  const whole = Math.floor(wallMs / 1000);
  return {
    seconds: (whole + NTP_EPOCH_S) >>> 0,
    fraction: Math.floor(((wallMs - 1000 * whole) / 1000) * 2 ** 32) >>> 0,
  };
}

/**
 * The host's monotonic clock in milliseconds. `performance.now()` counts from the beginning of a thread;
 * participants of different threads, and the kernel's receive times, need one that all share.
 */
export function hostClock(): () => number {
  const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return () => performance.now() + offsetMs;
}

/** Uniform in [0, 1), repeatable (xorshift32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0 || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** FNV-1a: a seed from text. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
