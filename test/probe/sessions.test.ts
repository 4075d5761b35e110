import fc from 'fast-check';
import { expect, it } from 'vitest';
import { estimateSessions, ipBitrate } from '../../src/probe/sessions.ts';

it.each([
  [48.2e6, 1205],
  [20.9e6, 522],
  [0.1 * 3 * 1e6, 7],
  [0, 0],
  [null, null],
])('%s bit/s are %s sessions of 40 kbit/s', (throughput, sessions) => {
  expect(estimateSessions(throughput, 40_000)).toBe(sessions);
});

it('is exact for whole multiples, whatever the session', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 1, max: 5_000_000 }),
      (sessions, bitrate) => {
        expect(estimateSessions(sessions * bitrate, bitrate)).toBe(sessions);
      },
    ),
  );
});

it('refuses a session without a bitrate', () => {
  expect(() => estimateSessions(1, 0)).toThrow(RangeError);
});

it('adds 28 bytes a packet for the headers of IPv4 and UDP', () => {
  expect(ipBitrate(40_000, 50)).toBe(40_000 + 50 * 28 * 8);
  expect(ipBitrate(null, 50)).toBeNull();
});
