import type { System } from '../system/types.ts';
import type { Progress } from './types.ts';

/** In a pipe a status line is written at most this often. */
const PIPE_INTERVAL_MS = 5000;
/** On a terminal at most ten times a second. */
const TERMINAL_INTERVAL_MS = 100;

/** Writes progress to stderr. */
export function createProgress({ stderr, clock }: Pick<System, 'stderr' | 'clock'>): Progress {
  let statusAtMs = Number.NEGATIVE_INFINITY;
  let open = false;
  const closeLine = () => {
    if (open) stderr.write('\r\u001b[K');
    open = false;
  };
  return {
    step(text) {
      closeLine();
      stderr.write(`${text}\n`);
      statusAtMs = clock.nowMs();
    },
    status(text) {
      const interval = stderr.isTTY ? TERMINAL_INTERVAL_MS : PIPE_INTERVAL_MS;
      if (clock.nowMs() - statusAtMs < interval) return;
      statusAtMs = clock.nowMs();
      if (!stderr.isTTY) {
        stderr.write(`  ${text}\n`);
        return;
      }
      stderr.write(`\r\u001b[K  ${text.slice(0, stderr.columns - 3)}`);
      open = true;
    },
    done: closeLine,
  };
}
