import type {
  SignallingMethod,
  SignallingMethods,
  SignallingNotification,
  SignallingNotifications,
  SignallingNotify,
  SignallingResponse,
} from './protocol.ts';

/** How long the cluster may take to answer, unless the caller says otherwise. */
export const REQUEST_TIMEOUT_MS = 15_000;

/**
 * What went wrong between participant and cluster. Codes of the cluster itself are in `docs/cluster.md`; of this
 * end: `timeout`, `closed` (the connection ended before the answer) and `connect-failed`.
 */
export class SignallingError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SignallingError';
    this.code = code;
  }
}

export interface SignallingClosed {
  /** RFC 6455, section 7.4. */
  code: number;
  reason: string;
}

export interface RequestOptions {
  /** Default `REQUEST_TIMEOUT_MS`. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

type Listener<N extends SignallingNotification> = (params: SignallingNotifications[N]) => void;

interface Pending {
  resolve(result: never): void;
  reject(error: Error): void;
}

/**
 * The participant's end of the signalling. It uses only what browsers and Node both have, so the same file runs
 * in a page and in a worker thread. Attach notification listeners before asking `join`: the cluster tells nothing
 * earlier, and from then on nothing is missed.
 */
export class SignallingClient {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<SignallingNotification, Set<(params: never) => void>>();
  #lastId = 0;
  #ended: SignallingClosed | null = null;
  /** Resolves once, when the connection has ended, whoever ended it. */
  readonly closed: Promise<SignallingClosed>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event: { data: unknown }) => this.#receive(String(event.data)));
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', (event: { code: number; reason: string }) => {
        this.#ended = { code: event.code, reason: event.reason };
        for (const pending of this.#pending.values()) pending.reject(closedError(this.#ended));
        this.#pending.clear();
        resolve(this.#ended);
      });
    });
  }

  /** Rejects with SignallingError `connect-failed`, or with the signal's reason. */
  static connect(url: string, signal?: AbortSignal): Promise<SignallingClient> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const socket = new WebSocket(url);
      const client = new SignallingClient(socket);
      const abort = () => {
        socket.close();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      socket.addEventListener('open', () => {
        signal?.removeEventListener('abort', abort);
        resolve(client);
      });
      void client.closed.then(({ code, reason }) => {
        signal?.removeEventListener('abort', abort);
        reject(
          new SignallingError(
            'connect-failed',
            `no signalling connection (${code}${reason === '' ? '' : `, ${reason}`})`,
          ),
        );
      });
      // Without a listener Node would report it as unhandled; `close` follows and carries what is known.
      socket.addEventListener('error', () => {});
    });
  }

  get isOpen(): boolean {
    return this.#ended === null && this.#socket.readyState === 1;
  }

  /** Rejects with SignallingError: the cluster's code, `timeout` or `closed`. */
  request<M extends SignallingMethod>(
    method: M,
    params: SignallingMethods[M]['params'],
    { timeoutMs = REQUEST_TIMEOUT_MS, signal }: RequestOptions = {},
  ): Promise<SignallingMethods[M]['result']> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (!this.isOpen) throw closedError(this.#ended);
      this.#lastId += 1;
      const id = this.#lastId;
      const settle = () => {
        this.#pending.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new SignallingError('timeout', `no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      const abort = () => {
        settle();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#pending.set(id, {
        resolve(result) {
          settle();
          resolve(result);
        },
        reject(error) {
          settle();
          reject(error);
        },
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Calls `listener` for each such notification until the returned function is called. */
  on<N extends SignallingNotification>(notification: N, listener: Listener<N>): () => void {
    const listeners = this.#listeners.get(notification) ?? new Set();
    this.#listeners.set(notification, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Ends the connection; the cluster takes that as leaving the room. Idempotent. */
  close(): void {
    this.#socket.close(1000);
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as SignallingResponse | SignallingNotify;
    if ('notify' in message) {
      for (const listener of this.#listeners.get(message.notify) ?? []) listener(message.params as never);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    if ('error' in message) pending.reject(new SignallingError(message.error.code, message.error.message));
    else pending.resolve(message.result as never);
  }
}

function closedError(closed: SignallingClosed | null): SignallingError {
  const detail =
    closed === null ? '' : ` (${closed.code}${closed.reason === '' ? '' : `, ${closed.reason}`})`;
  return new SignallingError('closed', `the signalling connection is closed${detail}`);
}
