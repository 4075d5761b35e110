import { describe, expect, it } from 'vitest';
import { StressMeter } from '../../src/cluster/coordinator/stress-meter.ts';
import type { BridgeSample } from '../../src/targets/types.ts';

const sample = (readAtMs: number, packets: [number, number, number, number | null]) =>
  ({
    bridgeId: 'b',
    readAtMs,
    local: { packetsIn: packets[0], packetsOut: packets[1] },
    relay: { packetsIn: packets[2], packetsOut: packets[3] },
  }) as BridgeSample;

describe('stress for placement', () => {
  it('is the packets of all directions over the time between their readings, over the maximum', () => {
    const meter = new StressMeter(1000);
    meter.add(sample(5000, [100, 100, 100, 100]));
    expect(meter.stress('b')).toBe(0);
    meter.add(sample(7000, [300, 500, 200, 300]));
    expect(meter.stress('b')).toBeCloseTo(0.45);
    meter.add(sample(8000, [300, 500, 200, 300]));
    expect(meter.stress('b')).toBe(0);
  });

  it('takes what a bridge does not count for nothing, and a reading of the same moment for none', () => {
    const meter = new StressMeter(100);
    meter.add(sample(0, [0, 0, 0, null]));
    meter.add(sample(1000, [50, 0, 0, null]));
    meter.add(sample(1000, [90, 0, 0, null]));
    expect(meter.stress('b')).toBeCloseTo(0.5);
    expect(meter.stress('another')).toBe(0);
  });
});
