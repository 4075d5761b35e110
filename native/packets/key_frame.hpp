// Whether a payload begins a key frame: as src/packets/key-frame.ts.
#pragma once

#include <cstdint>

#include "stream.hpp"

// How many bytes of a payload tell.
constexpr int PEEK_BYTES = 48;

// Length of the VP8 payload descriptor (RFC 7741, section 4.2).
inline int vp8DescriptorBytes(const uint8_t *payload) {
  if ((payload[0] & 0x80) == 0) return 1;
  uint8_t extension = payload[1];
  int length = 2;
  if ((extension & 0x80) != 0) length += (payload[2] & 0x80) != 0 ? 2 : 1;
  if ((extension & 0x40) != 0) length += 1;
  if ((extension & 0x30) != 0) length += 1;
  return length;
}

inline bool beginsKeyFrame(Format format, const uint8_t *payload, int length) {
  if (length < 12) return false;
  if (format == Format::Vp8) {
    // S bit and partition 0, P bit of the frame 0, start code (RFC 6386, section 9.1).
    if ((payload[0] & 0x10) == 0 || (payload[0] & 0x0f) != 0) return false;
    const uint8_t *frame = payload + vp8DescriptorBytes(payload);
    return (frame[0] & 1) == 0 && frame[3] == 0x9d && frame[4] == 0x01;
  }
  if (format != Format::H264) return false;
  // RFC 6184: sequence parameter set (7) or IDR slice (5), aggregated (24), fragmented (28) or alone.
  int type = payload[0] & 0x1f;
  if (type == 24) return (payload[3] & 0x1f) == 5 || (payload[3] & 0x1f) == 7;
  if (type == 28) return (payload[1] & 0x9f) == 0x85;
  return type == 5 || type == 7;
}
