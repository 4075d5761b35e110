import { describe, expect, it } from 'vitest';
import {
  runSenderLoop,
  type SenderJob,
  type SenderReading,
  type SenderWorld,
} from '../../src/probe/builtin/sender-loop.ts';
import { packetFlow, packetSentMs, packetSequence } from '../../src/probe/packet-format.ts';
import type { SendingSocket } from '../../src/probe/sockets/types.ts';

/** A clock that moves only when the loop waits, and a little with every send. */
function fakeWorld(costMs = 0.001) {
  let now = 1000;
  const readings: SenderReading[] = [];
  const world: SenderWorld & { readings: SenderReading[]; advance(ms: number): void; stop: boolean } = {
    readings,
    stop: false,
    nowMs: () => {
      now += costMs;
      return now;
    },
    block: (ms) => {
      now += ms;
    },
    turn: async (ms) => {
      now += Math.max(ms, 0.1);
    },
    cpuMs: () => now / 10,
    stopped: () => world.stop,
    onInterval: (reading) => readings.push(reading),
    advance: (ms) => {
      now += ms;
    },
  };
  return world;
}

function fakeSocket(behaviour: { free?: boolean; queued?: () => number } = {}) {
  const packets: { flow: number; sequence: number; sentMs: number; size: number; buffer: Buffer }[] = [];
  const socket: SendingSocket & { packets: typeof packets } = {
    packets,
    sendBufferBytes: null,
    errors: new Map(),
    send(packet) {
      packets.push({
        flow: packetFlow(packet, 0),
        sequence: packetSequence(packet, 0),
        sentMs: packetSentMs(packet, 0),
        size: packet.length,
        buffer: packet,
      });
      return behaviour.free ?? true;
    },
    flush() {},
    get queued() {
      return behaviour.queued?.() ?? 0;
    },
    close() {},
  };
  return socket;
}

const job = (overrides: Partial<SenderJob> = {}): SenderJob => ({
  token: new Uint8Array(8),
  shape: { kind: 'constant', sizeBytes: 100, ratePps: 1000 },
  flows: 2,
  durationMs: 2500,
  intervalMs: 1000,
  skipsMissed: false,
  ...overrides,
});

describe('runSenderLoop', () => {
  it('sends what is due, each flow numbered from 0, and stops at the end of its time', async () => {
    const sockets = [fakeSocket(), fakeSocket()];
    const report = await runSenderLoop(job(), sockets, fakeWorld());
    expect(report.sentPackets).toBe(2500);
    expect(report.sentByFlow).toEqual([1250, 1250]);
    expect(report.unsentPackets).toBe(0);
    expect(report.sentBytes).toBe(250_000);
    for (const [flow, { packets }] of sockets.entries()) {
      expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, i) => i));
      expect(new Set(packets.map((packet) => packet.flow))).toEqual(new Set([flow]));
    }
  });

  it('sends no packet before it is due', async () => {
    const socket = fakeSocket();
    const world = fakeWorld();
    await runSenderLoop(job({ flows: 1 }), [socket], world);
    for (const [i, { sentMs }] of socket.packets.entries()) expect(sentMs - 1000).toBeGreaterThanOrEqual(i);
  });

  it('catches up after a stall instead of leaving packets out', async () => {
    const socket = fakeSocket();
    const world = fakeWorld();
    const block = world.block;
    let stalled = false;
    world.block = (ms) => {
      if (!stalled && socket.packets.length > 500) {
        stalled = true;
        world.advance(300);
      }
      block(ms);
    };
    const report = await runSenderLoop(job({ flows: 1 }), [socket], world);
    expect(report.sentPackets).toBe(2500);
    expect(report.maxLateMs).toBeGreaterThan(290);
  });

  it('leaves missed time out where it is told to, without a burst', async () => {
    const socket = fakeSocket();
    const world = fakeWorld();
    const block = world.block;
    let stalled = false;
    world.block = (ms) => {
      if (!stalled && socket.packets.length > 500) {
        stalled = true;
        world.advance(300);
      }
      block(ms);
    };
    const report = await runSenderLoop(job({ flows: 1, skipsMissed: true }), [socket], world);
    expect(report.sentPackets).toBeGreaterThan(2195);
    expect(report.sentPackets).toBeLessThan(2205);
    expect(report.unsentPackets).toBe(2500 - report.sentPackets);
    expect(report.maxLateMs).toBeLessThan(5);
  });

  it('tells what it could not send when every send takes too long', async () => {
    const report = await runSenderLoop(job({ flows: 1 }), [fakeSocket()], fakeWorld(2));
    expect(report.sentPackets + report.unsentPackets).toBe(2500);
    expect(report.unsentPackets).toBeGreaterThan(1000);
  });

  it('reads at the start and every interval, by its own clock', async () => {
    const world = fakeWorld();
    await runSenderLoop(job(), [fakeSocket()], world);
    expect(world.readings).toHaveLength(3);
    expect(world.readings[0]?.sentPackets).toBe(0);
    expect(world.readings[1]?.sentPackets).toBeGreaterThanOrEqual(998);
    expect((world.readings[2]?.readAtMs ?? 0) - (world.readings[1]?.readAtMs ?? 0)).toBeCloseTo(1000, -1);
  });

  it('takes another buffer when the kernel still has the last one', async () => {
    const socket = fakeSocket({ free: false });
    await runSenderLoop(job({ flows: 1, durationMs: 10 }), [socket], fakeWorld());
    expect(new Set(socket.packets.map(({ buffer }) => buffer)).size).toBe(socket.packets.length);
  });

  it('waits while the kernel takes no more, and tells for how long', async () => {
    let full = 50;
    const socket = fakeSocket({ queued: () => (full > 0 && full-- > 0 ? 1 : 0) });
    const report = await runSenderLoop(job({ flows: 1, durationMs: 500 }), [socket], fakeWorld());
    expect(report.blockedMs).toBeGreaterThan(40);
    expect(report.sentPackets).toBe(500);
  });

  it('ends at once when it is stopped', async () => {
    const world = fakeWorld();
    const socket = fakeSocket();
    const send = socket.send;
    socket.send = (packet) => {
      if (socket.packets.length === 99) world.stop = true;
      return send(packet);
    };
    const report = await runSenderLoop(job({ flows: 1 }), [socket], world);
    expect(report).toMatchObject({ sentPackets: 100, unsentPackets: 0 });
  });
});
