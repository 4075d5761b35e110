const KIB = 1024;

/** Receive sizes from a quarter of a default buffer to what the Kurento post asks for. */
export const RECEIVE_SIZES: readonly number[] = [64, 128, 256, 512, 1024, 2048, 4096, 10_240, 32_768].map(
  (kib) => kib * KIB,
);
export const SEND_SIZES: readonly number[] = [16, 208, 1024, 4096].map((kib) => kib * KIB);

/** Sizes that the kernel can grant in full, and those that it would clamp. */
export function splitByLimit(
  sizes: readonly number[],
  maxBytes: number | null,
): { possible: number[]; clamped: number[] } {
  if (maxBytes === null) return { possible: [...sizes], clamped: [] };
  const possible = sizes.filter((size) => size <= maxBytes);
  // The limit itself is worth a trial: it is the most that this host allows now.
  if (!possible.includes(maxBytes) && possible.length < sizes.length) possible.push(maxBytes);
  return { possible, clamped: sizes.filter((size) => size > maxBytes) };
}

/** The smallest size that passed and above which everything passed: a lucky pass below a failure does not count. */
export function smallestPassing(trials: readonly { askedBytes: number; passed: boolean }[]): {
  passing: number | null;
  failing: number | null;
} {
  const ordered = [...trials].sort((a, b) => a.askedBytes - b.askedBytes);
  const lastFailure = ordered.findLastIndex(({ passed }) => !passed);
  return {
    passing: ordered[lastFailure + 1]?.askedBytes ?? null,
    failing: lastFailure === -1 ? null : (ordered[lastFailure]?.askedBytes ?? null),
  };
}

/** Where to look next between a failure and a pass: the geometric middle, on whole 4 KiB pages. */
export function between(failing: number, passing: number): number | null {
  const middle = Math.round(Math.sqrt(failing * passing) / (4 * KIB)) * 4 * KIB;
  return middle > failing && middle < passing && passing / failing > 1.15 ? middle : null;
}

/** Up to the next 64 KiB. */
export function roundUp(bytes: number): number {
  const step = 64 * KIB;
  return Math.ceil(bytes / step) * step;
}

/**
 * What the kernel charges a socket for one datagram: its data and shared info in a power-of-two block, and the
 * sk_buff itself (include/linux/skbuff.h, SKB_TRUESIZE). 256 bytes of sk_buff and 320 of shared info on 64 bits.
 */
export function truesizeBytes(payloadBytes: number): number {
  const data = payloadBytes + 28 + 64 + 320;
  return 2 ** Math.ceil(Math.log2(data)) + 256;
}
