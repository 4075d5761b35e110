/*
 * The floor under the packet loop: one thread sends datagrams with sendto, another receives them with epoll and
 * recvmmsg, sleeping a millisecond between rounds, and looks at nothing but the sequence number. Prints the CPU
 * that each took per packet as JSON.
 *
 *   floor SOCKETS PACKETS_PER_SECOND BYTES SECONDS
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 32, BURST = 3, MAX_BYTES = 2048 };

static int sockets, rate, bytes, seconds;
static struct sockaddr_in *addresses;
static int *receivers;
static volatile int done;

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

struct result {
  double cpu;
  long packets;
  uint32_t checksum;
};

static void *receive(void *argument) {
  struct result *result = argument;
  static uint8_t data[BATCH][MAX_BYTES];
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  struct epoll_event ready[256];
  int epoll = epoll_create1(0);
  for (int i = 0; i < sockets; i += 1) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = receivers[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, receivers[i], &event);
  }
  while (!done) {
    int count = epoll_wait(epoll, ready, 256, 10);
    for (int i = 0; i < count; i += 1) {
      for (int k = 0; k < BATCH; k += 1) {
        vectors[k] = (struct iovec){data[k], MAX_BYTES};
        messages[k].msg_hdr = (struct msghdr){.msg_iov = &vectors[k], .msg_iovlen = 1};
      }
      int got = recvmmsg(ready[i].data.fd, messages, BATCH, MSG_DONTWAIT, NULL);
      for (int k = 0; k < got; k += 1) result->checksum += data[k][2] << 8 | data[k][3];
      if (got > 0) result->packets += got;
    }
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
  }
  result->cpu = now(CLOCK_THREAD_CPUTIME_ID);
  return NULL;
}

static void *send_all(void *argument) {
  struct result *result = argument;
  static uint8_t data[MAX_BYTES];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  double began = now(CLOCK_MONOTONIC);
  long sent = 0;
  int next = 0;
  while (now(CLOCK_MONOTONIC) - began < seconds) {
    long due = (long)((now(CLOCK_MONOTONIC) - began) * rate);
    while (sent < due) {
      for (int i = 0; i < BURST; i += 1) {
        data[3] = sent & 0xff;
        sendto(fd, data, bytes, 0, (struct sockaddr *)&addresses[next], sizeof addresses[next]);
        sent += 1;
      }
      next = (next + 1) % sockets;
    }
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
  }
  result->packets = sent;
  result->cpu = now(CLOCK_THREAD_CPUTIME_ID);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  sockets = atoi(argv[1]);
  rate = atoi(argv[2]);
  bytes = atoi(argv[3]);
  seconds = atoi(argv[4]);
  if (sockets < 1 || sockets > 1000 || bytes < 16 || bytes > MAX_BYTES || seconds < 1 || seconds > 60) return 2;
  addresses = calloc(sockets, sizeof *addresses);
  receivers = calloc(sockets, sizeof *receivers);
  for (int i = 0; i < sockets; i += 1) {
    receivers[i] = socket(AF_INET, SOCK_DGRAM, 0);
    addresses[i].sin_family = AF_INET;
    addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof addresses[i];
    if (bind(receivers[i], (struct sockaddr *)&addresses[i], length) != 0) return 1;
    getsockname(receivers[i], (struct sockaddr *)&addresses[i], &length);
  }
  struct result in = {0}, out = {0};
  pthread_t receiver, sender;
  pthread_create(&receiver, NULL, receive, &in);
  pthread_create(&sender, NULL, send_all, &out);
  pthread_join(sender, NULL);
  usleep(50000);
  done = 1;
  pthread_join(receiver, NULL);
  printf("{\"sent\":%ld,\"received\":%ld,\"sendMicroseconds\":%.3f,\"receiveMicroseconds\":%.3f,\"checksum\":%u}\n",
         out.packets, in.packets, 1e6 * out.cpu / out.packets, 1e6 * in.cpu / in.packets, in.checksum);
  return 0;
}
