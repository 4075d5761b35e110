import type { System } from '../system/types.ts';

export interface ProgramOptions {
  /** Milliseconds until the program is ended; there is no unlimited wait. */
  timeoutMs: number;
  /** Milliseconds without any output until the program is ended. Default: no such limit. */
  silenceMs?: number;
  /** The whole environment; default: the caller's. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Called for each complete line of either stream. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

export interface ProgramResult {
  /** Exit code; null when the program could not be started, was killed or ran out of time. */
  exitCode: number | null;
  /** Both streams as they came, of which the last 64 KiB are kept. */
  output: string;
  /** Why `exitCode` is null, in words. */
  failure: string | null;
}

const KEPT_OUTPUT_CHARACTERS = 65_536;
/** Between asking a program to end and ending it. */
const GRACE_MS = 2000;

/**
 * Runs a program to its end, never longer than allowed, and never throws: what it did is in the result.
 * A program is its own process group, so that what it started ends with it.
 */
export function runProgram(
  system: Pick<System, 'processes' | 'env'>,
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = system.processes.spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...(options.env ?? system.env) },
    });
    let output = '';
    let failure: string | null = null;
    let silence: NodeJS.Timeout | undefined;
    let hardKill: NodeJS.Timeout | undefined;

    const signalGroup = (signal: 'SIGTERM' | 'SIGKILL') => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        child.kill(signal);
      }
    };
    const kill = (why: string) => {
      failure ??= why;
      // Asked first: ninja gives each compiler a group of its own, and only ninja itself can end those.
      signalGroup('SIGTERM');
      hardKill ??= setTimeout(() => signalGroup('SIGKILL'), GRACE_MS);
    };
    const watchSilence = () => {
      if (options.silenceMs === undefined) return;
      clearTimeout(silence);
      silence = setTimeout(() => kill(`said nothing for ${options.silenceMs} ms`), options.silenceMs);
    };
    const deadline = setTimeout(() => kill(`not done after ${options.timeoutMs} ms`), options.timeoutMs);
    const aborted = () => kill('interrupted');
    options.signal?.addEventListener('abort', aborted, { once: true });
    if (options.signal?.aborted) aborted();
    watchSilence();

    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        watchSilence();
        output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
        const lines = (rest + text).split(/\r?\n|\r/);
        rest = lines.pop() ?? '';
        for (const line of lines) options.onLine?.(line);
      });
    }
    const done = (exitCode: number | null) => {
      clearTimeout(deadline);
      clearTimeout(silence);
      clearTimeout(hardKill);
      options.signal?.removeEventListener('abort', aborted);
      resolve({ exitCode: failure === null ? exitCode : null, output, failure });
    };
    child.once('error', (error) => {
      failure ??= error.message;
      done(null);
    });
    child.once('close', (code, killedBy) => {
      if (code === null) failure ??= `ended by ${killedBy}`;
      done(code);
    });
  });
}
