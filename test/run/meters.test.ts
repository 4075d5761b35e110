import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bridgeRates,
  change,
  generatorRow,
  ratePerSecond,
  trackRates,
  trafficLoad,
} from '../../src/run/meters.ts';
import { bridgeSample, generatorSample, participantSample, trackSample } from '../support/samples.ts';

describe('change', () => {
  it('is null for a missing reading and for a counter that fell', () => {
    expect(change(null, 5)).toBeNull();
    expect(change(5, null)).toBeNull();
    expect(change(6, 5)).toBeNull();
    expect(change(5, 5)).toBe(0);
  });
});

describe('ratePerSecond', () => {
  it('divides by the time between the readings, whatever the poll period was', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 100_000 }),
        (before, delta, intervalMs) => {
          const rate = ratePerSecond(before, before + delta, intervalMs);
          expect(rate).toBeCloseTo((delta / intervalMs) * 1000, 6);
        },
      ),
    );
  });

  it('is null over no time', () => {
    expect(ratePerSecond(1, 2, 0)).toBeNull();
  });
});

describe('bridgeRates', () => {
  it('adds local and relay traffic in both directions', () => {
    const before = bridgeSample({ readAtMs: 1000 });
    const after = bridgeSample({
      readAtMs: 3000,
      local: { packetsIn: 200, bytesIn: 2000, packetsOut: 400, bytesOut: 4000 },
      relay: { packetsIn: 20, bytesIn: 200, packetsOut: 40, bytesOut: 400 },
    });
    expect(bridgeRates(before, after)).toMatchObject({
      intervalMs: 2000,
      packetRateInPps: 100,
      packetRateOutPps: 200,
      relayPacketRateInPps: 10,
      relayPacketRateOutPps: 20,
      packetRatePps: 330,
      bitrateInBps: 8800,
      bitrateOutBps: 17_600,
      relayBitrateInBps: 800,
      relayBitrateOutBps: 1600,
    });
  });

  it('takes CPU over the time between the CPU readings, not the packet readings', () => {
    const before = bridgeSample({ readAtMs: 0, cpuReadAtMs: 100, cpuSeconds: 1 });
    const after = bridgeSample({ readAtMs: 1000, cpuReadAtMs: 2100, cpuSeconds: 2 });
    expect(bridgeRates(before, after)?.cpuRatio).toBeCloseTo(0.5);
  });

  it('tells nothing when the bridge began anew', () => {
    const before = bridgeSample({
      readAtMs: 0,
      local: { packetsIn: 9, bytesIn: 9, packetsOut: 9, bytesOut: 9 },
    });
    expect(bridgeRates(before, bridgeSample({ readAtMs: 1000 }))).toBeNull();
  });

  it('leaves CPU null where the bridge does not tell', () => {
    expect(bridgeRates(bridgeSample({ readAtMs: 0 }), bridgeSample({ readAtMs: 1 }))?.cpuRatio).toBeNull();
  });
});

describe('trackRates', () => {
  it('takes loss over packets expected in the interval', () => {
    const before = trackSample({ readAtMs: 0, packets: 100, packetsLost: 5 });
    const after = trackSample({ readAtMs: 1000, packets: 190, packetsLost: 15 });
    expect(trackRates(before, after)?.lossRatio).toBeCloseTo(0.1);
  });

  it('counts a loss that was taken back as none', () => {
    const before = trackSample({ readAtMs: 0, packets: 100, packetsLost: 5 });
    const after = trackSample({ readAtMs: 1000, packets: 150, packetsLost: 3 });
    expect(trackRates(before, after)?.lossRatio).toBe(0);
  });

  it('leaves what is not reported null', () => {
    const rates = trackRates(trackSample({ readAtMs: 0 }), trackSample({ readAtMs: 1000, packets: 10 }));
    expect(rates).toMatchObject({ lossRatio: null, framesPerSecond: null, freezeRatio: null });
  });

  it('knows no loss ratio when nothing was expected', () => {
    const rates = trackRates(
      trackSample({ readAtMs: 0, packetsLost: 0 }),
      trackSample({ readAtMs: 1000, packetsLost: 0 }),
    );
    expect(rates?.lossRatio).toBeNull();
  });

  it('prefers decoded frames to received ones', () => {
    const before = trackSample({ readAtMs: 0, frames: 0, framesDecoded: 0 });
    const after = trackSample({ readAtMs: 2000, frames: 60, framesDecoded: 50 });
    expect(trackRates(before, after)?.framesPerSecond).toBe(25);
  });
});

describe('trafficLoad', () => {
  it('sorts packets and bytes by direction and medium', () => {
    const before = participantSample({
      tracks: [trackSample({ trackId: 'a', kind: 'audio', packets: 10, payloadBytes: 100 })],
    });
    const after = participantSample({
      tracks: [
        trackSample({ trackId: 'a', kind: 'audio', packets: 60, payloadBytes: 700 }),
        trackSample({ trackId: 'v', kind: 'video', direction: 'up', packets: 30, payloadBytes: 3000 }),
      ],
      dataMessagesSent: 2,
      dataBytesSent: 20,
    });
    const { up, down } = trafficLoad(before, after);
    expect(down.audio).toEqual({ packets: 50, bytes: 600 });
    expect(up.video).toEqual({ packets: 30, bytes: 3000 });
    expect(up.data).toEqual({ packets: 2, bytes: 20 });
    expect(down.video).toEqual({ packets: 0, bytes: 0 });
  });
});

describe('generatorRow', () => {
  it('gives CPU as a share of all cores and late sends as a share of what was sent', () => {
    const before = generatorSample({ readAtMs: 0, cpuSeconds: 0, packetsSent: 0, packetsSentLate: 0 });
    const after = generatorSample({ readAtMs: 1000, cpuSeconds: 1, packetsSent: 200, packetsSentLate: 10 });
    expect(generatorRow(before, after, 2)).toMatchObject({ cpuRatio: 0.5, lateSendRatio: 0.05 });
  });
});
