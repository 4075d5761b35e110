// What of the loop receives and counts.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "key_frame.hpp"
#include "loop.hpp"
#include "receive_buffers.hpp"
#include "rtp_header.hpp"

namespace {

constexpr int READY_SOCKETS = 256;
constexpr int PREFETCH_STEPS = 4;
// Where so many of the sockets had datagrams last time, trying all costs less than asking which have some.
constexpr double BUSY_RATIO = 0.75;
constexpr int READ_STEP_BYTES = 64;
constexpr double ARRIVAL_TICK_MS = 0.25;
// Seconds from 1900 (NTP) to 1970.
constexpr double NTP_EPOCH_S = 2208988800.0;

static_assert(PEEK_BYTES <= MAX_PEEK_BYTES);

double clockMs(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return double(time.tv_sec) * 1000 + double(time.tv_nsec) / 1e6;
}

double receiveTimeMs(msghdr &header, double realtimeOffsetMs) {
  for (cmsghdr *control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time;
    memcpy(&time, CMSG_DATA(control), sizeof time);
    return double(time.tv_sec) * 1000 + double(time.tv_nsec) / 1e6 - realtimeOffsetMs;
  }
  return clockMs(CLOCK_MONOTONIC);
}

// From now on so much is read of every datagram of the socket.
void readMore(Socket &socket, int bytes) {
  int rounded = (bytes + READ_STEP_BYTES - 1) / READ_STEP_BYTES * READ_STEP_BYTES;
  socket.headBytes = std::clamp(rounded, socket.headBytes, MAX_DATAGRAM_BYTES);
}

} // namespace

size_t Loop::poll(bool *more) {
  inboxUsed = 0;
  realtimeOffsetMs = clockMs(CLOCK_REALTIME) - clockMs(CLOCK_MONOTONIC);
  std::vector<uint32_t> left = std::move(unfinished);
  unfinished.clear();
  for (uint32_t id : left) {
    if (Socket *known = socket(id)) receive(*known);
  }
  // Nothing is closed while this runs: handlers are called once it is over. Events of those that were tried without
  // being asked for stay in the epoll, so none is missed.
  lastBusy = BUSY_RATIO * double(inOrder.size()) <= double(lastBusy) ? receiveFromAll() : receiveFromReady();
  *more = !unfinished.empty();
  return inboxUsed;
}

size_t Loop::receiveFromReady() {
  epoll_event ready[READY_SOCKETS];
  size_t busy = 0;
  int count = 0;
  do {
    count = epoll_wait(epoll, ready, READY_SOCKETS, 0);
    for (int i = 0; i < count; i += 1) {
      for (int ahead = 1; ahead <= PREFETCH_STEPS && i + ahead < count; ahead += 1) {
        prefetch(*static_cast<Socket *>(ready[i + ahead].data.ptr), ahead);
      }
      busy += receive(*static_cast<Socket *>(ready[i].data.ptr)) ? 1 : 0;
    }
  } while (count == READY_SOCKETS);
  return busy;
}

size_t Loop::receiveFromAll() {
  size_t busy = 0;
  for (size_t i = 0; i < inOrder.size(); i += 1) {
    for (int ahead = 1; ahead <= PREFETCH_STEPS && i + size_t(ahead) < inOrder.size(); ahead += 1) {
      prefetch(*inOrder[i + size_t(ahead)], ahead);
    }
    busy += receive(*inOrder[i]) ? 1 : 0;
  }
  return busy;
}

// While the kernel fills the buffers of one socket, what the next ones are counted in comes from memory, what points
// to it some steps before, so that nothing waits.
void Loop::prefetch(const Socket &next, int ahead) {
  if (ahead == 4) {
    __builtin_prefetch(&next.counters);
    __builtin_prefetch(&next.streams);
  } else if (ahead == 3) {
    __builtin_prefetch(next.counters, 1);
    __builtin_prefetch(next.receive.get());
    __builtin_prefetch(next.streams.data());
  } else if (ahead == 2) {
    for (const auto &[ssrc, stream] : next.streams) {
      __builtin_prefetch(&stream->id);
      __builtin_prefetch(reinterpret_cast<const uint8_t *>(stream) + 64);
    }
  } else {
    for (const auto &[ssrc, stream] : next.streams) stream->prefetch();
  }
}

