import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { HostCounters } from './host-counters.ts';

/** One clock: monotonic inside, wall time only as an anchor. */
export interface Clock {
  /** Monotonic milliseconds with sub-millisecond resolution, origin arbitrary but one per process. */
  nowMs(): number;
  /** Unix time in milliseconds. For file names, headers and the anchor of a run; never for durations. */
  wallMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A text stream of the terminal: `write` never throws, a closed pipe is remembered instead. */
export interface TextStream {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width in columns; 80 where the stream does not say. */
  readonly columns: number;
}

/** Programs are started with an argument vector. There is no shell anywhere. */
export interface Processes {
  spawn(file: string, args: readonly string[], options?: Omit<SpawnOptions, 'shell'>): ChildProcess;
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * The one door to the world. It is built once, in the command line, and passed by hand; a test hands over a
 * fake one whole. Folders named pure in the architecture never see it.
 */
export interface System {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly processes: Processes;
  /** Counters of the host and of this process, as the kernel has them now. */
  readHostCounters(): HostCounters;
  /** Calls `listener` for each of the signals until the returned function is called. */
  onSignal(signals: readonly StopSignal[], listener: (signal: StopSignal) => void): () => void;
  /** Ends the process at once, without waiting for anything. */
  exit(code: number): never;
}
