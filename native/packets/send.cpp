// What of the loop sends.
#include <cstring>
#include <sys/socket.h>

#include "loop.hpp"
#include "rtp_header.hpp"

namespace {

// Datagrams given in one system call.
constexpr int BATCH = 32;

} // namespace

void Loop::sendOne(Socket &socket, const uint8_t *data, int length) {
  socket.counters[DATAGRAMS_SENT] += 1;
  socket.counters[BYTES_SENT] += length;
  if (::send(socket.fd, data, size_t(length), 0) == -1) socket.counters[SEND_ERRORS] += 1;
}

void Loop::sendControl(uint32_t id, const uint8_t *data, int length) {
  Socket *to = socket(id);
  if (to == nullptr) return;
  to->counters[CONTROL_SENT] += 1;
  sendOne(*to, data, length);
}

void Loop::sendRtcp(uint32_t id, const uint8_t *packet, int length) {
  Socket *to = socket(id);
  if (to == nullptr || to->send == nullptr || length > MAX_DATAGRAM_BYTES) return;
  uint8_t out[MAX_DATAGRAM_BYTES + MAX_TAG_BYTES + 4];
  memcpy(out, packet, size_t(length));
  int sealed = to->send->protectRtcp(out, length, to->rtcpIndex);
  to->rtcpIndex += 1;
  to->counters[CONTROL_SENT] += 1;
  sendOne(*to, out, sealed);
}

void Loop::flush(const uint32_t *queue, uint32_t packets) {
  mmsghdr messages[BATCH];
  iovec vectors[BATCH];
  Socket *current = nullptr;
  unsigned count = 0;
  for (uint32_t i = 0; i < packets; i += 1) {
    const uint32_t *entry = queue + 3 * i;
    if (count == BATCH || (current != nullptr && current->id != entry[0])) {
      sendRun(*current, messages, count);
      count = 0;
    }
    if (current == nullptr || current->id != entry[0]) current = socket(entry[0]);
    if (current == nullptr || current->send == nullptr) {
      current = nullptr;
      continue;
    }
    uint8_t *packet = outgoing + entry[1];
    int length = int(entry[2]);
    uint32_t ssrc = get32(packet + 8);
    uint16_t sequence = get16(packet + 2);
    int64_t *highest = nullptr;
    for (auto &[known, value] : current->sent) {
      if (known == ssrc) highest = &value;
    }
    if (highest == nullptr) highest = &current->sent.emplace_back(ssrc, CYCLE + sequence).second;
    int64_t extended = extendSequence(sequence, *highest);
    if (extended > *highest) *highest = extended;
    length = current->send->protectRtp(packet, length, headerLength(packet, length), rolloverOf(extended));
    vectors[count] = {packet, size_t(length)};
    messages[count] = {};
    messages[count].msg_hdr.msg_iov = &vectors[count];
    messages[count].msg_hdr.msg_iovlen = 1;
    count += 1;
    current->counters[DATAGRAMS_SENT] += 1;
    current->counters[BYTES_SENT] += length;
  }
  if (current != nullptr && count > 0) sendRun(*current, messages, count);
}

void Loop::sendRun(Socket &socket, mmsghdr *messages, unsigned count) {
  for (unsigned at = 0; at < count;) {
    int sent = sendmmsg(socket.fd, messages + at, count - at, 0);
    if (sent > 0) {
      at += unsigned(sent);
      continue;
    }
    // The first one was refused (a full buffer, or nobody listens any more): it is lost, the others may pass.
    socket.counters[SEND_ERRORS] += 1;
    at += 1;
  }
}
