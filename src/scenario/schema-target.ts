import { z } from 'zod';
import { byteSize } from './quantities.ts';

export const MAX_BRIDGES = 64;

const udp = z
  .strictObject({
    receiveBufferBytes: byteSize(4096, 256 * 1024 ** 2)
      .optional()
      .describe(
        "SO_RCVBUF of a bridge's media socket, bytes or 4MiB; 10 MiB when absent, capped by the kernel",
      ),
    sendBufferBytes: byteSize(4096, 256 * 1024 ** 2)
      .optional()
      .describe("SO_SNDBUF of a bridge's media socket; 4 MiB when absent, capped by the kernel"),
  })
  .describe('UDP buffers of the bridges that the run starts');

const maxPacketRatePps = z
  .union([z.number().positive().max(100_000_000), z.string().min(1).max(4096)])
  .describe(
    'Packets a second, in and out, that one bridge carries: a number, or a capacity file of `rtc-bench calibrate`, relative to the scenario. Without it stress is not told',
  );

const janusServer = z
  .strictObject({
    url: z
      .url({ protocol: /^wss?$/ })
      .max(2048)
      .describe('Its JSON API over web sockets, e.g. ws://127.0.0.1:8188'),
    admin: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .describe('Its admin API over HTTP, e.g. http://127.0.0.1:7088/admin'),
  })
  .describe('A running Janus');

export const targetSchema = z
  .strictObject({
    kind: z
      .enum(['mediasoup', 'janus'])
      .default('mediasoup')
      .describe('The system under test: the embedded mediasoup cluster, or Janus with its plugin videoroom'),
    bridges: z
      .int()
      .min(1)
      .max(MAX_BRIDGES)
      .default(1)
      .describe('Bridges to start, each a process of its own; ignored with `url` and `servers`'),
    start: z
      .boolean()
      .default(false)
      .describe(
        'Janus: starts the one that is installed here, with a configuration of our own, in a network namespace of the run',
      ),
    servers: z
      .array(janusServer)
      .min(1)
      .max(MAX_BRIDGES)
      .optional()
      .describe('Janus: those that run already, each a bridge. A room stays on one'),
    adminSecretFile: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        "Janus: file with the servers' admin_secret, relative to the scenario; without it RTC_BENCH_JANUS_ADMIN_SECRET of the environment",
      ),
    mediaAddress: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe(
        'Janus with `start`: address of this host, not loopback, that it takes for media; the run then needs no network namespace',
      ),
    url: z
      .url({ protocol: /^(wss?|https?)$/ })
      .max(2048)
      .optional()
      .describe('A running cluster (`rtc-bench cluster start` prints its address) instead of a new one'),
    placement: z
      .enum(['least-stressed', 'spread', 'pinned'])
      .default('least-stressed')
      .describe(
        '`least-stressed`: a room stays on one bridge, the least stressed when it began, until that is full; `spread`: the participants of a room are dealt out over all bridges; `pinned`: every room or group names its bridge',
      ),
    maxParticipantsPerBridgeAndRoom: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        'From this many on, participants of a room go to another bridge and what they see is piped; no limit when absent',
      ),
    maxPacketRatePps: maxPacketRatePps.optional(),
    udp: udp.default({}),
    cpuShare: z
      .number()
      .min(0.1)
      .max(1)
      .optional()
      .describe(
        'Share of one core that each bridge that the run starts may use, by a control group (Linux, as root or where groups are delegated): what one carries then does not hang on what else the host does. All that it gets when absent',
      ),
    cpuShareIfPossible: z
      .boolean()
      .default(false)
      .describe(
        'Where no control group can be made, bridges have all the CPU they get, and a warning says so; otherwise that is an error',
      ),
    allowPublic: z
      .boolean()
      .default(false)
      .describe('Load may be sent to addresses that are neither loopback nor private. Only to your own'),
  })
  .describe('The SFU cluster under test');
