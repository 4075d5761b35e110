import { errorMessage } from '../errors.ts';

/**
 * Questions, answers and news as JSON, the same over a participant's WebSocket and over the channel between the
 * coordinator and its bridges. Nothing here needs Node, for participants in a browser page use it too.
 */
type Message =
  | { id: number; method: string; params: unknown }
  | { id: number; result: unknown }
  | { id: number; error: { code: string; message: string } }
  | { notify: string; params: unknown };

/** Methods to their parameters and results. */
export type MethodMap<Methods> = { [M in keyof Methods]: { params: unknown; result: unknown } };

/** Carries messages to the other side; `send` must not throw. */
export interface Channel {
  send(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** An answer that is an error: `code` is stable and travels between processes and on to participants. */
export class RpcError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
  }
}

/** The error as it is sent; what is no RpcError is `internal`. */
export function wireError(error: unknown): { code: string; message: string } {
  return { code: error instanceof RpcError ? error.code : 'internal', message: errorMessage(error) };
}

export interface CallOptions {
  /** Milliseconds to wait for the answer; default `CALL_TIMEOUT_MS`. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export const CALL_TIMEOUT_MS = 15_000;

interface Pending {
  resolve(result: never): void;
  reject(error: unknown): void;
}

/** The side that asks. */
export class RpcCaller<Methods extends MethodMap<Methods>, Notifications> {
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed: RpcError | null = null;

  constructor(
    channel: Channel,
    onNotify: <N extends keyof Notifications>(name: N, params: Notifications[N]) => void,
  ) {
    this.#channel = channel;
    channel.onMessage((raw) => {
      const message = raw as Message;
      if ('notify' in message) onNotify(message.notify as never, message.params as never);
      else if ('result' in message) this.#pending.get(message.id)?.resolve(message.result as never);
      else if ('error' in message) {
        const { code, message: text } = message.error;
        this.#pending.get(message.id)?.reject(new RpcError(code, text));
      }
    });
  }

  /** Rejects with RpcError: the other side's, `timeout`, or what `close` was given; or the signal's reason. */
  call<M extends keyof Methods & string>(
    method: M,
    params: Methods[M]['params'],
    { timeoutMs = CALL_TIMEOUT_MS, signal }: CallOptions = {},
  ): Promise<Methods[M]['result']> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#closed !== null) throw this.#closed;
      this.#lastId += 1;
      const id = this.#lastId;
      const settled = <V>(settle: (value: V) => void) => {
        return (value: V) => {
          this.#pending.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          settle(value);
        };
      };
      const pending: Pending = { resolve: settled(resolve), reject: settled(reject) };
      const abort = () => pending.reject(signal?.reason);
      const timer = setTimeout(() => {
        pending.reject(new RpcError('timeout', `no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      signal?.addEventListener('abort', abort, { once: true });
      this.#pending.set(id, pending);
      this.#channel.send({ id, method, params });
    });
  }

  /** The other side is gone: every open call fails with `error`, and so does every later one. */
  close(error: RpcError): void {
    this.#closed ??= error;
    for (const pending of [...this.#pending.values()]) pending.reject(this.#closed);
  }
}

export type RpcHandlers<Methods extends MethodMap<Methods>> = {
  [M in keyof Methods]: (
    params: Methods[M]['params'],
  ) => Methods[M]['result'] | Promise<Methods[M]['result']>;
};

/** The side that answers, in the order in which the handlers finish. */
export function serveRpc<Methods extends MethodMap<Methods>>(
  channel: Channel,
  handlers: RpcHandlers<Methods>,
): void {
  const answer = async (id: number, method: keyof Methods, params: never) => {
    try {
      channel.send({ id, result: await handlers[method](params) });
    } catch (error) {
      channel.send({ id, error: wireError(error) });
    }
  };
  channel.onMessage((raw) => {
    const message = raw as Message;
    if ('method' in message)
      void answer(message.id, message.method as keyof Methods, message.params as never);
  });
}
