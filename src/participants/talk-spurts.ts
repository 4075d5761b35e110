/**
 * When somebody speaks and when not: talk spurts and pauses of exponential length with the means of ITU-T P.59
 * (03/93), table 1, for one party of a conversation. Seeded, so that a run can be repeated.
 */
const MEAN_TALK_MS = 1004;
const MEAN_PAUSE_MS = 1587;
/** No shorter spurts and gaps: P.59 bridges gaps below it, and the mean above includes it. */
const SHORTEST_MS = 200;

/** Share of the time that speech takes, 0 to 1: what a planner reckons with. */
export const SPEECH_ACTIVITY_RATIO = MEAN_TALK_MS / (MEAN_TALK_MS + MEAN_PAUSE_MS);

export interface TalkSpurt {
  speaking: boolean;
  durationMs: number;
}

/** Endless; starts with a pause, so that a room does not begin with everybody speaking at once. */
export function* talkSpurts(seed: string): Generator<TalkSpurt, never> {
  const random = seededRandom(seed);
  const exponential = (meanMs: number) => SHORTEST_MS - (meanMs - SHORTEST_MS) * Math.log(1 - random());
  for (;;) {
    yield { speaking: false, durationMs: exponential(MEAN_PAUSE_MS) };
    yield { speaking: true, durationMs: exponential(MEAN_TALK_MS) };
  }
}

/** mulberry32 over an FNV-1a hash of the seed; uniform in [0, 1). */
function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
