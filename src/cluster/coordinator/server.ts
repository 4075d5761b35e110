import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { environmentError, errorMessage } from '../../errors.ts';
import { RpcError } from '../rpc.ts';

const MAX_BODY_BYTES = 16 * 1024;
/** Capabilities and parameters of one participant are a few kilobytes. */
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface ServerRoutes {
  /** By `METHOD /path`; the result is sent as JSON. An RpcError is 400, or 503 where no bridge is left. */
  json: Record<string, (body: unknown) => unknown>;
  /** By path: takes the connection, or answers undefined to refuse it. `others`: also from other hosts. */
  sockets: Record<
    string,
    { others: boolean; take(query: URLSearchParams): ((socket: WebSocket) => void) | undefined }
  >;
}

/** HTTP and WebSocket on one port, with JSON in and out. */
export class ApiServer {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  readonly #routes: ServerRoutes;
  readonly #onlyThisHost: boolean;

  /** `onlyThisHost`: what is not for others is answered only to who asks from the address that is asked. */
  constructor(routes: ServerRoutes, onlyThisHost: boolean) {
    this.#routes = routes;
    this.#onlyThisHost = onlyThisHost;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Resolves to the port. Throws RtcBenchError RTCB_PORT_TAKEN or RTCB_LISTEN. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? environmentError('RTCB_PORT_TAKEN', `port ${port} on ${host} is taken`, {
                hint: 'choose another with --port, or 0 for a free one',
                cause: error,
              })
            : environmentError('RTCB_LISTEN', `cannot listen on ${host}:${port}: ${error.message}`, {
                cause: error,
              }),
        );
      });
      this.#server.listen(port, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://cluster');
    const route = this.#routes.json[`${request.method} ${pathname}`];
    try {
      if (this.#isForeign(request)) throw new RpcError('forbidden', 'this API is for its own host alone');
      if (route === undefined) throw new RpcError('not-found', `no ${request.method} ${pathname} here`);
      sendJson(response, 200, await route(await readBody(request)));
    } catch (error) {
      const code = error instanceof RpcError ? error.code : 'internal';
      sendJson(response, STATUS[code] ?? (error instanceof RpcError ? 400 : 500), {
        error: { code, message: errorMessage(error) },
      });
    }
  }

  /** Nobody else can have a connection whose two ends are one address. */
  #isForeign({ socket }: IncomingMessage): boolean {
    return this.#onlyThisHost && socket.remoteAddress !== socket.localAddress;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cluster');
    const route = this.#routes.sockets[pathname];
    const refused = route === undefined || (!route.others && this.#isForeign(request));
    const take = refused ? undefined : route.take(searchParams);
    if (take === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, take);
  }
}

const STATUS: Record<string, number> = { forbidden: 403, 'not-found': 404, 'no-bridge': 503 };

async function readBody(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined;
  // A page of another origin cannot send this type without asking first, and nobody here answers that.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new RpcError('bad-request', 'the body must be application/json');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RpcError('bad-request', `the body is over ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RpcError('bad-request', 'the body is no JSON');
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
