/** Tells what set-up is doing; on a terminal `status` overwrites itself, in a pipe it is said now and then. */
export interface Progress {
  /** A line that stays. */
  step(text: string): void;
  /** Where a long step is: `[37/213] …`. */
  status(text: string): void;
  /** Ends the line that `status` left open. */
  done(): void;
}

export type Finding = { found: true; what: string } | { found: false; why: string };

/** One way to get a missing thing. */
export interface Source {
  /** What it would do here, in words, one step an entry; null where it cannot be used on this host. */
  plan(): Promise<string[] | null>;
  /** Does it. Whether it worked is then found out by the provider's own check. */
  provide(progress: Progress, signal: AbortSignal): Promise<void>;
}

/** One thing that a run needs, and the ways to get it in the order in which they are tried. */
export interface Provider {
  readonly name: string;
  /** Without an essential thing set-up fails; without another, rtc-bench works less well. */
  readonly essential: boolean;
  /** What rtc-bench does without it; for a provider that is not essential. */
  readonly without?: string;
  check(): Promise<Finding>;
  readonly sources: readonly Source[];
}

/** Thrown by a source that could not do it; the next source is tried. */
export class SourceFailed extends Error {}
