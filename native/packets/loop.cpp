#include "loop.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "key_frame.hpp"
#include "rtp_header.hpp"

namespace {

// Datagrams taken or given in one system call.
constexpr int BATCH = 32;
constexpr int READY_SOCKETS = 256;
constexpr int PREFETCH_STEPS = 4;
// Where so many of the sockets had datagrams last time, trying all costs less than asking which have some.
constexpr double BUSY_RATIO = 0.75;
constexpr int READ_STEP_BYTES = 64;
constexpr double ARRIVAL_TICK_MS = 0.25;
// Seconds from 1900 (NTP) to 1970.
constexpr double NTP_EPOCH_S = 2208988800.0;

double clockMs(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return double(time.tv_sec) * 1000 + double(time.tv_nsec) / 1e6;
}

static_assert(PEEK_BYTES <= MAX_PEEK_BYTES);

[[noreturn]] void fail(const char *what) { throw std::system_error(errno, std::generic_category(), what); }

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

// Where batches are received. The kernel changes only what is set anew for the messages that it filled.
struct ReceiveBuffers {
  uint8_t data[BATCH][MAX_DATAGRAM_BYTES];
  alignas(cmsghdr) uint8_t control[BATCH][CMSG_SPACE(sizeof(timespec))];
  iovec vectors[BATCH];
  mmsghdr messages[BATCH];
  int readBytes = MAX_DATAGRAM_BYTES;

  ReceiveBuffers() {
    for (int i = 0; i < BATCH; i += 1) {
      vectors[i] = {data[i], MAX_DATAGRAM_BYTES};
      msghdr &header = messages[i].msg_hdr;
      header = {};
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = control[i];
      reset(i);
    }
  }
  void reset(int i) { messages[i].msg_hdr.msg_controllen = sizeof control[i]; }
  void read(int bytes) {
    if (bytes == readBytes) return;
    for (iovec &vector : vectors) vector.iov_len = size_t(bytes);
    readBytes = bytes;
  }
};

Loop::Loop(double epochMs, double wallOffsetMs, uint8_t *outgoing, uint8_t *inbox, size_t inboxBytes)
    : epochMs(epochMs), wallOffsetMs(wallOffsetMs), outgoing(outgoing), inbox(inbox), inboxBytes(inboxBytes),
      buffers(std::make_unique<ReceiveBuffers>()) {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll == -1) fail("epoll_create1");
}

Loop::~Loop() { dispose(); }

void Loop::dispose() {
  for (auto &[id, socket] : sockets) ::close(socket->fd);
  inOrder.clear();
  sockets.clear();
  streams.clear();
  if (epoll != -1) ::close(epoll);
  epoll = -1;
}

Opened Loop::open(const std::string &address, uint16_t port, int receiveBufferBytes, double *counters,
                  uint32_t *arrivals) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo *found = nullptr;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    errno = EINVAL;
    fail("not an IP address");
  }
  std::unique_ptr<addrinfo, void (*)(addrinfo *)> remote(found, freeaddrinfo);
  int fd = ::socket(remote->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd == -1) fail("socket");
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, sizeof receiveBufferBytes);
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  epoll_event event{};
  // Edge-triggered: a socket is emptied whenever it is touched, so it need not be looked at again.
  event.events = EPOLLIN | EPOLLET;
  auto socket = std::make_unique<Socket>();
  event.data.ptr = socket.get();
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (connect(fd, remote->ai_addr, remote->ai_addrlen) == -1 ||
      getsockname(fd, reinterpret_cast<sockaddr *>(&local), &size) == -1 ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
    int error = errno;
    ::close(fd);
    errno = error;
    fail("connect");
  }
  lastId += 1;
  socket->fd = fd;
  socket->id = lastId;
  socket->counters = counters;
  socket->arrivals = arrivals;
  inOrder.push_back(socket.get());
  sockets[lastId] = std::move(socket);
  char host[NI_MAXHOST];
  char service[NI_MAXSERV];
  getnameinfo(reinterpret_cast<sockaddr *>(&local), size, host, sizeof host, service, sizeof service,
              NI_NUMERICHOST | NI_NUMERICSERV);
  return {lastId, uint16_t(std::stoi(service)), host};
}

void Loop::close(uint32_t id) {
  Socket *closing = socket(id);
  if (closing == nullptr) return;
  for (auto it = streams.begin(); it != streams.end();) {
    it = it->second->socketId == id ? streams.erase(it) : std::next(it);
  }
  ::close(closing->fd);
  std::erase(inOrder, closing);
  sockets.erase(id);
}

Socket *Loop::socket(uint32_t id) {
  auto found = sockets.find(id);
  return found == sockets.end() ? nullptr : found->second.get();
}

Stream *Loop::stream(uint32_t id) {
  auto found = streams.find(id);
  return found == streams.end() ? nullptr : found->second.get();
}

Stream *Loop::addStream(uint32_t socketId, uint32_t ssrc, uint32_t rtxSsrc, bool hasRtx, double clockRateHz,
                        Format format, double *counters, uint32_t *window) {
  Socket *owner = socket(socketId);
  if (owner == nullptr) return nullptr;
  lastId += 1;
  auto added = std::make_unique<Stream>(lastId, socketId, ssrc, rtxSsrc, hasRtx, clockRateHz, format, counters, window);
  Stream *result = added.get();
  owner->wantsWhole = true;
  owner->streams.emplace_back(ssrc, result);
  if (hasRtx) owner->streams.emplace_back(rtxSsrc, result);
  streams[lastId] = std::move(added);
  return result;
}

void Loop::removeStream(uint32_t id) {
  Stream *removed = stream(id);
  if (removed == nullptr) return;
  if (Socket *owner = socket(removed->socketId)) {
    std::erase_if(owner->streams, [removed](const auto &entry) { return entry.second == removed; });
  }
  streams.erase(id);
}

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
    int count = recvmmsg(from.fd, b.messages, BATCH, MSG_DONTWAIT | MSG_TRUNC, nullptr);
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
    if (count < BATCH) return true;
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