// Empties a socket, or notes that it is not empty when the inbox is full. False: there was nothing.
bool Loop::receive(Socket &from) {
  ReceiveBuffers &b = *buffers;
  for (bool any = false;; any = true) {
    if (inboxIsFull()) {
      unfinished.push_back(from.id);
      return any;
    }
    // Before there are keys DTLS comes, of which nothing may be missing.
    b.read(from.wantsWhole || from.receive == nullptr ? MAX_DATAGRAM_BYTES : from.headBytes);
    from.wantsWhole = false;
    // With MSG_TRUNC the length is told as it was sent (udp(7)).
    int count = recvmmsg(from.fd, b.messages, RECEIVE_BATCH, MSG_DONTWAIT | MSG_TRUNC, nullptr);
    if (count < 0) {
      if (errno == EAGAIN) return any;
      if (errno == EINTR) continue;
      // A refused datagram of ours comes back as an error once; consent tells whether it matters.
      from.counters[SEND_ERRORS] += 1;
      continue;
    }
    for (int i = 0; i < count; i += 1) {
      int length = int(b.messages[i].msg_len);
      double nowMs = receiveTimeMs(b.messages[i].msg_hdr, realtimeOffsetMs);
      receiveDatagram(from, {b.data[i], length, std::min(length, b.readBytes), nowMs});
      b.reset(i);
    }
    if (count < RECEIVE_BATCH) return true;
  }
}

void Loop::receiveDatagram(Socket &socket, const Datagram &datagram) {
  auto [data, length, read, nowMs] = datagram;
  double *c = socket.counters;
  c[DATAGRAMS_RECEIVED] += 1;
  c[BYTES_RECEIVED] += length;
  c[LAST_RECEIVED_MS] = nowMs;
  // RFC 7983, section 7, and RFC 5761, section 4.
  uint8_t first = length > 1 ? data[0] : 255;
  bool isControl = first < 4 || (first > 19 && first < 64);
  bool isRtpOrRtcp = first >= 128 && first <= 191;
  bool isRtcp = isRtpOrRtcp && data[1] >= 192 && data[1] <= 223;
  if (isRtpOrRtcp && !isRtcp) {
    receiveRtp(socket, datagram);
    return;
  }
  c[CONTROL_RECEIVED] += 1;
  if (datagram.isCut()) {
    // It is lost, as on a network; the next one of its length is not.
    readMore(socket, length);
    return;
  }
  if (isControl) put(InboxKind::Control, socket.id, data, uint32_t(length), nowMs, 0);
  if (!isRtcp || socket.receive == nullptr) return;
  int clear = socket.receive->unprotectRtcp(data, length);
  if (clear == 0) {
    c[SOCKET_AUTHENTICATION_FAILURES] += 1;
  } else {
    put(InboxKind::Rtcp, socket.id, data, uint32_t(clear), nowMs, 0);
  }
}

void Loop::receiveRtp(Socket &socket, const Datagram &datagram) {
  const uint8_t *packet = datagram.data;
  int header = headerLength(packet, datagram.read);
  if (datagram.isCut() && (header == 0 || datagram.read < header + PEEK_BYTES)) readMore(socket, datagram.length);
  if (socket.receive == nullptr || header == 0 || datagram.length < header + socket.receive->rtpTagBytes()) {
    socket.counters[UNKNOWN_RTP] += 1;
    return;
  }
  recordArrival(socket, packet, datagram.receivedAtMs);
  uint32_t ssrc = get32(packet + 8);
  for (auto &[known, stream] : socket.streams) {
    if (known != ssrc) continue;
    if (ssrc == stream->ssrc) receiveMedia(socket, *stream, datagram, header);
    else receiveRetransmission(socket, *stream, datagram, header);
    return;
  }
  socket.counters[UNKNOWN_RTP] += 1;
}

