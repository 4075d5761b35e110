import { randomInt } from 'node:crypto';

/** Draws values for one test; `seed` is for the message of an assertion, so that a failure can be repeated. */
export interface Draw {
  (low: number, high: number): number;
  readonly seed: string;
}

/** Values that no code was written for: other ones in every run. `RTCB_TEST_SEED` repeats those of a failure. */
export function drawn(): Draw {
  const seed = Number(process.env.RTCB_TEST_SEED ?? randomInt(2 ** 31));
  let state = seed;
  // Mulberry32.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const draw = (low: number, high: number) => low + next() * (high - low);
  return Object.assign(draw, { seed: `RTCB_TEST_SEED=${seed}` });
}
