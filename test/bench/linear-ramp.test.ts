import { describe, expect, it } from 'vitest';
import { atSpeed, edgeOfRungs, type Rung } from '../../bench/lib/capacity/linear-ramp.ts';

/** `+` held, `-` broke; each rung a load of 1 and 100 packets/s more, from 10 on. */
function rungs(shown: string): Rung[] {
  return [...shown].map((sign, i) => ({
    load: 10 + i,
    packetRatePps: 100 * (10 + i),
    cpuPerPacketUs: 8,
    holds: sign === '+',
    reason: sign === '+' ? null : 'max(track.loss_ratio) <= 0.01: 0.2',
  }));
}

describe('the edge of a linear ramp', () => {
  it('lies between the last rung that held and the first that broke', () => {
    expect(edgeOfRungs(rungs('+++--'))).toEqual({ low: 1200, high: 1300 });
  });

  it('forgives a rung out of line', () => {
    expect(edgeOfRungs(rungs('++-++---'))).toEqual({ low: 1400, high: 1500 });
  });

  it('is not told where the rungs contradict each other', () => {
    expect(edgeOfRungs(rungs('+-+-+--'))).toBeNull();
  });

  it.each(['+++++', '-----', '---+---', '+++--++++', ''])('is not among %j', (shown) => {
    expect(edgeOfRungs(rungs(shown))).toBeNull();
  });
});

describe('a linear ramp at one speed of the cores', () => {
  it('is the same where the cores were that fast, or where the bridge did not tell', () => {
    const shown = rungs('+++--').map((rung, i) => (i === 4 ? { ...rung, cpuPerPacketUs: null } : rung));
    expect(atSpeed(shown, 8)).toEqual(shown);
  });

  it('has a rung that broke on a slow core among the high ones', () => {
    const shown = rungs('+-++--').map((rung, i) => (i === 1 ? { ...rung, cpuPerPacketUs: 11 } : rung));
    expect(edgeOfRungs(atSpeed(shown, 8))).toEqual({ low: 1300, high: 1400 });
  });
});
