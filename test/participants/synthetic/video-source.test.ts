import { describe, expect, it } from 'vitest';
import { LatenessMeter } from '../../../src/participants/synthetic/lateness.ts';
import type { OutgoingStream } from '../../../src/participants/synthetic/outgoing-stream.ts';
import { loopPlaylist, VideoSource } from '../../../src/participants/synthetic/video-source.ts';

const FRAMES = 96;
const INTERVAL_MS = 50;

/** Two layers that note which frames they were told to send. */
function camera() {
  const sent: Record<number, number[]> = { 1: [], 2: [] };
  const streams = [1, 2].map((ssrc) => {
    const stream = {
      ssrc,
      track: { frames: Array.from({ length: FRAMES }, () => ({ packets: [] })) },
      sendFrame(index: number) {
        sent[ssrc]?.push(index);
        return 1;
      },
    };
    return { stream: stream as unknown as OutgoingStream, playlist: loopPlaylist(FRAMES) };
  });
  const source = new VideoSource(streams, {
    framesPerSecond: 1000 / INTERVAL_MS,
    originMs: 0,
    firstTimestamp: 0,
    lateness: new LatenessMeter(),
  });
  let dueMs = 0;
  const play = (frames: number) => {
    for (let i = 0; i < frames; i += 1) dueMs = source.run(dueMs, dueMs);
  };
  return { sent, source, play };
}

describe('a camera', () => {
  it.each(['pli', 'fir'] as const)(
    'answers %s with a key frame of the layer that was asked, and counts it',
    (kind) => {
      const { sent, source, play } = camera();
      play(10);
      expect(source.requestKeyFrame(2, kind)).toBe(true);
      play(2);
      expect(sent[2]?.slice(-2)).toEqual([0, 1]);
      expect(sent[1]?.slice(-2)).toEqual([10, 11]);
      expect([source.pliCount, source.firCount]).toEqual(kind === 'pli' ? [1, 0] : [0, 1]);
      expect(source.requestKeyFrame(3, kind)).toBe(false);
    },
  );

  it('sends no two key frames within 300 ms, however often it is asked', () => {
    const { sent, source, play } = camera();
    play(10);
    for (let i = 0; i < 12; i += 1) {
      source.requestKeyFrame(1, 'pli');
      play(1);
    }
    const keyFrames = sent[1]?.slice(10).flatMap((frame, i) => (frame === 0 ? [i * INTERVAL_MS] : []));
    expect(keyFrames).toEqual([0, 300]);
  });
});
