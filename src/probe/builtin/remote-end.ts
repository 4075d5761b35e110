import { connect, type Socket } from 'node:net';
import { environmentError, type RtcBenchError } from '../../errors.ts';
import { safeText } from '../../system/safe-text.ts';
import type { System } from '../../system/types.ts';
import type { ProbeRunOptions } from '../types.ts';
import {
  CLIENT_LINE_BYTES,
  type ClientMessage,
  decodeLine,
  encodeLine,
  LineReader,
  PROTOCOL_VERSION,
  type ServerMessage,
  serverMessage,
} from './control-protocol.ts';
import type { ReceivingEnd, SessionOptions } from './receiving-end.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** The server drains for at most 5 s before it reports. */
const REPORT_TIMEOUT_MS = 15_000;

/** Opens a session at `rtc-bench probe serve`. Rejects with what to do when there is none or it refuses. */
export async function openRemoteEnd(
  server: { host: string; port: number },
  session: SessionOptions & { receiveBufferBytes: number | null; options: ProbeRunOptions },
  system: System,
): Promise<ReceivingEnd> {
  const socket = await connected(server);
  const inbox = new Inbox(socket, ({ previous, current }) => session.onInterval(previous, current));
  const say = (message: ClientMessage) => socket.write(encodeLine(message, CLIENT_LINE_BYTES));
  try {
    const { flows, intervalMs, pause, receiveBufferBytes, options } = session;
    say({
      type: 'open',
      version: PROTOCOL_VERSION,
      flows,
      durationMs: options.durationMs,
      intervalMs,
      receiveBufferBytes,
      pause,
    });
    const opened = await inbox.next('opened', CONNECT_TIMEOUT_MS, system);
    return {
      address: server.host,
      port: server.port,
      token: Buffer.from(opened.token, 'hex'),
      receiveBufferBytes: opened.receiveBufferBytes,
      kernelLimits: opened.kernelLimits,
      maxPacketRatePps: opened.maxPacketRatePps,
      async finish(sentPackets) {
        say({ type: 'finish', sentPackets });
        const { first, last, drops } = await inbox.next('report', REPORT_TIMEOUT_MS, system);
        return { first, last, drops };
      },
      async close() {
        socket.destroy();
      },
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function connected({ host, port }: { host: string; port: number }): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(CONNECT_TIMEOUT_MS, () => reject(new Error('no answer within 5 s')));
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.setTimeout(0);
    return socket;
  } catch (error) {
    socket.destroy();
    throw environmentError(
      'RTCB_PROBE_UNREACHABLE',
      `no probe server answers at ${host}:${port}: ${(error as Error).message}`,
      {
        cause: error,
        hint: 'on the other host, run: rtc-bench probe serve --listen ADDRESS (or use --prober iperf3 with `iperf3 -s`)',
      },
    );
  }
}

/** Messages of the server, and every way in which none comes. */
class Inbox {
  readonly #waiting = new Map<ServerMessage['type'], (message: ServerMessage) => void>();
  readonly #failed: Promise<never>;

  constructor(socket: Socket, onInterval: (message: Extract<ServerMessage, { type: 'interval' }>) => void) {
    const reader = new LineReader();
    this.#failed = new Promise((_, reject) => {
      socket.on('error', (error) => reject(lost(error.message)));
      socket.on('close', () => reject(lost('it closed the connection')));
      socket.on('data', (chunk) => {
        let lines: string[];
        try {
          lines = reader.push(chunk);
        } catch {
          return reject(lost('it does not speak this protocol'));
        }
        for (const line of lines) {
          const message = decodeLine(line, serverMessage);
          if (message === null) reject(lost('it does not speak this protocol'));
          else if (message.type === 'refused') reject(refused(message));
          else if (message.type === 'interval') onInterval(message);
          else this.#waiting.get(message.type)?.(message);
        }
      });
    });
    this.#failed.catch(() => {});
  }

  async next<T extends ServerMessage['type']>(
    type: T,
    timeoutMs: number,
    { clock }: System,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    const timer = new AbortController();
    const found = new Promise<Extract<ServerMessage, { type: T }>>((resolve) => {
      this.#waiting.set(type, (message) => resolve(message as Extract<ServerMessage, { type: T }>));
    });
    const timeout = clock.sleep(timeoutMs, timer.signal).then(() => {
      throw lost(`no answer within ${timeoutMs / 1000} s`);
    });
    timeout.catch(() => {});
    try {
      return await Promise.race([found, this.#failed, timeout]);
    } finally {
      timer.abort();
    }
  }
}

function lost(reason: string): RtcBenchError {
  return environmentError('RTCB_PROBE_SERVER', `the probe server failed: ${safeText(reason)}`, {
    hint: 'look at what the server printed, then repeat',
  });
}

function refused({ reason, message }: { reason: string; message: string }): RtcBenchError {
  return environmentError('RTCB_PROBE_REFUSED', `the probe server refused: ${safeText(message)}`, {
    hint:
      reason === 'busy'
        ? 'it measures for one at a time: repeat when it is free'
        : 'see its limits: rtc-bench probe serve --help',
  });
}
