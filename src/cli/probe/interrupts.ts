import { ExitCode } from '../../errors.ts';
import type { StopSignal, System } from '../../system/types.ts';

/** Thrown when a signal ended the measurement. */
export class Interrupted extends Error {
  readonly exitCode: ExitCode;

  constructor(signal: StopSignal) {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
  }
}

/** Runs `work` with a signal that the first Ctrl-C aborts; the second ends at once. Returns the exit code then. */
export async function interruptible(
  system: System,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<number | null> {
  const controller = new AbortController();
  const stop = system.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    const interrupted = new Interrupted(signal);
    if (controller.signal.aborted) system.exit(interrupted.exitCode);
    controller.abort(interrupted);
  });
  try {
    await work(controller.signal);
    return null;
  } catch (error) {
    const reason: unknown = controller.signal.reason;
    if (controller.signal.aborted && reason instanceof Interrupted) {
      system.stderr.write(`${reason.message}\n`);
      return reason.exitCode;
    }
    throw error;
  } finally {
    stop();
  }
}
