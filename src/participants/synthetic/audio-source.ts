import type { AudioPublication } from '../../scenario/plan-types.ts';
import { talkSpurts } from '../talk-spurts.ts';
import type { LatenessMeter } from './lateness.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { Task } from './scheduler.ts';

export const AUDIO_CLOCK_HZ = 48_000;
const FRAME_MS = 20;
/** libopus refreshes the comfort noise of a silence this often. */
const DTX_INTERVAL_MS = 400;
const GIVE_UP_MS = 1000;
/** RFC 6464: voice activity bit and -30 dBov, and silence at -127. */
const SPEECH_LEVEL = 0x80 | 30;
const SILENCE_LEVEL = 127;

/** Sends speech in talk spurts of ITU-T P.59, with discontinuous transmission between them, or without pause. */
export class AudioSource implements Task {
  readonly stream: OutgoingStream;
  readonly #speechFrames: number;
  readonly #spurts: ReturnType<typeof talkSpurts> | null;
  readonly #lateness: LatenessMeter;
  readonly #originMs: number;
  readonly #firstTimestamp: number;
  #speaking: boolean;
  #phaseEndsMs: number;
  #spurtBegins = true;
  #speechFrame = 0;
  #silenceFrame = 0;

  constructor(
    stream: OutgoingStream,
    options: {
      pattern: AudioPublication['pattern'];
      /** The stream's track holds this many frames of speech and then frames of comfort noise. */
      speechFrames: number;
      seed: string;
      originMs: number;
      firstTimestamp: number;
      lateness: LatenessMeter;
    },
  ) {
    this.stream = stream;
    this.#speechFrames = options.speechFrames;
    this.#spurts = options.pattern === 'speech' ? talkSpurts(options.seed) : null;
    this.#lateness = options.lateness;
    this.#originMs = options.originMs;
    this.#firstTimestamp = options.firstTimestamp;
    this.#speaking = this.#spurts === null;
    this.#phaseEndsMs = this.#spurts === null ? Number.POSITIVE_INFINITY : options.originMs;
  }

  timestampAt(nowMs: number): number {
    return (this.#firstTimestamp + Math.round(((nowMs - this.#originMs) * AUDIO_CLOCK_HZ) / 1000)) >>> 0;
  }

  run(dueMs: number, nowMs: number): number {
    this.#advance(dueMs);
    const latenessMs = nowMs - dueMs;
    const frame = this.#frame();
    if (latenessMs > GIVE_UP_MS) {
      this.#lateness.skip(1);
    } else {
      const level = this.#speaking ? SPEECH_LEVEL : SILENCE_LEVEL;
      const begins = this.#speaking && this.#spurtBegins;
      this.#lateness.record(this.stream.sendFrame(frame, this.timestampAt(dueMs), level, begins), latenessMs);
      this.#spurtBegins = !this.#speaking;
    }
    if (this.#speaking) return dueMs + FRAME_MS;
    // Speech begins on the grid of frames, wherever the silence before it was last refreshed.
    const framesLeft = Math.max(1, Math.ceil((this.#phaseEndsMs - dueMs) / FRAME_MS));
    return dueMs + Math.min(DTX_INTERVAL_MS, framesLeft * FRAME_MS);
  }

  #advance(dueMs: number): void {
    while (this.#spurts !== null && dueMs >= this.#phaseEndsMs) {
      const { speaking, durationMs } = this.#spurts.next().value;
      this.#speaking = speaking;
      this.#phaseEndsMs += durationMs;
    }
  }

  #frame(): number {
    if (this.#speaking) {
      this.#speechFrame = (this.#speechFrame + 1) % this.#speechFrames;
      return this.#speechFrame;
    }
    this.#silenceFrame = (this.#silenceFrame + 1) % (this.stream.track.frames.length - this.#speechFrames);
    return this.#speechFrames + this.#silenceFrame;
  }
}
