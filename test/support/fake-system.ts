import { spawn } from 'node:child_process';
import { readHostCounters } from '../../src/system/host-counters.ts';
import type { StopSignal, System, TextStream } from '../../src/system/types.ts';
import { FakeClock } from './fake-clock.ts';

export interface MemoryStream extends TextStream {
  text: string;
}

export interface FakeSystem extends System {
  readonly clock: FakeClock;
  readonly stdout: MemoryStream;
  readonly stderr: MemoryStream;
  /** Delivers a signal to whoever listens. */
  raise(signal: StopSignal): void;
  readonly exitCodes: number[];
}

function memoryStream(): MemoryStream {
  return {
    text: '',
    isTTY: false,
    columns: 80,
    write(text) {
      this.text += text;
    },
  };
}

/** The world of a test: time stands still, streams are strings, `exit` throws. Host counters are real. */
export function fakeSystem(env: Record<string, string> = {}): FakeSystem {
  const listeners = new Map<StopSignal, Set<(signal: StopSignal) => void>>();
  const exitCodes: number[] = [];
  return {
    clock: new FakeClock(),
    env,
    cwd: process.cwd(),
    stdout: memoryStream(),
    stderr: memoryStream(),
    processes: { spawn: (file, args, options) => spawn(file, args, { ...options, shell: false }) },
    readHostCounters,
    onSignal(signals, listener) {
      for (const signal of signals) listeners.set(signal, (listeners.get(signal) ?? new Set()).add(listener));
      return () => {
        for (const signal of signals) listeners.get(signal)?.delete(listener);
      };
    },
    raise(signal) {
      for (const listener of [...(listeners.get(signal) ?? [])]) listener(signal);
    },
    exitCodes,
    exit(code): never {
      exitCodes.push(code);
      throw new Error(`exit ${code}`);
    },
  };
}
