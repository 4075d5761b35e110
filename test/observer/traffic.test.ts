import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHarness } from './support.ts';

const sending = (timestamp: number, bytesSent: number) => ({
  clientId: 'alice',
  timestamp,
  outboundAudioTracks: [{ ssrc: 1, trackId: 'mic', peerConnectionId: 'pc', bytesSent }],
});

function audioUp(samples: readonly { timestamp: number; bytesSent: number }[]) {
  const { client, observer } = createHarness();
  for (const { timestamp, bytesSent } of samples) {
    client(sending(timestamp, bytesSent));
    observer.flush();
  }
  return observer.summary().calls[0]?.clients[0]?.up.audio;
}

describe('traffic of a client', () => {
  it('has no rate before there are two samples', () => {
    expect(audioUp([{ timestamp: 1000, bytesSent: 500 }])).toEqual({
      bytes: 500,
      averageBitrateBps: null,
      peakBitrateBps: null,
    });
  });

  it('is measured over the sender’s own intervals, however long they are', () => {
    const samples = [
      { timestamp: 0, bytesSent: 0 },
      { timestamp: 10_000, bytesSent: 10_000 },
      { timestamp: 10_100, bytesSent: 11_000 },
    ];
    expect(audioUp(samples)).toEqual({
      bytes: 11_000,
      averageBitrateBps: 88_000_000 / 10_100,
      peakBitrateBps: 80_000,
    });
  });

  it('takes no rate from a sample that comes late', () => {
    const samples = [
      { timestamp: 2000, bytesSent: 2000 },
      { timestamp: 1000, bytesSent: 1000 },
      { timestamp: 3000, bytesSent: 3000 },
    ];
    expect(audioUp(samples)).toMatchObject({ averageBitrateBps: 16_000, peakBitrateBps: 16_000 });
  });

  it('never tells a peak below the average, nor more bytes than the counter, for counters that only grow', () => {
    const steps = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 60_000 }), bytes: fc.nat(1_000_000) }), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(steps, (deltas) => {
        let timestamp = 0;
        let bytesSent = 0;
        const flow = audioUp(
          deltas.map(({ ms, bytes }) => {
            timestamp += ms;
            bytesSent += bytes;
            return { timestamp, bytesSent };
          }),
        );
        expect(flow?.bytes).toBe(bytesSent);
        expect(flow?.peakBitrateBps ?? 0).toBeGreaterThanOrEqual(
          (flow?.averageBitrateBps ?? 0) * (1 - 1e-12),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('adds up over the stays of a client that left and came again', () => {
    const { client, observer } = createHarness();
    const from = { serviceId: 'service', mediaUnitId: 'unit', connectionId: 'one' };
    for (const firstMs of [0, 100_000]) {
      client(sending(firstMs, 1000), from);
      client(sending(firstMs + 1000, 2000), from);
      observer.endClients(from, [{ roomId: 'room', clientId: 'alice' }]);
    }
    const clients = observer.summary().calls[0]?.clients;
    expect(clients).toHaveLength(1);
    expect(clients?.[0]).toMatchObject({ joinedMs: 0, lastSeenMs: 101_000 });
    expect(clients?.[0]?.up.audio).toEqual({ bytes: 4000, averageBitrateBps: 8000, peakBitrateBps: 8000 });
  });

  it('counts audio, video and data apart, up and down', () => {
    const { client, observer } = createHarness();
    client({
      clientId: 'alice',
      inboundVideoTracks: [{ ssrc: 2, trackId: 'v', peerConnectionId: 'pc', bytesReceived: 7 }],
      dataChannels: [{ peerConnectionId: 'pc', label: 'chat', bytesSent: 3, bytesReceived: 4 }],
    });
    observer.flush();
    const alice = observer.summary().calls[0]?.clients[0];
    const bytes = (
      flows: typeof alice extends undefined ? never : NonNullable<typeof alice>['up'] | undefined,
    ) => [flows?.audio.bytes, flows?.video.bytes, flows?.data.bytes];
    expect([bytes(alice?.up), bytes(alice?.down)]).toEqual([
      [0, 0, 3],
      [0, 7, 4],
    ]);
  });
});
