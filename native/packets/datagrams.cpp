// sendmmsg, recvmmsg and segmentation offload (UDP_SEGMENT, UDP_GRO: udp(7)) over sockets that JavaScript names by
// their descriptor. Linux only; elsewhere nothing is added and the prober uses node:dgram.
#include "datagrams.hpp"

#ifdef __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace {

constexpr unsigned MAX_BATCH = 64;
// The kernel takes at most this many segments, and no more bytes than one UDP datagram may have.
constexpr unsigned MAX_SEGMENTS = 64;
constexpr size_t MAX_SEGMENTED_BYTES = 65'000;
// Numbers a message in the receiver's `meta`: offset, length, segment size, arrival in ms.
constexpr unsigned META_FIELDS = 4;

struct Arguments {
  napi_value values[8];
  size_t count = 8;

  Arguments(napi_env env, napi_callback_info info) { napi_get_cb_info(env, info, &count, values, nullptr, nullptr); }

  int32_t integer(napi_env env, size_t i) const {
    int32_t value = -1;
    if (i < count) napi_get_value_int32(env, values[i], &value);
    return value;
  }

  template <typename T> T *elements(napi_env env, size_t i, size_t *length) const {
    void *data = nullptr;
    *length = 0;
    if (i < count) napi_get_typedarray_info(env, values[i], nullptr, length, &data, nullptr, nullptr);
    return static_cast<T *>(data);
  }
};

napi_value integer(napi_env env, int value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

napi_value fail(napi_env env, const char *what, int error) {
  char text[160];
  snprintf(text, sizeof text, "%s: %s", what, strerror(error));
  napi_throw_error(env, error == EADDRINUSE ? "EADDRINUSE" : "ERR_DATAGRAM", text);
  return nullptr;
}

int socketOption(int fd, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

// datagramOpen(address, port, isSender, bufferBytes, offload): [descriptor, local port, granted buffer]
napi_value open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  char address[64] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, arguments.values[0], address, sizeof address, &length);
  const int port = arguments.integer(env, 1);
  const bool isSender = arguments.integer(env, 2) != 0;
  const int bufferBytes = arguments.integer(env, 3);
  const bool offload = arguments.integer(env, 4) != 0;

  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  char service[8];
  snprintf(service, sizeof service, "%d", port);
  addrinfo *found = nullptr;
  if (getaddrinfo(address, service, &hints, &found) != 0 || found == nullptr)
    return fail(env, "not an IP address", EINVAL);
  const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int done = fd < 0 ? -1
                          : (isSender ? connect(fd, found->ai_addr, found->ai_addrlen)
                                      : bind(fd, found->ai_addr, found->ai_addrlen));
  const int error = errno;
  freeaddrinfo(found);
  if (done != 0) {
    if (fd >= 0) ::close(fd);
    return fail(env, "cannot open a UDP socket", error);
  }
  const int option = isSender ? SO_SNDBUF : SO_RCVBUF;
  if (bufferBytes > 0) setsockopt(fd, SOL_SOCKET, option, &bufferBytes, sizeof bufferBytes);
  if (!isSender) {
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (offload) setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  }
  sockaddr_storage local{};
  socklen_t localLength = sizeof local;
  getsockname(fd, reinterpret_cast<sockaddr *>(&local), &localLength);
  const int localPort = ntohs(local.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6 *>(&local)->sin6_port
                                                          : reinterpret_cast<sockaddr_in *>(&local)->sin_port);
  napi_value result;
  napi_create_array_with_length(env, 3, &result);
  napi_set_element(env, result, 0, integer(env, fd));
  napi_set_element(env, result, 1, integer(env, localPort));
  napi_set_element(env, result, 2, integer(env, socketOption(fd, option)));
  return result;
}

// datagramSetReceiveBuffer(descriptor, bytes): granted
napi_value setReceiveBuffer(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const int fd = arguments.integer(env, 0);
  const int bytes = arguments.integer(env, 1);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  return integer(env, socketOption(fd, SO_RCVBUF));
}

// Sends `count` equal packets that lie one after the other as one buffer that the kernel cuts up.
int sendSegmented(int fd, uint8_t *data, uint32_t size, unsigned count) {
  unsigned sent = 0;
  while (sent < count) {
    unsigned segments = count - sent;
    if (segments > MAX_SEGMENTS) segments = MAX_SEGMENTS;
    if (segments * size > MAX_SEGMENTED_BYTES) segments = unsigned(MAX_SEGMENTED_BYTES / size);
    if (segments == 0) segments = 1;
    iovec part{data + size_t(sent) * size, size_t(segments) * size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))] = {};
    if (segments > 1) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr *header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = IPPROTO_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const uint16_t segment = uint16_t(size);
      memcpy(CMSG_DATA(header), &segment, sizeof segment);
    }
    if (sendmsg(fd, &message, 0) < 0) return sent > 0 ? int(sent) : -errno;
    sent += segments;
  }
  return int(sent);
}

