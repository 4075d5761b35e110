/**
 * Draws a canvas at a steady rate and lends out its track. One canvas serves every participant of the page that
 * publishes the same picture: they encode it each for themselves, but it is painted once. A canvas is used rather
 * than the browser's fake camera because that one delivers the size that its first user asked for, whatever the
 * others ask, and differs between browsers.
 */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #paint: (frame: number) => void;
  readonly #framesPerSecond: number;
  #users = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #track: MediaStreamTrack | null = null;

  constructor(
    widthPixels: number,
    heightPixels: number,
    framesPerSecond: number,
    painting: (context: CanvasRenderingContext2D) => (frame: number) => void,
  ) {
    this.#canvas = document.createElement('canvas');
    this.#canvas.width = widthPixels;
    this.#canvas.height = heightPixels;
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('the browser offers no 2d canvas');
    this.#paint = painting(context);
    this.#framesPerSecond = framesPerSecond;
  }

  /** A track of its own for one participant; `release` when it is no longer sent. */
  borrow(): { track: MediaStreamTrack; release: () => void } {
    this.#users += 1;
    if (this.#users === 1) this.#start();
    const track = this.#capture().clone();
    return {
      track,
      release: () => {
        track.stop();
        this.#users -= 1;
        if (this.#users === 0) this.#stop();
      },
    };
  }

  #capture(): MediaStreamTrack {
    this.#track ??= this.#canvas.captureStream().getVideoTracks()[0] ?? null;
    if (this.#track === null) throw new Error('the browser captures no video from a canvas');
    return this.#track;
  }

  #start(): void {
    document.body.append(this.#canvas);
    const originMs = performance.now();
    let frame = 0;
    const next = () => {
      this.#paint(frame);
      // From one origin, so that the rate holds; frames that are overdue are left out, not made up for.
      const elapsedFrames = ((performance.now() - originMs) * this.#framesPerSecond) / 1000;
      frame = Math.max(frame + 1, Math.floor(elapsedFrames) + 1);
      const dueMs = originMs + (frame * 1000) / this.#framesPerSecond;
      this.#timer = setTimeout(next, Math.max(0, dueMs - performance.now()));
    };
    next();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#track?.stop();
    this.#track = null;
    this.#canvas.remove();
  }
}
