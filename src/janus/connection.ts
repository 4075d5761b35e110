import {
  type JanusCandidate,
  JanusError,
  type JanusMessage,
  type Jsep,
  type VideoRoomData,
} from './protocol.ts';

const SUB_PROTOCOL = 'janus-protocol';
const REQUEST_TIMEOUT_MS = 10_000;
const DESTROY_TIMEOUT_MS = 2000;

interface Pending {
  resolve(message: JanusMessage): void;
  reject(error: Error): void;
  /** Not satisfied by a mere `ack`: the plugin's event is still to come. */
  wantsEvent: boolean;
}

/**
 * One session with a Janus server over its WebSocket. It uses only what browsers and Node both have, so the same
 * file runs in a page and in a worker thread.
 */
export class JanusConnection {
  /** What no request has asked for; to be set before the first request. */
  onEvent: (message: JanusMessage) => void = () => {};
  /** Resolves once with why, when the connection has ended, whoever ended it. */
  readonly closed: Promise<string>;
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, Pending>();
  #lastTransaction = 0;
  #sessionId: number | null = null;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event) => this.#receive(JSON.parse(String(event.data))));
    // Nobody listening, Node would report the error as unhandled; `close` follows with what is known.
    socket.addEventListener('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code }) => {
        clearInterval(this.#keepAlive);
        const reason = `the connection to Janus ended (${code})`;
        for (const { reject } of this.#pending.values()) reject(new Error(reason));
        this.#pending.clear();
        resolve(reason);
      });
    });
  }

  /** Connects and creates a session. Rejects when there is no Janus, or with the signal's reason. */
  static async connect(url: string, keepAliveMs: number, signal: AbortSignal): Promise<JanusConnection> {
    signal.throwIfAborted();
    const socket = new WebSocket(url, SUB_PROTOCOL);
    const connection = new JanusConnection(socket);
    const abort = () => socket.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener('open', () => resolve());
        void connection.closed.then((reason) => reject(new Error(`no Janus at ${url}: ${reason}`)));
      });
      const { data } = await connection.request({ janus: 'create' });
      connection.#sessionId = data?.id ?? null;
      connection.#keepAlive = setInterval(() => {
        connection.request({ janus: 'keepalive' }).catch(() => {});
      }, keepAliveMs);
      return connection;
    } catch (error) {
      socket.close();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Returns the handle's id. */
  async attach(plugin: string): Promise<number> {
    const { data } = await this.request({ janus: 'attach', plugin });
    if (data === undefined) throw new Error('Janus gave the handle no id');
    return data.id;
  }

  /**
   * Asks the plugin behind a handle. Some requests are answered at once, others by an `ack` and later an event of
   * the same transaction; this resolves with what the plugin said, either way.
   */
  async message(
    handleId: number,
    body: object,
    jsep?: Jsep,
  ): Promise<{ data: VideoRoomData; jsep: Jsep | null }> {
    const message = { janus: 'message', handle_id: handleId, body, ...(jsep === undefined ? {} : { jsep }) };
    const answer = await this.request(message, { wantsEvent: true });
    return { data: answer.plugindata?.data ?? {}, jsep: answer.jsep ?? null };
  }

  async trickle(handleId: number, candidate: JanusCandidate): Promise<void> {
    await this.request({ janus: 'trickle', handle_id: handleId, candidate });
  }

  request(
    message: { janus: string; [field: string]: unknown },
    { wantsEvent = false, timeoutMs = REQUEST_TIMEOUT_MS } = {},
  ): Promise<JanusMessage> {
    this.#lastTransaction += 1;
    const transaction = String(this.#lastTransaction);
    return new Promise<JanusMessage>((resolve, reject) => {
      if (!this.isOpen) {
        reject(new Error('the connection to Janus is closed'));
        return;
      }
      const timer = setTimeout(
        () => reject(new Error(`Janus did not answer ${message.janus} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const settled = () => clearTimeout(timer);
      this.#pending.set(transaction, {
        wantsEvent,
        resolve(answer) {
          settled();
          resolve(answer);
        },
        reject(error) {
          settled();
          reject(error);
        },
      });
      const session = this.#sessionId === null ? {} : { session_id: this.#sessionId };
      this.#socket.send(JSON.stringify({ ...message, ...session, transaction }));
    }).finally(() => this.#pending.delete(transaction));
  }

  /** Ends the session, and with it every handle; never rejects. */
  async destroy(): Promise<void> {
    if (!this.isOpen) return;
    await this.request({ janus: 'destroy' }, { timeoutMs: DESTROY_TIMEOUT_MS }).catch(() => {});
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#keepAlive);
    this.#socket.close(1000);
  }

  #receive(message: JanusMessage): void {
    const pending = this.#pending.get(message.transaction ?? '');
    if (pending === undefined) {
      this.onEvent(message);
      return;
    }
    if (message.janus === 'ack' && pending.wantsEvent) return;
    const { error, plugindata } = message;
    const { error_code: code, error: reason } = plugindata?.data ?? {};
    if (error !== undefined) pending.reject(new JanusError(error.code, error.reason));
    else if (code !== undefined) pending.reject(new JanusError(code, reason ?? 'refused'));
    else pending.resolve(message);
  }
}
