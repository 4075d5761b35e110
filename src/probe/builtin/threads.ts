import { Worker } from 'node:worker_threads';
import { environmentError, errorMessage } from '../../errors.ts';
import { sibling } from '../../system/sibling.ts';
import type { ReceiverCommand, ReceiverEvent, ReceiverSetup } from './receiver-thread.ts';
import type { SenderJob, SenderReading, SenderReport } from './sender-loop.ts';
import type { SenderEvent, SenderSetup } from './sender-thread.ts';
import type { ReceiverReading } from './session-counter.ts';

/** Messages of a worker by type; a worker that dies rejects whatever is waited for. */
class Channel<Event extends { type: string }> {
  readonly #worker: Worker;
  readonly #listeners = new Set<(event: Event) => void>();
  #failure: Error | null = null;
  readonly #failed: Promise<never>;

  constructor(worker: Worker, name: string) {
    this.#worker = worker;
    worker.on('message', (event: Event) => {
      for (const listener of this.#listeners) listener(event);
    });
    this.#failed = new Promise((_, reject) => {
      worker.on('error', (error) => {
        this.#failure = environmentError('RTCB_PROBE_THREAD', `${name}: ${errorMessage(error)}`, {
          cause: error,
        });
        reject(this.#failure);
      });
    });
    this.#failed.catch(() => {});
  }

  on(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  next<T extends Event['type']>(type: T): Promise<Extract<Event, { type: T }>> {
    let off = () => {};
    const found = new Promise<Extract<Event, { type: T }>>((resolve) => {
      off = this.on((event) => {
        if (event.type === type) resolve(event as Extract<Event, { type: T }>);
      });
    });
    return Promise.race([found, this.#failed]).finally(off);
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The receiving end, on a thread of its own. */
export interface ReceiverThread {
  readonly address: string;
  readonly port: number;
  /** As granted when the socket was opened. */
  readonly receiveBufferBytes: number | null;
  /** Sets SO_RCVBUF and resolves to what was granted. */
  setReceiveBuffer(bytes: number): Promise<number | null>;
  /** Starts counting a session; packets of any other token are foreign from now on. */
  begin(options: BeginOptions): void;
  read(): Promise<ReceiverReading>;
  /** Stops counting. */
  end(): Promise<ReceiverReading>;
  close(): Promise<void>;
}

export interface BeginOptions {
  token: Uint8Array;
  flows: number;
  intervalMs: number;
  /** The thread reads nothing for `ms` every `everyMs`: a busy event loop, made to order. */
  pause: { everyMs: number; ms: number } | null;
  /** The first packet of the session came. */
  onStart?: (reading: ReceiverReading) => void;
  onInterval?: (reading: ReceiverReading) => void;
}

export async function startReceiver(setup: ReceiverSetup): Promise<ReceiverThread> {
  const worker = new Worker(sibling(import.meta.url, './receiver-thread'), { workerData: setup });
  const channel = new Channel<ReceiverEvent>(worker, 'receiver');
  const ready = await openedOr(channel.next('ready'), channel.next('failed'), () => channel.close());
  let off = () => {};
  const send = (command: ReceiverCommand) => channel.post(command);
  return {
    address: ready.address,
    port: ready.port,
    receiveBufferBytes: ready.receiveBufferBytes,
    async setReceiveBuffer(bytes) {
      const granted = channel.next('buffer');
      send({ type: 'buffer', bytes });
      return (await granted).receiveBufferBytes;
    },
    begin({ onStart, onInterval, ...options }) {
      off();
      off = channel.on((event) => {
        if (event.type === 'started') onStart?.(event.reading);
        if (event.type === 'interval') onInterval?.(event.reading);
      });
      send({ type: 'begin', ...options });
    },
    async read() {
      const reading = channel.next('reading');
      send({ type: 'read' });
      return (await reading).reading;
    },
    async end() {
      const final = channel.next('final');
      send({ type: 'end' });
      const { reading } = await final;
      off();
      return reading;
    },
    close: () => channel.close(),
  };
}

/** The sending end, on a thread of its own; it sends once. */
export interface SenderThread {
  readonly sendBufferBytes: number | null;
  /** Resolves when everything has been handed to the kernel. */
  run(onInterval?: (reading: SenderReading) => void): Promise<SenderReport>;
  stop(): void;
  close(): Promise<void>;
}

export async function startSender(
  options: Omit<SenderSetup, 'stopFlag'> & { job: SenderJob },
): Promise<SenderThread> {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(sibling(import.meta.url, './sender-thread'), {
    workerData: { ...options, stopFlag },
  });
  const channel = new Channel<SenderEvent>(worker, 'sender');
  const ready = await openedOr(channel.next('ready'), channel.next('failed'), () => channel.close());
  return {
    sendBufferBytes: ready.sendBufferBytes,
    async run(onInterval) {
      const off = channel.on((event) => {
        if (event.type === 'interval') onInterval?.(event.reading);
      });
      const done = channel.next('done');
      channel.post({ type: 'go' });
      try {
        return (await done).report;
      } finally {
        off();
      }
    },
    stop: () => void Atomics.store(stopFlag, 0, 1),
    close: () => channel.close(),
  };
}

async function openedOr<T extends { type: string }>(
  ready: Promise<T>,
  failed: Promise<{ message: string; hint: string | null }>,
  close: () => Promise<void>,
): Promise<T> {
  try {
    const first = await Promise.race([ready, failed]);
    if ('message' in first)
      throw environmentError(
        'RTCB_PROBE_SOCKET',
        first.message,
        first.hint === null ? {} : { hint: first.hint },
      );
    return first;
  } catch (error) {
    await close();
    throw error;
  }
}
