/** Exit codes of the command line; the table in README and `--help` is made from this one. */
export const ExitCode = {
  pass: 0,
  bug: 1,
  usage: 2,
  environment: 3,
  inconclusive: 4,
  gateFailed: 99,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface RtcBenchErrorOptions {
  /** What to do about it, as a sentence or a command. */
  hint?: string;
  cause?: unknown;
}

/**
 * The one error class that reaches a user: a stable code to match on, what happened, what to do, and the exit
 * code it leads to. Anything else that surfaces is a bug of ours and exits 1.
 */
export class RtcBenchError extends Error {
  /** Stable, `RTCB_` and upper case; scripts may match on it. */
  readonly code: `RTCB_${string}`;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(
    code: `RTCB_${string}`,
    exitCode: ExitCode,
    message: string,
    options: RtcBenchErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RtcBenchError';
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** Bad flags or an invalid file: nothing was started. Exit 2. */
export function usageError(code: `RTCB_${string}`, message: string, hint?: string): RtcBenchError {
  return new RtcBenchError(code, ExitCode.usage, message, hint === undefined ? {} : { hint });
}

/** Something outside rtc-bench is missing or unreachable. Exit 3. */
export function environmentError(
  code: `RTCB_${string}`,
  message: string,
  options: RtcBenchErrorOptions = {},
): RtcBenchError {
  return new RtcBenchError(code, ExitCode.environment, message, options);
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
