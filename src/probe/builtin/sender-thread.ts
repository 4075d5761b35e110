import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, RtcBenchError } from '../../errors.ts';
import { flowCount } from '../shapes.ts';
import { openSockets, type SocketChoice } from '../sockets/open.ts';
import type { SenderOptions, SendingSocket } from '../sockets/types.ts';
import { runSenderLoop, type SenderJob, type SenderReading, type SenderReport } from './sender-loop.ts';
import { threadCpuMs } from './thread-cpu.ts';

export interface SenderSetup extends SenderOptions {
  sockets: SocketChoice;
  job: SenderJob;
  /** Set to 1 to end early. */
  stopFlag: Int32Array;
}

export type SenderEvent =
  | { type: 'ready'; sendBufferBytes: number | null }
  | { type: 'failed'; message: string; hint: string | null }
  | { type: 'interval'; reading: SenderReading }
  | { type: 'done'; report: SenderReport };

/** The sending thread: one socket a flow, started by the first message. */
async function main({ sockets: choice, job, stopFlag, ...options }: SenderSetup): Promise<void> {
  const post = (event: SenderEvent) => parentPort?.postMessage(event);
  const sockets: SendingSocket[] = [];
  const opener = openSockets(choice);
  for (let flow = 0; flow < flowCount(job.shape, job.flows); flow += 1)
    sockets.push(await opener.openSender(options));
  const cell = new Int32Array(new SharedArrayBuffer(4));
  parentPort?.once('message', async () => {
    const report = await runSenderLoop(job, sockets, {
      nowMs: () => performance.now(),
      block: (ms) => void Atomics.wait(cell, 0, 0, ms),
      turn: (ms) => delay(ms),
      cpuMs: threadCpuMs,
      stopped: () => Atomics.load(stopFlag, 0) === 1,
      onInterval: (reading) => post({ type: 'interval', reading }),
    });
    for (const socket of sockets) socket.close();
    post({ type: 'done', report });
  });
  post({ type: 'ready', sendBufferBytes: sockets[0]?.sendBufferBytes ?? null });
}

main(workerData as SenderSetup).catch((error: unknown) => {
  const hint = error instanceof RtcBenchError ? (error.hint ?? null) : null;
  parentPort?.postMessage({ type: 'failed', message: errorMessage(error), hint } satisfies SenderEvent);
});
