import { StreamField } from './types.ts';

/** Frames remembered at a time: more than half a second of video. */
const FRAMES = 32;
/** WebRTC's VideoQualityObserver: how many frame intervals the mean is of, and how many it needs. */
const INTERVALS = 30;
const MIN_INTERVALS = 5;

interface Frame {
  first: number;
  last: number;
  packets: number;
  ended: boolean;
  complete: boolean;
}

/**
 * Finds frames of which every packet arrived, by timestamp and marker, and the freezes between them by the rule
 * of getStats: an interval longer than max(3 × mean, mean + 150 ms)
 * (https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-freezecount).
 */
export class FrameTracker {
  readonly #counters: Float64Array;
  /** Of the frames at the same places: side by side, they are quickly searched. */
  readonly #timestamps = new Uint32Array(FRAMES);
  readonly #frames: Frame[] = [];
  #newest = -1;
  readonly #intervals = new Float64Array(INTERVALS);
  #intervalCount = 0;
  #lastFrameMs = 0;

  constructor(counters: Float64Array) {
    this.#counters = counters;
  }

  /** A packet that had not arrived before; `hasPrevious`: the packet before it did. True if it begins a frame. */
  add(
    sequence: number,
    timestamp: number,
    marker: boolean,
    arrivedAtMs: number,
    has: (sequence: number) => boolean,
  ): void {
    const frame = this.#find(timestamp, sequence);
    frame.packets += 1;
    if (sequence < frame.first) frame.first = sequence;
    if (sequence > frame.last) frame.last = sequence;
    if (marker) frame.ended = true;
    this.#complete(frame, arrivedAtMs, has);
    // The end of one frame is what tells where the next one begins, if anything of that has come before.
    if (!marker || sequence >= (this.#counters[StreamField.highestSequence] ?? 0)) return;
    const next = this.#frames.find((other) => other.first === sequence + 1);
    if (next !== undefined) this.#complete(next, arrivedAtMs, has);
  }

  /** Forgets the last frame's time: what follows is no freeze. */
  restart(): void {
    this.#lastFrameMs = 0;
  }

  #find(timestamp: number, sequence: number): Frame {
    for (let back = 0; back < this.#frames.length; back += 1) {
      const at = (this.#newest - back + FRAMES) % FRAMES;
      const frame = this.#frames[at];
      if (this.#timestamps[at] === timestamp && frame !== undefined) return frame;
    }
    this.#newest = (this.#newest + 1) % FRAMES;
    this.#timestamps[this.#newest] = timestamp;
    const begun = { first: sequence, last: sequence, packets: 0, ended: false, complete: false };
    const oldest = this.#frames[this.#newest];
    if (oldest !== undefined) return Object.assign(oldest, begun);
    this.#frames.push(begun);
    return begun;
  }

  #complete(frame: Frame, nowMs: number, has: (sequence: number) => boolean): void {
    if (frame.complete || !frame.ended || frame.packets !== frame.last - frame.first + 1) return;
    if (frame.first !== this.#counters[StreamField.baseSequence] && !has(frame.first - 1)) return;
    frame.complete = true;
    const counters = this.#counters;
    counters[StreamField.frames] = (counters[StreamField.frames] ?? 0) + 1;
    if (counters[StreamField.firstFrameMs] === 0) counters[StreamField.firstFrameMs] = nowMs;
    if (this.#lastFrameMs > 0) this.#interval(nowMs - this.#lastFrameMs);
    this.#lastFrameMs = nowMs;
  }

  #interval(intervalMs: number): void {
    this.#intervals[this.#intervalCount % INTERVALS] = intervalMs;
    this.#intervalCount += 1;
    const known = Math.min(this.#intervalCount, INTERVALS);
    if (known < MIN_INTERVALS) return;
    let sum = 0;
    for (let i = 0; i < known; i += 1) sum += this.#intervals[i] ?? 0;
    const mean = sum / known;
    if (intervalMs <= Math.max(3 * mean, mean + 150)) return;
    const counters = this.#counters;
    counters[StreamField.freezes] = (counters[StreamField.freezes] ?? 0) + 1;
    counters[StreamField.freezesMs] = (counters[StreamField.freezesMs] ?? 0) + intervalMs;
  }
}
