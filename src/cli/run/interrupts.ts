import { ExitCode } from '../../errors.ts';
import { Interrupted } from '../../run/runner.ts';
import type { System } from '../../system/types.ts';

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) asks the run to drain and says so; the second ends the process at once.
 * What the run had started ends by itself then: each part watches the channel to the one above it.
 */
export function watchInterrupts(
  system: System,
  say: (text: string) => void,
): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const stop = system.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    if (controller.signal.aborted) {
      say('ended at once; what was written is reportable');
      system.exit(exitCodeOf(signal));
    }
    say(`${signal}: participants leave and what was measured is kept; once more to end at once`);
    controller.abort(new Interrupted(signal));
  });
  return { signal: controller.signal, stop };
}

/** 128 plus the signal's number, as shells have it: 130 for SIGINT, 143 for the others. */
export function exitCodeOf(signal: Interrupted['signal']): number {
  return signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
}
