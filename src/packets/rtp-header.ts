/** RFC 3550, section 5.1 and RFC 8285: the clear part of an RTP packet. */

export const RTP_HEADER_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;

/** RFC 7983, section 7: STUN 0–3, DTLS 20–63, RTP and RTCP 128–191; RFC 5761, section 4 tells those apart. */
export function classify(packet: Uint8Array, length: number): 'control' | 'rtp' | 'rtcp' | 'unknown' {
  if (length < 2) return 'unknown';
  const first = packet[0] ?? 0;
  const second = packet[1] ?? 0;
  if (first < 4 || (first > 19 && first < 64)) return 'control';
  if (first < 128 || first > 191) return 'unknown';
  return second >= 192 && second <= 223 ? 'rtcp' : 'rtp';
}

/** Big-endian, without Buffer's checks: a packet's length is checked once. */
export function get16(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}

export function get32(packet: Uint8Array, at: number): number {
  return ((get16(packet, at) << 16) | get16(packet, at + 2)) >>> 0;
}

export function put16(packet: Uint8Array, at: number, value: number): void {
  packet[at] = value >>> 8;
  packet[at + 1] = value;
}

export function put32(packet: Uint8Array, at: number, value: number): void {
  put16(packet, at, value >>> 16);
  put16(packet, at + 2, value);
}

/** Length of the header with CSRCs and extension, or 0 when the packet is too short for what it says. */
export function headerLength(packet: Uint8Array, packetLength: number): number {
  if (packetLength < RTP_HEADER_BYTES) return 0;
  const first = packet[0] ?? 0;
  let length = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (packetLength < length + 4) return 0;
    length += 4 + 4 * get16(packet, length + 2);
  }
  return packetLength < length ? 0 : length;
}

/** Offset of a one-byte extension's value in the packet, or -1. Its length is in the byte before, plus one. */
export function findExtension(packet: Uint8Array, id: number): number {
  const first = packet[0] ?? 0;
  if ((first & 0x10) === 0) return -1;
  let at = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if (get16(packet, at) !== ONE_BYTE_PROFILE) return -1;
  const end = at + 4 + 4 * get16(packet, at + 2);
  at += 4;
  while (at < end) {
    const byte = packet[at] ?? 0;
    if (byte === 0) {
      at += 1;
      continue;
    }
    if (byte >> 4 === id) return at + 1;
    at += 2 + (byte & 0x0f);
  }
  return -1;
}
