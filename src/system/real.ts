import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import { readHostCounters } from './host-counters.ts';
import type { StopSignal, System, TextStream } from './types.ts';

const DEFAULT_COLUMNS = 80;

function textStream(stream: NodeJS.WriteStream): TextStream {
  let open = true;
  // `rtc-bench … | head` closes our stdout early; that is no reason to lose a run.
  stream.on('error', () => {
    open = false;
  });
  return {
    write(text) {
      if (open) stream.write(text);
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return (stream as Partial<WriteStream>).columns ?? DEFAULT_COLUMNS;
    },
  };
}

/** The real world. */
export function createSystem(): System {
  return {
    clock: {
      nowMs: () => performance.now(),
      wallMs: () => Date.now(),
      async sleep(ms, signal) {
        try {
          await delay(ms, undefined, signal === undefined ? {} : { signal });
        } catch (error) {
          signal?.throwIfAborted();
          throw error;
        }
      },
    },
    env: process.env,
    cwd: process.cwd(),
    stdout: textStream(process.stdout),
    stderr: textStream(process.stderr),
    processes: { spawn: (file, args, options) => spawn(file, args, { ...options, shell: false }) },
    readHostCounters,
    onSignal(signals: readonly StopSignal[], listener) {
      const remove = signals.map((signal) => {
        const handler = () => listener(signal);
        process.on(signal, handler);
        return () => process.off(signal, handler);
      });
      return () => {
        for (const off of remove) off();
      };
    },
    exit: (code) => process.exit(code),
  };
}