// datagramSend(descriptor, data, lengths, count, offload): packets sent, or -errno when none was.
// The packets lie one after the other in `data`; with `offload` all have the length of the first.
napi_value send(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const int fd = arguments.integer(env, 0);
  size_t bytes = 0;
  size_t capacity = 0;
  uint8_t *data = arguments.elements<uint8_t>(env, 1, &bytes);
  const uint32_t *lengths = arguments.elements<uint32_t>(env, 2, &capacity);
  unsigned count = unsigned(arguments.integer(env, 3));
  if (data == nullptr || lengths == nullptr || count > capacity || count > MAX_BATCH) return integer(env, -EINVAL);
  size_t total = 0;
  for (unsigned i = 0; i < count; i += 1) total += lengths[i];
  if (total > bytes) return integer(env, -EINVAL);
  if (count > 1 && arguments.integer(env, 4) != 0)
    return integer(env, size_t(lengths[0]) * count == total ? sendSegmented(fd, data, lengths[0], count) : -EINVAL);
  mmsghdr messages[MAX_BATCH] = {};
  iovec parts[MAX_BATCH];
  for (unsigned i = 0; i < count; i += 1) {
    parts[i] = {data, lengths[i]};
    data += lengths[i];
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = sendmmsg(fd, messages, count, 0);
  return integer(env, sent < 0 ? -errno : sent);
}

// datagramReceive(descriptor, data, meta, slotBytes, timeoutMs): messages received, 0 after the time is over.
// Message i lies at meta[4 i]; it is meta[4 i + 1] bytes of packets of meta[4 i + 2] bytes, the last maybe shorter.
napi_value receive(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const int fd = arguments.integer(env, 0);
  size_t bytes = 0;
  size_t capacity = 0;
  uint8_t *data = arguments.elements<uint8_t>(env, 1, &bytes);
  double *meta = arguments.elements<double>(env, 2, &capacity);
  const int slotBytes = arguments.integer(env, 3);
  if (data == nullptr || meta == nullptr || slotBytes <= 0) return integer(env, 0);
  unsigned slots = MAX_BATCH;
  if (slots > capacity / META_FIELDS) slots = unsigned(capacity / META_FIELDS);
  if (slots > bytes / size_t(slotBytes)) slots = unsigned(bytes / size_t(slotBytes));
  const int timeoutMs = arguments.integer(env, 4);
  if (timeoutMs > 0) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, timeoutMs) <= 0) return integer(env, 0);
  }
  constexpr size_t CONTROL_BYTES = CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(int));
  alignas(cmsghdr) char control[MAX_BATCH][CONTROL_BYTES];
  mmsghdr messages[MAX_BATCH] = {};
  iovec parts[MAX_BATCH];
  for (unsigned i = 0; i < slots; i += 1) {
    parts[i] = {data + size_t(i) * slotBytes, size_t(slotBytes)};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = control[i];
    messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
  }
  const int count = recvmmsg(fd, messages, slots, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; i += 1) {
    double *entry = meta + size_t(i) * META_FIELDS;
    entry[0] = double(size_t(i) * slotBytes);
    entry[1] = entry[2] = messages[i].msg_len;
    entry[3] = 0;
    msghdr *message = &messages[i].msg_hdr;
    for (cmsghdr *header = CMSG_FIRSTHDR(message); header != nullptr; header = CMSG_NXTHDR(message, header)) {
      if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
        timespec at;
        memcpy(&at, CMSG_DATA(header), sizeof at);
        entry[3] = double(at.tv_sec) * 1e3 + double(at.tv_nsec) / 1e6;
      } else if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
        int segment = 0;
        memcpy(&segment, CMSG_DATA(header), sizeof segment);
        if (segment > 0) entry[2] = segment;
      }
    }
  }
  return integer(env, count < 0 ? 0 : count);
}

napi_value close(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  ::close(arguments.integer(env, 0));
  return nullptr;
}

} // namespace

void registerDatagrams(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"datagramOpen", nullptr, open, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"datagramSetReceiveBuffer", nullptr, setReceiveBuffer, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"datagramSend", nullptr, send, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"datagramReceive", nullptr, receive, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"datagramClose", nullptr, close, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
}

#else

void registerDatagrams(napi_env, napi_value) {}

#endif
