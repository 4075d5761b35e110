// RFC 3550, section 5.1 and RFC 8285: the clear part of an RTP packet, as src/packets/rtp-header.ts.
#pragma once

#include <cstdint>

constexpr int RTP_HEADER_BYTES = 12;

inline uint16_t get16(const uint8_t *at) { return uint16_t(at[0] << 8 | at[1]); }

inline uint32_t get32(const uint8_t *at) {
  return uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3];
}

// With CSRCs and extension; 0 when the packet is too short for what it says.
inline int headerLength(const uint8_t *packet, int length) {
  if (length < RTP_HEADER_BYTES) return 0;
  int header = RTP_HEADER_BYTES + 4 * (packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0) {
    if (length < header + 4) return 0;
    header += 4 + 4 * get16(packet + header + 2);
  }
  return length < header ? 0 : header;
}

// Value of a one-byte extension in a packet of checked header length, or null.
inline const uint8_t *findExtension(const uint8_t *packet, int id) {
  if ((packet[0] & 0x10) == 0) return nullptr;
  const uint8_t *at = packet + RTP_HEADER_BYTES + 4 * (packet[0] & 0x0f);
  if (get16(at) != 0xbede) return nullptr;
  const uint8_t *end = at + 4 + 4 * get16(at + 2);
  at += 4;
  while (at < end) {
    if (*at == 0) {
      at += 1;
      continue;
    }
    if (*at >> 4 == id) return at + 1;
    at += 2 + (*at & 0x0f);
  }
  return nullptr;
}
