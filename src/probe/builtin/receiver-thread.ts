import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, RtcBenchError } from '../../errors.ts';
import { openSockets, type SocketChoice } from '../sockets/open.ts';
import type { ReceiverOptions } from '../sockets/types.ts';
import { type ReceiverReading, SessionCounter } from './session-counter.ts';
import { threadCpuMs } from './thread-cpu.ts';

export interface ReceiverSetup extends ReceiverOptions {
  sockets: SocketChoice;
}

export type ReceiverCommand =
  | {
      type: 'begin';
      token: Uint8Array;
      flows: number;
      intervalMs: number;
      pause: { everyMs: number; ms: number } | null;
    }
  | { type: 'read' }
  | { type: 'buffer'; bytes: number }
  | { type: 'end' };

export type ReceiverEvent =
  | { type: 'ready'; address: string; port: number; receiveBufferBytes: number | null }
  | { type: 'failed'; message: string; hint: string | null }
  | { type: 'buffer'; receiveBufferBytes: number | null }
  | { type: 'started'; reading: ReceiverReading }
  | { type: 'interval'; reading: ReceiverReading }
  | { type: 'reading'; reading: ReceiverReading }
  | { type: 'final'; reading: ReceiverReading };

/** The receiving thread: one socket, one session at a time. */
async function main(setup: ReceiverSetup): Promise<void> {
  let counter: SessionCounter | null = null;
  let timers: NodeJS.Timeout[] = [];
  const nothing = new SessionCounter(new Uint8Array(8), 0);
  const post = (event: ReceiverEvent) => parentPort?.postMessage(event);
  const read = () => (counter ?? nothing).read(performance.now(), threadCpuMs());
  const stopTimers = () => {
    for (const timer of timers) clearInterval(timer);
    timers = [];
  };
  const sockets = openSockets(setup.sockets);
  let start: (() => void) | null = null;
  const socket = await sockets.openReceiver(setup, (data, offset, length, arrivedMs) => {
    if (counter?.count(data, offset, length, arrivedMs) === true) start?.();
  });
  parentPort?.on('message', (command: ReceiverCommand) => {
    switch (command.type) {
      case 'begin': {
        stopTimers();
        counter = new SessionCounter(command.token, command.flows);
        // Intervals count from the first packet: the sender starts when it likes.
        start = () => {
          start = null;
          post({ type: 'started', reading: nothing.read(performance.now(), threadCpuMs()) });
          timers.push(setInterval(() => post({ type: 'interval', reading: read() }), command.intervalMs));
          const { pause } = command;
          if (pause !== null) timers.push(setInterval(() => sleepThread(pause.ms), pause.everyMs));
        };
        return;
      }
      case 'read':
        return post({ type: 'reading', reading: read() });
      case 'buffer':
        return post({ type: 'buffer', receiveBufferBytes: socket.setReceiveBuffer(command.bytes) });
      case 'end':
        stopTimers();
        start = null;
        post({ type: 'final', reading: read() });
        counter = null;
        return;
    }
  });
  const { address, port, receiveBufferBytes } = socket;
  post({ type: 'ready', address, port, receiveBufferBytes });
}

/** Stops the whole thread, and with it the reading of its socket. */
function sleepThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

main(workerData as ReceiverSetup).catch((error: unknown) => {
  const hint = error instanceof RtcBenchError ? (error.hint ?? null) : null;
  parentPort?.postMessage({ type: 'failed', message: errorMessage(error), hint } satisfies ReceiverEvent);
});
