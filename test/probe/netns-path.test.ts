import { describe, expect, it } from 'vitest';
import { pathScript } from '../netns/path.ts';

const lines = (...parameters: Parameters<typeof pathScript>) =>
  pathScript(...parameters)
    .split('\n')
    .filter((line) => /\btc\b|\bnft\b/.test(line));

describe('the path of the tests', () => {
  it('is netem where the kernel has it, with a rate limit behind it', () => {
    const options = { lossRatio: 0.02, delayMs: 20, jitterMs: 5, duplicateRatio: 0.01, rateBps: 8e6 };
    expect(lines(options, true)).toEqual([
      'tc -n a qdisc add dev va root handle 1: netem limit 100000 delay 20ms 5ms loss 2% duplicate 1%',
      'tc -n a qdisc add dev va parent 1:1 tbf rate 8000000bit burst 8kb latency 50ms',
    ]);
  });

  it('is nftables for loss and tbf for rate where it has none', () => {
    const [tbf, nft, ...rest] = lines({ lossRatio: 0.02, rateBps: 8e6 }, false);
    expect(tbf).toBe('tc -n a qdisc add dev va root tbf rate 8000000bit burst 8kb latency 50ms');
    expect(nft).toContain('numgen random mod 100000 < 2000 counter drop');
    expect(rest).toEqual([]);
    expect(() => lines({ delayMs: 5 }, false)).toThrow('no netem');
  });

  it('is nothing but two devices when no fault is asked for', () => {
    expect(lines({}, true)).toEqual([]);
  });
});
