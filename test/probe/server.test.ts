import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CLIENT_LINE_BYTES, encodeLine } from '../../src/probe/builtin/control-protocol.ts';
import { probePath } from '../../src/probe/probe-path.ts';
import { type ProbeServer, serveProbe } from '../../src/probe/server/serve.ts';
import { createSystem } from '../../src/system/real.ts';
import type { System } from '../../src/system/types.ts';

const system = createSystem();
let server: ProbeServer | null = null;

async function start(
  limits: { maxDurationMs?: number; maxPacketRatePps?: number } = {},
  world: System = system,
): Promise<ProbeServer> {
  server = await serveProbe(world, {
    address: '127.0.0.1',
    port: 0,
    limits: { maxDurationMs: 5000, maxPacketRatePps: 20_000, ...limits },
    log: () => {},
  });
  return server;
}

afterEach(async () => {
  await server?.close();
  server = null;
});

const probe = (port: number, durationMs = 400) =>
  probePath(system, {
    server: { host: '127.0.0.1', port },
    durationMs,
    shape: { kind: 'constant', sizeBytes: 100, ratePps: 2000 },
  });

/** Writes bytes and returns what came back until the server closed. */
async function talk(port: number, data: Buffer | string): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
  socket.write(data);
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

describe('probe server', () => {
  it('measures for one client after the other', async () => {
    const { port } = await start();
    for (let i = 0; i < 2; i += 1) {
      const { total, mode, granted } = await probe(port);
      expect(mode).toBe('remote');
      expect(total).toMatchObject({
        sentPackets: 800,
        receivedPackets: 800,
        lostPackets: 0,
        duplicatePackets: 0,
      });
      expect(granted.receiveBufferBytes).toBeGreaterThan(0);
    }
  });

  it('answers garbage over TCP with nothing', async () => {
    const { port } = await start();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        // A line is complete at its end; without one the deadline closes.
        expect(await talk(port, Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]))).toHaveLength(0);
      }),
      { numRuns: 25 },
    );
    expect((await probe(port)).total.receivedPackets).toBe(800);
  });

  it('closes at a line that never ends, and at one that is not the first of a session', async () => {
    const { port } = await start();
    expect(await talk(port, 'x'.repeat(40_000))).toHaveLength(0);
    expect(await talk(port, encodeLine({ type: 'finish', sentPackets: 1 }))).toHaveLength(0);
  });

  it('never answers a packet, and counts only those with the session’s token', async () => {
    const { port } = await start();
    const stranger = createSocket('udp4');
    let answered = 0;
    stranger.on('message', () => {
      answered += 1;
    });
    const flood = setInterval(() => {
      for (const size of [1, 27, 28, 100, 1400]) stranger.send(Buffer.alloc(size, 0x72), port, '127.0.0.1');
    }, 5);
    try {
      expect((await probe(port)).total.receivedPackets).toBe(800);
      expect(answered).toBe(0);
    } finally {
      clearInterval(flood);
      stranger.close();
    }
  });

  it('writes no more than came in: a short request for a session gets no answer at all', async () => {
    const { port } = await start();
    const open = {
      type: 'open',
      version: 1,
      flows: 1,
      durationMs: 1000,
      intervalMs: 1000,
      receiveBufferBytes: null,
      pause: null,
    } as const;
    const socket = connect(port, '127.0.0.1');
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    const line = encodeLine(open);
    socket.write(line);
    await delay(300);
    expect(bytes).toBeLessThanOrEqual(line.length);
    socket.destroy();
    const padded = connect(port, '127.0.0.1');
    await delay(50);
    padded.write(encodeLine(open, CLIENT_LINE_BYTES));
    const [answer] = (await once(padded, 'data')) as [Buffer];
    expect(JSON.parse(answer.toString()).type).toBe('opened');
    expect(answer.length).toBeLessThanOrEqual(CLIENT_LINE_BYTES);
    padded.destroy();
  });

  it('refuses a second session while one runs', async () => {
    const { port } = await start();
    const first = probe(port, 1200);
    await delay(400);
    await expect(probe(port)).rejects.toMatchObject({ code: 'RTCB_PROBE_REFUSED', exitCode: 3 });
    expect((await first).total.receivedPackets).toBe(2400);
  });

  it('refuses a session that is longer than its limit', async () => {
    const { port } = await start({ maxDurationMs: 300 });
    await expect(probe(port, 1000)).rejects.toMatchObject({ code: 'RTCB_PROBE_REFUSED' });
  });

  it('tells its rate limit, and the client keeps to it', async () => {
    const { port } = await start({ maxPacketRatePps: 500 });
    const { total, warnings } = await probe(port, 1000);
    expect(total.sentPackets).toBe(500);
    expect(warnings.join()).toContain('limits the rate');
  });

  it('frees itself when a client goes away in the middle', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      encodeLine(
        {
          type: 'open',
          version: 1,
          flows: 1,
          durationMs: 5000,
          intervalMs: 1000,
          receiveBufferBytes: null,
          pause: null,
        },
        CLIENT_LINE_BYTES,
      ),
    );
    await once(socket, 'data');
    socket.destroy();
    await expect
      .poll(async () => (await probe(port).catch(() => null))?.total.receivedPackets, { timeout: 8000 })
      .toBe(800);
  });

  it('is told apart from a port where nobody listens', async () => {
    const { port } = await start();
    await server?.close();
    await expect(probe(port)).rejects.toMatchObject({ code: 'RTCB_PROBE_UNREACHABLE', exitCode: 3 });
  });
});

