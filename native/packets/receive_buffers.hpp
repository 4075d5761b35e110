// Where batches of datagrams are received. The kernel changes only what is set anew for the messages that it filled.
#pragma once

#include <cstdint>
#include <ctime>
#include <sys/socket.h>

#include "loop.hpp"

// Datagrams taken in one system call.
constexpr int RECEIVE_BATCH = 32;

struct ReceiveBuffers {
  uint8_t data[RECEIVE_BATCH][MAX_DATAGRAM_BYTES];
  alignas(cmsghdr) uint8_t control[RECEIVE_BATCH][CMSG_SPACE(sizeof(timespec))];
  iovec vectors[RECEIVE_BATCH];
  mmsghdr messages[RECEIVE_BATCH];
  int readBytes = MAX_DATAGRAM_BYTES;

  ReceiveBuffers() {
    for (int i = 0; i < RECEIVE_BATCH; i += 1) {
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
