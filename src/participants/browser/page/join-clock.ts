import type { JoinSteps } from '../../types.ts';

/** Times of one join, in the page's own monotonic clock; the first of each kind counts. */
export class JoinClock {
  readonly #beganMs: number;
  #signalledMs: number | null = null;
  #iceMs: number | null = null;
  #connectedMs: number | null = null;
  #firstPacketMs: number | null = null;
  #firstFrameMs: number | null = null;

  /** `elapsedMs`: what the join had taken before it came to the page. */
  constructor(elapsedMs: number) {
    this.#beganMs = performance.now() - elapsedMs;
  }

  signalled(): void {
    this.#signalledMs ??= performance.now();
  }

  iceConnected(): void {
    this.#iceMs ??= performance.now();
  }

  connected(): void {
    this.#connectedMs ??= performance.now();
  }

  packet(): void {
    this.#firstPacketMs ??= performance.now();
  }

  frame(): void {
    this.#firstFrameMs ??= performance.now();
  }

  joinMs(): number {
    return (this.#connectedMs ?? performance.now()) - this.#beganMs;
  }

  steps(): JoinSteps {
    return {
      signallingMs: between(this.#beganMs, this.#signalledMs),
      iceMs: between(this.#signalledMs, this.#iceMs),
      dtlsMs: between(this.#iceMs, this.#connectedMs),
      firstPacketMs: between(this.#beganMs, this.#firstPacketMs),
      firstFrameMs: between(this.#beganMs, this.#firstFrameMs),
    };
  }

  /** How far it came, for the message when it fails. */
  progress(): string {
    if (this.#connectedMs !== null) return 'connected';
    if (this.#iceMs !== null) return 'ICE connected, DTLS not';
    return this.#signalledMs === null ? 'signalling not finished' : 'signalling finished, ICE not connected';
  }
}

function between(fromMs: number | null, toMs: number | null): number | null {
  return fromMs === null || toMs === null ? null : toMs - fromMs;
}
