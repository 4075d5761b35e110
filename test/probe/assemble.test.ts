import { describe, expect, it } from 'vitest';
import { cpuRatio, intervalOf, NOTHING_RECEIVED, totalsOf } from '../../src/probe/builtin/assemble.ts';
import type { SenderReport } from '../../src/probe/builtin/sender-loop.ts';

const sent: SenderReport = {
  readAtMs: 2000,
  sentPackets: 1000,
  sentBytes: 100_000,
  cpuMs: 500,
  durationMs: 1000,
  cpuAtStartMs: 100,
  sentByFlow: [1000],
  unsentPackets: 0,
  maxLateMs: 0,
  blockedMs: 0,
  errors: {},
};
const received = { ...NOTHING_RECEIVED, readAtMs: 9000, receivedPackets: 950, receivedBytes: 95_000 };

describe('totalsOf', () => {
  it('holds what arrived against what was sent, so a lost tail counts', () => {
    expect(totalsOf(sent, received)).toMatchObject({
      lostPackets: 50,
      lossRatio: 0.05,
      packetRatePps: 950,
      throughputBps: 760_000,
    });
  });

  it('takes the receiver’s time where a queue made it longer', () => {
    const slow = totalsOf(sent, { ...received, firstArrivalMs: 5000, lastArrivalMs: 7000 });
    expect(slow).toMatchObject({ durationMs: 2000, packetRatePps: 475, offeredPacketRatePps: 1000 });
  });

  it('has no loss ratio where nothing was sent', () => {
    expect(totalsOf({ ...sent, sentPackets: 0 }, { ...received, receivedPackets: 0 }).lossRatio).toBeNull();
  });
});

describe('intervalOf', () => {
  it('divides by the time between the two readings, not by the poll period', () => {
    const previous = {
      ...received,
      readAtMs: 1000,
      receivedPackets: 100,
      receivedBytes: 10_000,
      expectedPackets: 100,
    };
    const current = {
      ...received,
      readAtMs: 2500,
      receivedPackets: 250,
      receivedBytes: 25_000,
      expectedPackets: 300,
    };
    expect(intervalOf(1000, previous, current, null)).toMatchObject({
      startMs: 0,
      endMs: 1500,
      packetRatePps: 100,
      lostPackets: 50,
      lossRatio: 0.25,
      sentPackets: null,
    });
  });

  it('does not go below zero when late packets fill the gap of the interval before', () => {
    const previous = { ...received, readAtMs: 0, receivedPackets: 90, expectedPackets: 100 };
    const current = { ...received, readAtMs: 1000, receivedPackets: 200, expectedPackets: 200 };
    expect(intervalOf(0, previous, current, null).lostPackets).toBe(0);
  });
});

it('has no CPU ratio where a reading is missing', () => {
  expect(cpuRatio(100, 600, 1000)).toBe(0.5);
  expect(cpuRatio(null, 600, 1000)).toBeNull();
});
