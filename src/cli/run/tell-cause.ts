import { RtcBenchError } from '../../errors.ts';
import { Interrupted } from '../../run/runner.ts';
import { safeText } from '../../system/safe-text.ts';
import type { System } from '../../system/types.ts';

/** Says on stderr what stopped something before its time; an interruption has been said already. */
export function tellCause(cause: unknown, system: Pick<System, 'stderr'>): void {
  if (cause === null || cause === undefined || cause instanceof Interrupted) return;
  if (cause instanceof RtcBenchError) {
    const hint = cause.hint === undefined ? '' : `  ${safeText(cause.hint)}\n`;
    system.stderr.write(`rtc-bench: ${safeText(cause.message)}\n${hint}`);
    return;
  }
  const told = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  system.stderr.write(`rtc-bench: a bug in rtc-bench, please report it with this:\n${told}\n`);
}