void Loop::receiveMedia(Socket &socket, Stream &stream, const Datagram &datagram, int header) {
  Transform &transform = *socket.receive;
  const auto &[packet, length, read, nowMs] = datagram;
  uint16_t sequence = get16(packet + 2);
  uint32_t rollover = rolloverOf(stream.extend(sequence));
  if (stream.isToBeVerified()) verify(socket, stream, datagram, header, rollover);
  uint32_t timestamp = get32(packet + 4);
  int payload = length - header - transform.rtpTagBytes();
  Arrival arrival = stream.count(sequence, {timestamp, (packet[1] & 0x80) != 0, nowMs, header, payload}, false);
  if (arrival.skipped > 0) {
    put(InboxKind::Gap, stream.id, nullptr, 0, double(arrival.extended - arrival.skipped), double(arrival.skipped));
  }
  if (!arrival.isNew) return;
  readDelay(socket, stream, packet, nowMs);
  if (stream.format == Format::Opus || timestamp == stream.peekedTimestamp) return;
  stream.peekedTimestamp = timestamp;
  uint8_t head[PEEK_BYTES];
  int bytes = std::min({payload, read - header, PEEK_BYTES});
  transform.peek(packet, header, rollover, bytes, head);
  peek(stream, head, bytes);
}

// A packet of which only the beginning was read cannot be verified; of the next batch one can.
void Loop::verify(Socket &socket, Stream &stream, const Datagram &packet, int headerLength, uint32_t rollover) {
  if (packet.isCut()) {
    socket.wantsWhole = true;
    return;
  }
  uint8_t scratch[MAX_DATAGRAM_BYTES];
  bool right = socket.receive->verifyRtp(packet.data, packet.length, headerLength, rollover, scratch);
  stream.verified(right);
}

// RFC 4588, section 4: the original sequence number stands before the original payload.
void Loop::receiveRetransmission(Socket &socket, Stream &stream, const Datagram &datagram, int header) {
  Transform &transform = *socket.receive;
  const auto &[packet, length, read, nowMs] = datagram;
  int payload = length - header - transform.rtpTagBytes();
  int bytes = std::min({payload, read - header, PEEK_BYTES});
  if (bytes < 2) return;
  uint16_t sequence = get16(packet + 2);
  int64_t extended = stream.rtxHighest == 0 ? CYCLE + sequence : extendSequence(sequence, stream.rtxHighest);
  if (extended > stream.rtxHighest) stream.rtxHighest = extended;
  uint8_t head[PEEK_BYTES];
  transform.peek(packet, header, rolloverOf(extended), bytes, head);
  PacketFacts facts{get32(packet + 4), (packet[1] & 0x80) != 0, nowMs, header, payload - 2};
  Arrival arrival = stream.count(get16(head), facts, true);
  if (arrival.isNew && stream.format != Format::Opus) peek(stream, head + 2, bytes - 2);
}

void Loop::peek(Stream &stream, const uint8_t *head, int length) {
  if (!beginsKeyFrame(stream.format, head, length)) return;
  stream.counters[KEY_FRAMES] += 1;
  put(InboxKind::KeyFrame, stream.id, head, uint32_t(length), 0, 0);
}

void Loop::recordArrival(Socket &socket, const uint8_t *packet, double nowMs) {
  if (socket.transportSequenceId == 0 || socket.arrivals == nullptr) return;
  const uint8_t *value = findExtension(packet, socket.transportSequenceId);
  if (value == nullptr) return;
  uint64_t written = uint64_t(socket.counters[ARRIVALS_WRITTEN]);
  uint32_t *entry = socket.arrivals + 2 * (written % ARRIVALS);
  entry[0] = get16(value);
  entry[1] = uint32_t((nowMs - epochMs) / ARRIVAL_TICK_MS);
  socket.counters[ARRIVALS_WRITTEN] = double(written + 1);
}

// abs-capture-time, which our senders stamp when they send: seconds and fraction of NTP time.
void Loop::readDelay(Socket &socket, Stream &stream, const uint8_t *packet, double nowMs) {
  if (socket.captureTimeId == 0) return;
  const uint8_t *value = findExtension(packet, socket.captureTimeId);
  if (value == nullptr) return;
  double sentMs = (double(get32(value)) - NTP_EPOCH_S) * 1000 + double(get32(value + 4)) * 1000 / 4294967296.0;
  stream.counters[DELAY_SUM_MS] += nowMs + wallOffsetMs - sentMs;
  stream.counters[DELAY_COUNT] += 1;
}

void Loop::put(InboxKind kind, uint32_t id, const uint8_t *data, uint32_t length, double x, double y) {
  double header[5] = {double(int(kind)), double(id), double(length), x, y};
  memcpy(inbox + inboxUsed, header, sizeof header);
  inboxUsed += sizeof header;
  if (length > 0) memcpy(inbox + inboxUsed, data, length);
  inboxUsed += (length + 7) & ~7u;
}
