// What is counted of one received stream: the same as src/packets/stream-counter.ts and frame-tracker.ts, whose
// fields (src/packets/types.ts) it fills. One contract test holds the two together.
#pragma once

#include <cstdint>
#include <cstring>

// StreamField of src/packets/types.ts.
enum StreamField {
  PACKETS = 0,
  PAYLOAD_BYTES = 1,
  HEADER_BYTES = 2,
  RETRANSMITTED = 3,
  UNIQUE = 4,
  BASE_SEQUENCE = 5,
  HIGHEST_SEQUENCE = 6,
  OUT_OF_ORDER = 7,
  DUPLICATES = 8,
  JITTER = 9,
  LOST_BEFORE_REPAIR = 10,
  FRAMES = 11,
  KEY_FRAMES = 12,
  FREEZES = 13,
  FREEZES_MS = 14,
  FIRST_ARRIVAL_MS = 15,
  FIRST_FRAME_MS = 16,
  LAST_ARRIVAL_MS = 17,
  DELAY_SUM_MS = 18,
  DELAY_COUNT = 19,
  AUTHENTICATED = 20,
  AUTHENTICATION_FAILURES = 21,
  TRANSIT = 22,
};

enum class Format { Opus = 0, Vp8 = 1, H264 = 2 };

constexpr int64_t WINDOW_PACKETS = 2048;
constexpr int64_t CYCLE = 65536;
// Beyond the beginning of a stream, one packet in this many has its authentication tag verified.
constexpr int64_t AUTHENTICATED_ONE_IN = 64;

inline int64_t extendSequence(uint16_t sequence, int64_t reference) {
  return reference + int16_t(uint16_t(sequence - uint16_t(reference)));
}

inline uint32_t rolloverOf(int64_t extended) { return uint32_t(extended / CYCLE - 1); }

struct PacketFacts {
  uint32_t timestamp;
  bool marker;
  double arrivedAtMs;
  int headerBytes;
  int payloadBytes;
};

struct Arrival {
  int64_t extended;
  bool isNew;
  int64_t skipped;
};

class Stream {
public:
  Stream(uint32_t id, uint32_t socketId, uint32_t ssrc, uint32_t rtxSsrc, bool hasRtx, double clockRateHz,
         Format format, double *counters, uint32_t *window)
      : id(id), socketId(socketId), ssrc(ssrc), rtxSsrc(rtxSsrc), hasRtx(hasRtx), format(format), counters(counters),
        clockRateHz(clockRateHz), window(window) {}

  const uint32_t id;
  const uint32_t socketId;
  const uint32_t ssrc;
  const uint32_t rtxSsrc;
  const bool hasRtx;
  const Format format;
  double *const counters;
  int64_t rtxHighest = 0;
  int64_t peekedTimestamp = -1;

  int64_t extend(uint16_t sequence) const {
    int64_t highest = int64_t(counters[HIGHEST_SEQUENCE]);
    return highest == 0 ? CYCLE + sequence : extendSequence(sequence, highest);
  }
  // Has what is touched for every packet brought from memory; the stream's own beginning must be there.
  void prefetch() const {
    for (int field = 0; field <= TRANSIT; field += 8) __builtin_prefetch(counters + field, 1);
    __builtin_prefetch(frames + (newestFrame < 0 ? 0 : newestFrame), 1);
  }
  Arrival count(uint16_t sequence, const PacketFacts &packet, bool repaired);
  // Whether the next packet is one of those whose authentication tag is verified.
  bool isToBeVerified() const { return int64_t(counters[PACKETS]) >= nextVerified; }
  void verified(bool right) {
    counters[right ? AUTHENTICATED : AUTHENTICATION_FAILURES] += 1;
    nextVerified = int64_t(counters[PACKETS]) / AUTHENTICATED_ONE_IN * AUTHENTICATED_ONE_IN + AUTHENTICATED_ONE_IN;
  }
  // Forgets when the last frame came, so that a pause is not taken for a freeze.
  void restartFrames() { lastFrameMs = 0; }

private:
  static constexpr int FRAMES_KNOWN = 32;
  static constexpr int INTERVALS = 30;
  static constexpr int MIN_INTERVALS = 5;

  struct Frame {
    int64_t first;
    int64_t last;
    int64_t packets;
    bool ended;
    bool complete;
  };

  bool has(int64_t extended) const {
    uint32_t bit = uint32_t(extended & (WINDOW_PACKETS - 1));
    return (window[bit >> 5] & (1u << (bit & 31))) != 0;
  }
  void set(int64_t extended) {
    uint32_t bit = uint32_t(extended & (WINDOW_PACKETS - 1));
    window[bit >> 5] |= 1u << (bit & 31);
  }
  void clear(int64_t extended) {
    uint32_t bit = uint32_t(extended & (WINDOW_PACKETS - 1));
    window[bit >> 5] &= ~(1u << (bit & 31));
  }
  int64_t place(int64_t extended, int64_t highest, bool repaired);
  void jitter(const PacketFacts &packet);
  void addToFrame(int64_t sequence, const PacketFacts &packet);
  Frame &findFrame(uint32_t timestamp, int64_t sequence);
  void completeFrame(Frame &frame, double nowMs);
  void interval(double intervalMs);

  const double clockRateHz;
  int64_t nextVerified = 0;
  uint32_t *const window;
  int frameCount = 0;
  int newestFrame = -1;
  // Of the frames at the same places: side by side, they are quickly searched.
  uint32_t timestamps[FRAMES_KNOWN];
  Frame frames[FRAMES_KNOWN];
  double intervals[INTERVALS];
  int intervalCount = 0;
  double lastFrameMs = 0;
};