describe('probe server under attack', () => {
  /** Its time limits are over ten times as soon. */
  const HURRIED: System = {
    ...system,
    clock: { ...system.clock, sleep: (ms, signal) => system.clock.sleep(ms / 10, signal) },
  };
  const OPEN = {
    type: 'open',
    version: 1,
    flows: 1,
    durationMs: 5000,
    intervalMs: 1000,
    receiveBufferBytes: null,
    pause: null,
  } as const;

  it('ends a session that goes on with garbage, writes nothing for it, and measures for the next', async () => {
    const { port } = await start();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
          fc.json().map((text) => Buffer.from(text)),
          // Well-formed, and not what may follow.
          fc.constant(Buffer.from(encodeLine(OPEN))),
          fc.constant(Buffer.from('{"type":"finish","sentPackets":-1}')),
        ),
        async (bytes) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => {});
          socket.write(encodeLine(OPEN, CLIENT_LINE_BYTES));
          const [answer] = (await once(socket, 'data')) as [Buffer];
          let after = 0;
          socket.on('data', (chunk) => {
            after += chunk.length;
          });
          // The server of one session frees itself before the next is asked for: once the socket has closed.
          if (JSON.parse(answer.toString()).type === 'opened')
            socket.write(Buffer.concat([bytes, Buffer.from('\n')]));
          await once(socket, 'close');
          expect(after).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
    await expect
      .poll(async () => (await probe(port).catch(() => null))?.total.receivedPackets, { timeout: 8000 })
      .toBe(800);
  });

  it('holds no more connections than it can, and serves on while they dawdle', async () => {
    const { port } = await start({}, HURRIED);
    const dawdlers = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'));
    const closed = dawdlers.map((socket) => {
      socket.on('error', () => {});
      return once(socket, 'close');
    });
    const drip = setInterval(() => {
      for (const socket of dawdlers) if (socket.writable) socket.write('{');
    }, 100);
    try {
      // Those beyond the limit go at once, the others when the time for a request is over, drip or not.
      await Promise.all(closed);
    } finally {
      clearInterval(drip);
    }
    expect((await probe(port)).total.receivedPackets).toBe(800);
  });

  it('ends a session into which nothing is ever sent', async () => {
    const { port } = await start({}, HURRIED);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(encodeLine({ ...OPEN, durationMs: 4999 }, CLIENT_LINE_BYTES));
    await once(socket, 'data');
    const openedAt = performance.now();
    await once(socket, 'close');
    // Not after the five seconds that it asked for, and 15 to finish: after ten.
    expect(performance.now() - openedAt).toBeLessThan(1900);
  });
});
