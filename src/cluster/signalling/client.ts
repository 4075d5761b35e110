import { type CallOptions, RpcCaller, RpcError } from '../rpc.ts';
import type {
  SignallingMethod,
  SignallingMethods,
  SignallingNotification,
  SignallingNotifications,
} from './protocol.ts';

/**
 * What went wrong between participant and cluster. Codes of the cluster are in `docs/cluster.md`; of this end:
 * `timeout`, `closed` (the connection ended before the answer) and `connect-failed`.
 */
export { RpcError as SignallingError } from '../rpc.ts';

export interface SignallingClosed {
  /** RFC 6455, section 7.4. */
  code: number;
  reason: string;
}

type Listener<N extends SignallingNotification> = (params: SignallingNotifications[N]) => void;

/**
 * The participant's end of the signalling. It uses only what browsers and Node both have, so the same file runs
 * in a page and in a worker thread. Attach notification listeners before asking `join`: the cluster tells nothing
 * earlier, and from then on nothing is missed.
 */
export class SignallingClient {
  readonly #socket: WebSocket;
  readonly #caller: RpcCaller<SignallingMethods, SignallingNotifications>;
  readonly #listeners = new Map<SignallingNotification, Set<(params: never) => void>>();
  /** Resolves once, when the connection has ended, whoever ended it. */
  readonly closed: Promise<SignallingClosed>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#caller = new RpcCaller(
      {
        send: (message) => socket.send(JSON.stringify(message)),
        onMessage(listener) {
          socket.addEventListener('message', (event) => listener(JSON.parse(String(event.data))));
        },
      },
      (name, params) => {
        for (const listener of this.#listeners.get(name) ?? []) listener(params as never);
      },
    );
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        this.#caller.close(closedError('closed', { code, reason }));
        resolve({ code, reason });
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
      void client.closed.then((closed) => {
        signal?.removeEventListener('abort', abort);
        reject(closedError('connect-failed', closed));
      });
      // Nobody listening, Node would report the error as unhandled; `close` follows with what is known.
      socket.addEventListener('error', () => {});
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Rejects with SignallingError: the cluster's code, `timeout` or `closed`. */
  request<M extends SignallingMethod>(
    method: M,
    params: SignallingMethods[M]['params'],
    options: CallOptions = {},
  ): Promise<SignallingMethods[M]['result']> {
    return this.#caller.call(method, params, options);
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
}

function closedError(code: 'closed' | 'connect-failed', closed: SignallingClosed): RpcError {
  const detail = closed.reason === '' ? `${closed.code}` : `${closed.code}, ${closed.reason}`;
  const what = code === 'closed' ? 'the signalling connection is closed' : 'no signalling connection';
  return new RpcError(code, `${what} (${detail})`);
}
