#include "stream.hpp"

#include <algorithm>
#include <cmath>

Arrival Stream::count(uint16_t sequence, const PacketFacts &packet, bool repaired) {
  int64_t extended = extend(sequence);
  if (repaired) {
    counters[RETRANSMITTED] += 1;
  } else {
    counters[PACKETS] += 1;
    counters[PAYLOAD_BYTES] += packet.payloadBytes;
    counters[HEADER_BYTES] += packet.headerBytes;
    counters[LAST_ARRIVAL_MS] = packet.arrivedAtMs;
  }
  int64_t highest = int64_t(counters[HIGHEST_SEQUENCE]);
  int64_t skipped = 0;
  if (highest == 0) {
    counters[BASE_SEQUENCE] = double(extended);
    counters[HIGHEST_SEQUENCE] = double(extended);
    counters[FIRST_ARRIVAL_MS] = packet.arrivedAtMs;
    set(extended);
  } else {
    skipped = place(extended, highest, repaired);
    if (skipped < 0) return {extended, false, 0};
  }
  counters[UNIQUE] += 1;
  if (!repaired) jitter(packet);
  if (format != Format::Opus) addToFrame(extended, packet);
  return {extended, true, skipped};
}

// Enters the packet in the window. Returns how many were skipped before it, -1 for a duplicate.
int64_t Stream::place(int64_t extended, int64_t highest, bool repaired) {
  if (extended > highest) {
    int64_t skipped = extended - highest - 1;
    if (skipped >= WINDOW_PACKETS) {
      memset(window, 0, WINDOW_PACKETS / 8);
    } else {
      for (int64_t missing = highest + 1; missing < extended; missing += 1) clear(missing);
    }
    set(extended);
    counters[HIGHEST_SEQUENCE] = double(extended);
    counters[LOST_BEFORE_REPAIR] += double(skipped);
    return skipped;
  }
  if (extended <= highest - WINDOW_PACKETS || has(extended)) {
    if (!repaired) counters[DUPLICATES] += 1;
    return -1;
  }
  set(extended);
  int64_t base = int64_t(counters[BASE_SEQUENCE]);
  if (extended < base) counters[BASE_SEQUENCE] = double(extended);
  if (repaired) return 0;
  counters[OUT_OF_ORDER] += 1;
  if (extended > base) counters[LOST_BEFORE_REPAIR] -= 1;
  return 0;
}

// RFC 3550, A.8.
void Stream::jitter(const PacketFacts &packet) {
  uint32_t arrival = uint32_t(int64_t(packet.arrivedAtMs * clockRateHz / 1000 + 0.5));
  int32_t transit = int32_t(arrival - packet.timestamp);
  if (counters[UNIQUE] > 1) {
    double difference = std::abs(double(int32_t(uint32_t(transit) - uint32_t(int32_t(counters[TRANSIT])))));
    counters[JITTER] += (difference - counters[JITTER]) / 16;
  }
  counters[TRANSIT] = transit;
}

void Stream::addToFrame(int64_t sequence, const PacketFacts &packet) {
  Frame &frame = findFrame(packet.timestamp, sequence);
  frame.packets += 1;
  frame.first = std::min(frame.first, sequence);
  frame.last = std::max(frame.last, sequence);
  if (packet.marker) frame.ended = true;
  completeFrame(frame, packet.arrivedAtMs);
  // The end of one frame is what tells where the next one begins, if anything of that has come before.
  if (!packet.marker || sequence >= int64_t(counters[HIGHEST_SEQUENCE])) return;
  for (int i = 0; i < frameCount; i += 1) {
    if (frames[i].first != sequence + 1) continue;
    completeFrame(frames[i], packet.arrivedAtMs);
    return;
  }
}

Stream::Frame &Stream::findFrame(uint32_t timestamp, int64_t sequence) {
  for (int back = 0; back < frameCount; back += 1) {
    int at = (newestFrame - back + FRAMES_KNOWN) % FRAMES_KNOWN;
    if (timestamps[at] == timestamp) return frames[at];
  }
  newestFrame = (newestFrame + 1) % FRAMES_KNOWN;
  frameCount = std::max(frameCount, newestFrame + 1);
  timestamps[newestFrame] = timestamp;
  frames[newestFrame] = {sequence, sequence, 0, false, false};
  return frames[newestFrame];
}

void Stream::completeFrame(Frame &frame, double nowMs) {
  if (frame.complete || !frame.ended || frame.packets != frame.last - frame.first + 1) return;
  if (frame.first != int64_t(counters[BASE_SEQUENCE]) && !has(frame.first - 1)) return;
  frame.complete = true;
  counters[FRAMES] += 1;
  if (counters[FIRST_FRAME_MS] == 0) counters[FIRST_FRAME_MS] = nowMs;
  if (lastFrameMs > 0) interval(nowMs - lastFrameMs);
  lastFrameMs = nowMs;
}

// https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-freezecount
void Stream::interval(double intervalMs) {
  intervals[intervalCount % INTERVALS] = intervalMs;
  intervalCount += 1;
  int known = std::min(intervalCount, INTERVALS);
  if (known < MIN_INTERVALS) return;
  double sum = 0;
  for (int i = 0; i < known; i += 1) sum += intervals[i];
  double mean = sum / known;
  if (intervalMs <= std::max(3 * mean, mean + 150)) return;
  counters[FREEZES] += 1;
  counters[FREEZES_MS] += intervalMs;
}
