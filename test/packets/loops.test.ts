import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPacketAddon, NativePacketLoop } from '../../src/packets/native-loop.ts';
import { type PacketLoop, SocketField, STREAM_FIELDS, StreamField } from '../../src/packets/types.ts';
import { type LoopOptions, TypescriptPacketLoop } from '../../src/packets/typescript-loop.ts';
import { findPacketAddon } from '../../src/setup/find-packet-addon.ts';
import { openBench, packetLoopContract } from './contract.ts';
import { EXTENSIONS, keysOf, Peer, vp8 } from './peer.ts';

const native = (options: LoopOptions): PacketLoop => {
  const file = findPacketAddon(process.env);
  if (file === null) throw new Error('the native packet loop is not built: run rtc-bench setup');
  return new NativePacketLoop(loadPacketAddon(file), options);
};
const typescript = (options: LoopOptions): PacketLoop => new TypescriptPacketLoop(options);

const inRounds = (options: LoopOptions): PacketLoop =>
  new TypescriptPacketLoop({ ...options, roundsFromSockets: 1 });

packetLoopContract('typescript', typescript);
packetLoopContract('typescript, reading in rounds', inRounds);
packetLoopContract('native', native);

describe('the TypeScript packet loop', () => {
  const PROFILE = 'AES_CM_128_HMAC_SHA1_80';

  it('reads in rounds while there are many sockets, and by events before and after', async () => {
    const nowMs = () => performance.now();
    const nothing = () => {};
    const loop = new TypescriptPacketLoop({
      handlers: { onControl: nothing, onRtcp: nothing, onGap: nothing, onKeyFrame: nothing },
      nowMs,
      wallOffsetMs: 0,
      roundsFromSockets: 2,
    });
    const peer = await Peer.open(PROFILE);
    const open = async () => {
      const socket = await loop.open({
        address: '127.0.0.1',
        port: peer.port,
        recordArrivals: false,
        receiveBufferBytes: 1 << 16,
      });
      loop.setKeys(socket.id, keysOf(PROFILE), EXTENSIONS);
      return socket;
    };
    try {
      const first = await open();
      const received = () => first.counters[SocketField.datagramsReceived];
      const byEvents = async (count: number) => {
        expect(loop.pollIntervalMs()).toBe(Number.POSITIVE_INFINITY);
        await peer.deliver(Buffer.from('ff'), first.localPort);
        while (received() !== count) await turn();
      };
      await byEvents(1);
      const second = await open();
      await peer.deliver(Buffer.from('ff'), first.localPort);
      for (let i = 0; i < 5; i += 1) await turn();
      expect(received()).toBe(1);
      loop.poll();
      expect(received()).toBe(2);
      expect(loop.pollIntervalMs()).toBeLessThan(10);
      // What is there when events take over again is not lost.
      await peer.deliver(Buffer.from('ff'), first.localPort);
      loop.close(second.id);
      while (received() !== 3) await turn();
      await byEvents(4);
    } finally {
      loop.dispose();
      peer.close();
    }
  });
});

/** Fields that hold times, which differ by the microseconds between two sockets. */
const TIMES: number[] = [
  StreamField.jitter,
  StreamField.transit,
  StreamField.firstArrivalMs,
  StreamField.firstFrameMs,
  StreamField.lastArrivalMs,
  StreamField.delaySumMs,
  StreamField.freezes,
  StreamField.freezesMs,
];

const SSRC = 5;
const RTX_SSRC = 6;

describe('all packet loops', () => {
  it('count any order of losses, duplicates and repairs alike', async () => {
    const step = fc.record({
      // Where from the expected place the packet comes.
      jump: fc.oneof(
        { weight: 6, arbitrary: fc.constant(1) },
        { weight: 3, arbitrary: fc.integer({ min: -8, max: 12 }) },
        { weight: 1, arbitrary: fc.integer({ min: -40, max: 3000 }) },
      ),
      frame: fc.boolean(),
      marker: fc.boolean(),
      key: fc.boolean(),
      retransmission: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 65_535 }),
        async (steps, first) => {
          const counted: Float64Array[] = [];
          for (const create of [typescript, inRounds, native]) counted.push(await run(create, steps, first));
          const [ours, ...others] = counted.map((counters) =>
            Array.from({ length: STREAM_FIELDS }, (_, field) =>
              TIMES.includes(field) ? null : counters[field],
            ),
          );
          for (const theirs of others) expect(theirs).toEqual(ours);
        },
      ),
      { numRuns: 40 },
    );
  });

  async function run(
    create: (options: LoopOptions) => PacketLoop,
    steps: readonly {
      jump: number;
      frame: boolean;
      marker: boolean;
      key: boolean;
      retransmission: boolean;
    }[],
    first: number,
  ): Promise<Float64Array> {
    const { loop, socket, peer, until } = await openBench(create, 'AES_CM_128_HMAC_SHA1_80');
    try {
      loop.setKeys(socket.id, keysOf('AES_CM_128_HMAC_SHA1_80'), EXTENSIONS);
      const options = { ssrc: SSRC, rtxSsrc: RTX_SSRC, clockRateHz: 90_000, format: 'vp8' } as const;
      const stream = loop.addStream(socket.id, options);
      // Some cycles up, so that going back does not leave the first one.
      let place = 65_536 + first;
      let timestamp = 0;
      for (const [i, { jump, frame, marker, key, retransmission }] of steps.entries()) {
        place += jump;
        if (frame) timestamp += 3000;
        const sequence = place & 0xffff;
        const payload = vp8(frame, key);
        const osn = Buffer.from([sequence >> 8, sequence & 0xff]);
        await (retransmission
          ? peer.deliverRtp(
              { ssrc: RTX_SSRC, sequence: i, timestamp, marker, payload: Buffer.concat([osn, payload]) },
              socket.localPort,
            )
          : peer.deliverRtp(
              { ssrc: SSRC, sequence, timestamp, marker, payload },
              socket.localPort,
              Math.max(0, Math.floor(place / 65_536) - 1),
            ));
      }
      const total = () =>
        (stream.counters[StreamField.packets] ?? 0) + (stream.counters[StreamField.retransmitted] ?? 0);
      await until(() => total() === steps.length);
      return stream.counters.slice();
    } finally {
      loop.dispose();
      peer.close();
    }
  }
});
