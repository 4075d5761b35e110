import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { environmentError, errorMessage } from '../../errors.ts';
import type { Clock } from '../../system/types.ts';
import type { Observer } from '../observer.ts';
import { SampleDecoders } from '../schema/decode.ts';
import type { SinkRoute } from '../sinks/route.ts';
import type { Intake } from './intake.ts';
import { metricsText } from './metrics-text.ts';
import { handleRest } from './rest.ts';
import { type AccessToken, Gatekeeper } from './tokens.ts';
import { WebsocketIntake } from './websocket.ts';

export interface ServeOptions {
  observer: Observer;
  clock: Clock;
  routes: readonly SinkRoute[];
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Port of `/health` and `/metrics`; 0 takes a free one. */
  managementPort: number;
  tokens: readonly AccessToken[];
  rest: boolean;
  websocket: boolean;
  health: boolean;
  metrics: boolean;
  metricsPrefix: string;
  onError(error: unknown): void;
}

export interface RunningServer {
  readonly port: number;
  readonly managementPort: number;
  /** Takes no more samples and ends every connection. */
  close(): Promise<void>;
}

/** How long senders have to answer a close frame, in milliseconds. */
const CLOSE_GRACE_MS = 500;

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw environmentError(
      'RTCB_OBSERVER_LISTEN',
      `cannot listen on ${host}:${port}: ${errorMessage(error)}`,
      {
        hint: 'another program may use the port: choose another with --port or --management-port, or 0 for a free one',
        cause: error,
      },
    );
  });
  return (server.address() as AddressInfo).port;
}

function managementHandler(options: ServeOptions, openWebsockets: () => number): RequestListener {
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://observer').pathname;
    if (path === '/health' && options.health) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"UP"}\n');
    } else if ((path === '/metrics' || path === '/prometheus') && options.metrics) {
      const text = metricsText(options.metricsPrefix, options.observer, options.routes, openWebsockets());
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    } else response.writeHead(404).end('not found\n');
  };
}

/** Opens the two ports. Throws environmentError when one cannot be had; then neither is open. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { observer, clock } = options;
  const intake: Intake = {
    observer,
    counters: observer.counters,
    clock,
    gatekeeper: new Gatekeeper(options.tokens),
    decoders: new SampleDecoders(),
    restEnabled: options.rest,
    websocketEnabled: options.websocket,
    onError: options.onError,
  };
  const websockets = new WebsocketIntake(intake);
  const ingest = createServer((request, response) => {
    handleRest(intake, request, response).catch(options.onError);
  });
  ingest.on('upgrade', (request, socket, head) => websockets.upgrade(request, socket, head));
  const management = createServer(managementHandler(options, () => websockets.open));
  const stop = async (): Promise<void> => {
    websockets.close();
    const closed = [ingest, management].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await Promise.race([Promise.all(closed), clock.sleep(CLOSE_GRACE_MS)]);
    websockets.terminate();
    for (const server of [ingest, management]) server.closeAllConnections();
    await Promise.all(closed);
  };
  try {
    const port = await listen(ingest, options.host, options.port);
    const managementPort = await listen(management, options.host, options.managementPort);
    return { port, managementPort, close: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
