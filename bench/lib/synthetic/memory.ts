/** What of a process's memory is in use, told from what its heaps and its allocator hold in reserve. */

import { Session } from 'node:inspector';
import { createRequire } from 'node:module';

/** mallinfo2(3), for bench/native/malloc.c: bytes in use and bytes held. */
interface MallocAddon {
  read(): [number, number];
}

export interface MemoryReading {
  atMs: number;
  rssBytes: number;
  /** The main one and those of the participants. */
  threads: number;
  /** JavaScript heaps of all threads; with garbage, unless they were collected for the reading. */
  heapUsedBytes: number;
  /** Pages that those heaps have, the empty ones included. */
  heapHeldBytes: number;
  mallocUsedBytes: number;
  /** What the allocator has from the kernel, the freed included. */
  mallocHeldBytes: number;
}

interface Heap {
  used: number;
  held: number;
}

const EXPRESSION = `(() => {
  const { used_heap_size, total_physical_size } = process.getBuiltinModule('node:v8').getHeapStatistics();
  return { used: used_heap_size, held: total_physical_size };
})()`;

interface WorkerReply {
  id?: number;
  error?: { message: string };
  result?: { result?: { value?: unknown } };
}

/**
 * Speaks to the heaps of all threads through Node's inspector, which no port is opened for: the program that is
 * measured is the one that runs elsewhere.
 */
export class MemoryReader {
  readonly #session = new Session();
  readonly #malloc: MallocAddon;
  readonly #workers = new Set<string>();
  readonly #waiting = new Map<number, (reply: WorkerReply) => void>();
  #lastId = 0;

  private constructor(addonFile: string) {
    this.#malloc = createRequire(import.meta.url)(addonFile) as MallocAddon;
  }

  static async open(addonFile: string): Promise<MemoryReader> {
    const reader = new MemoryReader(addonFile);
    await reader.#attach();
    return reader;
  }

  /** `collect`: each heap in full, before it is read. */
  async read(collect: boolean): Promise<MemoryReading> {
    const heaps = [await this.#heap(collect, (method, params) => this.#post(method, params))];
    for (const worker of this.#workers) {
      heaps.push(await this.#heap(collect, (method, params) => this.#postTo(worker, method, params)));
    }
    const [mallocUsedBytes, mallocHeldBytes] = this.#malloc.read();
    return {
      atMs: performance.now(),
      rssBytes: process.memoryUsage.rss(),
      threads: heaps.length,
      heapUsedBytes: heaps.reduce((sum, { used }) => sum + used, 0),
      heapHeldBytes: heaps.reduce((sum, { held }) => sum + held, 0),
      mallocUsedBytes,
      mallocHeldBytes,
    };
  }

  async #attach(): Promise<void> {
    const session = this.#session;
    session.connect();
    session.on('NodeWorker.attachedToWorker', ({ params }) => this.#workers.add(params.sessionId));
    session.on('NodeWorker.detachedFromWorker', ({ params }) => this.#workers.delete(params.sessionId));
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const reply = JSON.parse(params.message) as WorkerReply;
      if (reply.id === undefined) return;
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
    await this.#post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  async #heap(collect: boolean, post: (method: string, params: object) => Promise<unknown>): Promise<Heap> {
    if (collect) await post('HeapProfiler.collectGarbage', {});
    const answer = await post('Runtime.evaluate', { expression: EXPRESSION, returnByValue: true });
    return (answer as { result: { value: Heap } }).result.value;
  }

  #post(method: string, params: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error, result) =>
        error === null ? resolve(result) : reject(error),
      );
    });
  }

  #postTo(sessionId: string, method: string, params: object): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ error, result }) =>
        error === undefined ? resolve(result) : reject(new Error(`${method}: ${error.message}`)),
      );
      const message = JSON.stringify({ id, method, params });
      this.#post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(reject);
    });
  }
}
