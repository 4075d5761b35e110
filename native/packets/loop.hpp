// The packet loop of src/packets/types.ts over epoll, recvmmsg and sendmmsg. It runs on the thread that polls it;
// nothing here is shared between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "srtp.hpp"
#include "stream.hpp"

// SocketField of src/packets/types.ts.
enum SocketField {
  DATAGRAMS_RECEIVED = 0,
  BYTES_RECEIVED = 1,
  CONTROL_RECEIVED = 2,
  DATAGRAMS_SENT = 3,
  BYTES_SENT = 4,
  CONTROL_SENT = 5,
  SEND_ERRORS = 6,
  UNKNOWN_RTP = 7,
  SOCKET_AUTHENTICATION_FAILURES = 8,
  ARRIVALS_WRITTEN = 9,
  LAST_RECEIVED_MS = 10,
};

constexpr int ARRIVALS = 1024;
constexpr int MAX_DATAGRAM_BYTES = 2048;
// What of a datagram is read at first: the header of RTP with what is looked into, and most of what is not RTP.
// Copying the rest too makes a received packet 3 % dearer, and nobody looks at it.
constexpr int HEAD_BYTES = 512;

// What `poll` puts into the inbox, read by src/packets/native-loop.ts: five doubles (kind, id, length, x, y),
// then `length` bytes, rounded up to eight.
enum class InboxKind { Control = 1, Rtcp = 2, Gap = 3, KeyFrame = 4 };

struct Socket {
  int fd = -1;
  uint32_t id = 0;
  double *counters = nullptr;
  uint32_t *arrivals = nullptr;
  int transportSequenceId = 0;
  int captureTimeId = 0;
  // Of each datagram that many bytes are read; more, once there was something in which more is looked at.
  int headBytes = HEAD_BYTES;
  // The next batch is read whole: a tag is to be verified.
  bool wantsWhole = false;
  std::unique_ptr<Transform> send;
  std::unique_ptr<Transform> receive;
  uint32_t rtcpIndex = 0;
  // Highest extended sequence number sent on each SSRC, for the rollover counter.
  std::vector<std::pair<uint32_t, int64_t>> sent;
  std::vector<std::pair<uint32_t, Stream *>> streams;
};

struct Datagram {
  uint8_t *data;
  // As it was sent, and what of it was read.
  int length;
  int read;
  double receivedAtMs;

  bool isCut() const { return read < length; }
};

struct Opened {
  uint32_t id;
  uint16_t port;
  std::string address;
};

class Loop {
public:
  Loop(double epochMs, double wallOffsetMs, uint8_t *outgoing, uint8_t *inbox, size_t inboxBytes);
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  // Throws std::system_error.
  Opened open(const std::string &address, uint16_t port, int receiveBufferBytes, double *counters,
              uint32_t *arrivals);
  void close(uint32_t id);
  Socket *socket(uint32_t id);
  Stream *addStream(uint32_t socketId, uint32_t ssrc, uint32_t rtxSsrc, bool hasRtx, double clockRateHz,
                    Format format, double *counters, uint32_t *window);
  void removeStream(uint32_t id);
  Stream *stream(uint32_t id);
  void sendControl(uint32_t id, const uint8_t *data, int length);
  void sendRtcp(uint32_t id, const uint8_t *packet, int length);
  // `queue`: socket, offset into `outgoing` and length of each packet.
  void flush(const uint32_t *queue, uint32_t packets);
  // Receives until nothing is left or the inbox is full. Returns the bytes in the inbox; `more` when it was full.
  size_t poll(bool *more);
  void dispose();

private:
  bool receive(Socket &from);
  size_t receiveFromReady();
  size_t receiveFromAll();
  static void prefetch(const Socket &next, int ahead);
  void receiveDatagram(Socket &socket, const Datagram &datagram);
  void receiveRtp(Socket &socket, const Datagram &datagram);
  void receiveMedia(Socket &socket, Stream &stream, const Datagram &packet, int headerLength);
  void receiveRetransmission(Socket &socket, Stream &stream, const Datagram &packet, int headerLength);
  void verify(Socket &socket, Stream &stream, const Datagram &packet, int headerLength, uint32_t rollover);
  void recordArrival(Socket &socket, const uint8_t *packet, double nowMs);
  void readDelay(Socket &socket, Stream &stream, const uint8_t *packet, double nowMs);
  void peek(Stream &stream, const uint8_t *head, int length);
  void put(InboxKind kind, uint32_t id, const uint8_t *data, uint32_t length, double x, double y);
  // What a batch can fill must still fit.
  bool inboxIsFull() const { return inboxUsed + 128 * 1024 > inboxBytes; }
  void sendRun(Socket &socket, struct mmsghdr *messages, unsigned count);
  void sendOne(Socket &socket, const uint8_t *data, int length);

  const double epochMs;
  const double wallOffsetMs;
  uint8_t *const outgoing;
  uint8_t *const inbox;
  const size_t inboxBytes;
  size_t inboxUsed = 0;
  int epoll = -1;
  uint32_t lastId = 0;
  double realtimeOffsetMs = 0;
  std::unique_ptr<struct ReceiveBuffers> buffers;
  // Sockets that still hold datagrams because the inbox was full.
  std::vector<uint32_t> unfinished;
  std::unordered_map<uint32_t, std::unique_ptr<Socket>> sockets;
  std::vector<Socket *> inOrder;
  // How many had datagrams at the last poll.
  size_t lastBusy = 0;
  std::unordered_map<uint32_t, std::unique_ptr<Stream>> streams;
};
