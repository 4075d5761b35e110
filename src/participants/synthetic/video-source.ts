import type { LatenessMeter } from './lateness.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { Task } from './scheduler.ts';

export const VIDEO_CLOCK_HZ = 90_000;
/** libwebrtc answers key frame requests of one stream no faster than this. */
const MIN_KEY_FRAME_INTERVAL_MS = 300;
/** Later than this, a frame is given up instead of sent. */
const GIVE_UP_MS = 1000;

/** Chooses the next frame of a layer. */
export interface Playlist {
  /** Index of the frame to send, given the one sent before (-1 at the start). */
  next(previous: number, keyFrameWanted: boolean): number;
}

/** The loop from beginning to end; its first frame is its key frame. */
export function loopPlaylist(frameCount: number): Playlist {
  return { next: (previous, keyFrameWanted) => (keyFrameWanted ? 0 : (previous + 1) % frameCount) };
}

/**
 * Slides: each begins with a key frame, a burst of packets, and then repeats its still frames until the next is
 * due after `framesPerSlide`.
 */
export function slidePlaylist(
  frameCount: number,
  keyFrames: readonly number[],
  framesPerSlide: number,
): Playlist {
  let slide = -1;
  let shown = 0;
  return {
    next(previous, keyFrameWanted) {
      shown += 1;
      const turn = previous === -1 || shown >= framesPerSlide;
      if (turn) {
        slide = (slide + 1) % keyFrames.length;
        shown = 0;
      }
      const first = keyFrames[slide] ?? 0;
      if (turn || keyFrameWanted) return first;
      const end = keyFrames[slide + 1] ?? frameCount;
      return previous + 1 < end ? previous + 1 : Math.min(first + 1, end - 1);
    },
  };
}

interface Layer {
  stream: OutgoingStream;
  playlist: Playlist;
  frame: number;
  keyFrameWanted: boolean;
  lastKeyFrameMs: number;
}

/** Sends the layers of a camera or a screen, frame after frame, with one timestamp for all layers. */
export class VideoSource implements Task {
  pliCount = 0;
  firCount = 0;
  readonly streams: readonly OutgoingStream[];
  readonly #layers: Layer[];
  readonly #intervalMs: number;
  readonly #lateness: LatenessMeter;
  readonly #firstTimestamp: number;
  readonly #originMs: number;

  constructor(
    streams: readonly { stream: OutgoingStream; playlist: Playlist }[],
    options: { framesPerSecond: number; originMs: number; firstTimestamp: number; lateness: LatenessMeter },
  ) {
    this.streams = streams.map(({ stream }) => stream);
    this.#layers = streams.map(({ stream, playlist }) => ({
      stream,
      playlist,
      frame: -1,
      keyFrameWanted: true,
      lastKeyFrameMs: Number.NEGATIVE_INFINITY,
    }));
    this.#intervalMs = 1000 / options.framesPerSecond;
    this.#originMs = options.originMs;
    this.#firstTimestamp = options.firstTimestamp;
    this.#lateness = options.lateness;
  }

  requestKeyFrame(ssrc: number, kind: 'pli' | 'fir'): boolean {
    const layer = this.#layers.find(({ stream }) => stream.ssrc === ssrc);
    if (layer === undefined) return false;
    if (kind === 'pli') this.pliCount += 1;
    else this.firCount += 1;
    layer.keyFrameWanted = true;
    return true;
  }

  timestampAt(nowMs: number): number {
    return (this.#firstTimestamp + Math.round(((nowMs - this.#originMs) * VIDEO_CLOCK_HZ) / 1000)) >>> 0;
  }

  run(dueMs: number, nowMs: number): number {
    const latenessMs = nowMs - dueMs;
    for (const layer of this.#layers) {
      const key = layer.keyFrameWanted && nowMs - layer.lastKeyFrameMs >= MIN_KEY_FRAME_INTERVAL_MS;
      layer.frame = layer.playlist.next(layer.frame, key);
      if (key) {
        layer.keyFrameWanted = false;
        layer.lastKeyFrameMs = nowMs;
      }
      if (latenessMs > GIVE_UP_MS) {
        this.#lateness.skip(layer.stream.track.frames[layer.frame]?.packets.length ?? 0);
        layer.keyFrameWanted = true;
        continue;
      }
      const packets = layer.stream.sendFrame(layer.frame, this.timestampAt(dueMs), null, false);
      this.#lateness.record(packets, latenessMs);
    }
    return dueMs + this.#intervalMs;
  }
}
