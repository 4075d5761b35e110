import { describe, expect, it } from 'vitest';
import { createBuiltinProber } from '../../src/probe/builtin/prober.ts';
import { DGRAM, preferredSockets, type SocketChoice } from '../../src/probe/sockets/open.ts';
import type { ProbeRunOptions } from '../../src/probe/types.ts';
import { createSystem } from '../../src/system/real.ts';

const system = createSystem();
const preferred = preferredSockets(system.env);
/** The contract holds for node:dgram everywhere, and for the native sockets wherever set-up has built them. */
const choices: [string, SocketChoice][] = [
  ['dgram', DGRAM],
  ...(preferred.kind === 'native' ? [['native', preferred] as [string, SocketChoice]] : []),
];

const options = (overrides: Partial<ProbeRunOptions>): ProbeRunOptions => ({
  shape: { kind: 'constant', sizeBytes: 100, ratePps: 3000 },
  flows: 1,
  durationMs: 600,
  server: null,
  receiveBufferBytes: 4 * 1024 * 1024,
  sendBufferBytes: null,
  sessionBitrateBps: 40_000,
  label: 'here',
  ...overrides,
});

describe.each(choices)('builtin prober over %s sockets', (_, sockets) => {
  const prober = createBuiltinProber(system, { version: '1.2.3', sockets });

  it('counts at both ends what loopback carries', async () => {
    const result = await prober.run(options({}));
    expect(result).toMatchObject({ kind: 'udp-probe', prober: 'builtin', mode: 'local', label: 'here' });
    expect(result.total).toMatchObject({
      sentPackets: 1800,
      receivedPackets: 1800,
      lostPackets: 0,
      lossRatio: 0,
      outOfOrderPackets: 0,
      duplicatePackets: 0,
    });
    expect(result.total.packetRatePps).toBeGreaterThan(2500);
    expect(result.total.jitterMs).toBeGreaterThan(0);
    expect(result.cpu.senderRatio).toBeGreaterThan(0);
    expect(result.cpu.receiverRatio).toBeGreaterThan(0);
    expect(result.granted.receiveBufferBytes).toBeGreaterThan(0);
  });

  it.each([
    ['a mix on many flows', { shape: { kind: 'mix', ratePps: 2000 }, flows: 5 }],
    ['bursts of video', { shape: { kind: 'video', ratePps: 3000 }, flows: 3 }],
    ['packets as large as UDP takes', { shape: { kind: 'constant', sizeBytes: 65_507, ratePps: 50 } }],
    ['packets as small as the header', { shape: { kind: 'constant', sizeBytes: 32, ratePps: 1000 } }],
  ] as [string, Partial<ProbeRunOptions>][])('carries %s', async (_name, overrides) => {
    const { total } = await prober.run(options(overrides));
    expect(total.sentPackets).toBeGreaterThan(20);
    expect(total).toMatchObject({ receivedPackets: total.sentPackets, lostPackets: 0, outOfOrderPackets: 0 });
  });

  it('sends as fast as it can when no rate is given', async () => {
    const { total } = await prober.run(
      options({ shape: { kind: 'constant', sizeBytes: 100, ratePps: null } }),
    );
    expect(total.packetRatePps).toBeGreaterThan(10_000);
  });

  it('ends soon after it is aborted, with the reason', async () => {
    const controller = new AbortController();
    const running = prober.run(options({ durationMs: 60_000, signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await expect(running).rejects.toThrow('enough');
  });
});

it('attributes to the socket what a receiver that pauses lets overflow', async () => {
  const prober = createBuiltinProber(system, {
    version: '1',
    sockets: DGRAM,
    pause: { everyMs: 300, ms: 200 },
  });
  const { drops, total } = await prober.run(
    options({
      shape: { kind: 'constant', sizeBytes: 1200, ratePps: 5000 },
      receiveBufferBytes: 64 * 1024,
      durationMs: 1000,
    }),
  );
  expect(total.lostPackets).toBeGreaterThan(100);
  expect(drops).toMatchObject({ socketDrops: total.lostPackets, networkLost: 0, backlogDrops: 0 });
});
