import { describe, expect, it } from 'vitest';
import { isRtcp, parseDumpLine } from '../../bench/lib/equivalence/dumping-chromium.ts';
import { slopeOf } from '../../bench/lib/soak/slope.ts';

describe('what Chromium dumps', () => {
  it('is read line by line, whatever stands before it', () => {
    const line =
      '[17:12:1126/122607.933:VERBOSE1:srtp_session.cc(480)] O 01:02:03.004 0000 80 c8 00 06 20 d2 # RTP_DUMP';
    const packet = parseDumpLine(line);
    expect(packet).toEqual({
      direction: 'sent',
      atMs: 3_723_004,
      data: Buffer.from('80c8000620d2', 'hex'),
    });
    expect(isRtcp(packet?.data ?? Buffer.alloc(0))).toBe(true);
    expect(parseDumpLine(line.replace(' O ', ' I '))?.direction).toBe('received');
  });

  it('is nothing else, and no half line', () => {
    expect(parseDumpLine('[1:1:ERROR:dbus/bus.cc] O dear')).toBeNull();
    expect(parseDumpLine('O 01:02:03.004 0000 80 c8 00')).toBeNull();
    expect(isRtcp(Buffer.from('8060', 'hex'))).toBe(false);
  });
});

describe('the slope of a soak', () => {
  const points = (of: (minute: number) => number) =>
    Array.from({ length: 181 }, (_, i) => ({ atMs: 10_000 * i, value: of(i / 6) }));

  it('is found with its confidence, in units an hour', () => {
    // A heap that fills and is collected every 50 s, on top of 6 an hour.
    const { perHour, low, high } = slopeOf(points((minute) => 100 + 0.1 * minute + ((6 * minute) % 5)));
    expect(low).toBeLessThan(6);
    expect(high).toBeGreaterThan(6);
    expect(perHour).toBeCloseTo(6, 0);
  });

  it('is flat with a narrow interval where nothing grows', () => {
    const { low, high } = slopeOf(points((minute) => 100 + ((6 * minute) % 5)));
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(-0.5);
    expect(high - low).toBeLessThan(2);
  });

  it('needs readings all along', () => {
    expect(() => slopeOf([])).toThrow('no readings');
    expect(() => slopeOf(points(() => 1).slice(0, 5))).toThrow('too few');
  });
});
