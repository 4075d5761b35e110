#include "loop.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "receive_buffers.hpp"

namespace {

[[noreturn]] void fail(const char *what) { throw std::system_error(errno, std::generic_category(), what); }

} // namespace

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
