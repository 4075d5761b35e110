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

export const targetSchema = z
  .strictObject({
    kind: z.enum(['mediasoup']).default('mediasoup').describe('The system under test'),
    bridges: z
      .int()
      .min(1)
      .max(MAX_BRIDGES)
      .default(1)
      .describe('Bridges to start, each a process of its own; ignored with `url`'),
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
    allowPublic: z
      .boolean()
      .default(false)
      .describe('Load may be sent to addresses that are neither loopback nor private. Only to your own'),
  })
  .describe('The SFU cluster under test');
