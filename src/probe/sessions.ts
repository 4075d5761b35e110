/** IPv4 (20) and UDP (8) header of each packet (RFC 791, RFC 768). */
export const IP_UDP_HEADER_BYTES = 28;

/**
 * How many sessions of `sessionBitrateBps` of payload fit: floor(throughput / session bitrate). A hair is added
 * before the floor because 48.2 / 0.04 must be 1205 in binary floating point too.
 */
export function estimateSessions(throughputBps: number | null, sessionBitrateBps: number): number | null {
  if (throughputBps === null) return null;
  if (!(sessionBitrateBps > 0)) throw new RangeError(`not a session bitrate: ${sessionBitrateBps}`);
  return Math.floor(throughputBps / sessionBitrateBps + 1e-9);
}

/** Bits a second on the wire above Ethernet, from payload rate and packet rate. */
export function ipBitrate(throughputBps: number | null, packetRatePps: number | null): number | null {
  if (throughputBps === null || packetRatePps === null) return null;
  return throughputBps + packetRatePps * IP_UDP_HEADER_BYTES * 8;
}
