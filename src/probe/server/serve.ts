import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { environmentError, errorMessage, RtcBenchError } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import { type ReceiverThread, startReceiver } from '../builtin/threads.ts';
import { preferredSockets } from '../sockets/open.ts';
import { type ServerLimits, ServerSession } from './session.ts';

export interface ServeOptions {
  /** Loopback unless told otherwise. */
  address: string;
  /** 0: the system chooses. */
  port: number;
  limits: ServerLimits;
  log: (text: string) => void;
}

export interface ProbeServer {
  readonly address: string;
  readonly port: number;
  /** Resolves when the running session, if any, has ended or after `close`. */
  close(): Promise<void>;
}

/** Connections beyond this many are not accepted: one is measured for, the others are told that it is busy. */
const MAX_CONNECTIONS = 16;
const PORT_ATTEMPTS = 10;

/** Starts the receiving end that `probe udp --server` measures against. */
export async function serveProbe(system: System, options: ServeOptions): Promise<ProbeServer> {
  const { server, thread } = await listen(system, options);
  let isBusy = false;
  const sessions = new Set<ServerSession>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    const session = new ServerSession(socket, {
      thread,
      system,
      limits: options.limits,
      log: options.log,
      acquire() {
        if (isBusy) return false;
        isBusy = true;
        return true;
      },
      release() {
        isBusy = false;
      },
    });
    sessions.add(session);
    socket.on('close', () => sessions.delete(session));
  });
  return {
    address: thread.address,
    port: thread.port,
    async close() {
      for (const session of sessions) session.close();
      server.close();
      await thread.close();
    },
  };
}

/** TCP and UDP on one port number; with port 0 the number that TCP got may be taken on UDP, so it tries again. */
async function listen(
  system: System,
  { address, port }: ServeOptions,
): Promise<{ server: Server; thread: ReceiverThread }> {
  const sockets = preferredSockets(system.env);
  for (let attempt = 1; ; attempt += 1) {
    const server = createServer({ noDelay: true });
    try {
      server.listen(port, address);
      await once(server, 'listening');
      const bound = (server.address() as AddressInfo).port;
      const thread = await startReceiver({
        address,
        port: bound,
        receiveBufferBytes: SERVER_BUFFER_BYTES,
        sockets,
        offload: false,
      });
      return { server, thread };
    } catch (error) {
      server.close();
      if (port === 0 && attempt < PORT_ATTEMPTS) continue;
      if (error instanceof RtcBenchError) throw error;
      throw environmentError(
        'RTCB_PROBE_LISTEN',
        `cannot listen on ${address}:${port}: ${errorMessage(error)}`,
        {
          cause: error,
          hint: 'choose another --port or --listen address',
        },
      );
    }
  }
}

/** Asked for, so that the probe measures the path and not this program's pauses; the kernel may grant less. */
const SERVER_BUFFER_BYTES = 4 * 1024 * 1024;
