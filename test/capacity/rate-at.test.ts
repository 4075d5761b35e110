import { describe, expect, it } from 'vitest';
import { rateAt } from '../../src/capacity/rate-at.ts';

const along = (loads: readonly number[], rate: (load: number) => number) =>
  loads.map((load) => ({ load, packetRatePps: rate(load) }));

describe('the packet rate at a load that was not measured', () => {
  it('lies on the line through the loads nearby', () => {
    const line = (load: number) => 400 + 480 * load;
    expect(rateAt(205, along([20, 40, 80, 160, 200], line))).toBeCloseTo(line(205), 3);
  });

  it('follows what bends: everybody who speaks is heard by everybody', () => {
    const square = (load: number) => 50 * load * load;
    const told = rateAt(41, along([8, 16, 32, 36, 38, 40], square)) ?? 0;
    expect(Math.abs(told / square(41) - 1)).toBeLessThan(0.01);
  });

  it('grows in proportion where the loads are too close together to tell a slope', () => {
    expect(
      rateAt(
        204,
        along([200], (load) => 500 * load),
      ),
    ).toBeCloseTo(102_000, 6);
    const noisy = [
      { load: 200, packetRatePps: 99_000 },
      { load: 201, packetRatePps: 101_500 },
    ];
    expect(rateAt(206, noisy)).toBeCloseTo(103_000, -3);
  });

  it('is not told without a step', () => {
    expect(rateAt(5, [])).toBeNull();
  });
});
