import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { safeText } from '../../system/safe-text.ts';
import type { System } from '../../system/types.ts';
import {
  type ClientMessage,
  clientMessage,
  decodeLine,
  encodeLine,
  LineReader,
  type ServerMessage,
} from '../builtin/control-protocol.ts';
import { beginSession, type SessionReport } from '../builtin/receiving-end.ts';
import type { ReceiverReading } from '../builtin/session-counter.ts';
import type { ReceiverThread } from '../builtin/threads.ts';
import { readKernelLimits } from '../kernel-limits.ts';
import { TOKEN_BYTES } from '../packet-format.ts';

export interface ServerLimits {
  /** Longest session in milliseconds. */
  maxDurationMs: number;
  /** Packets a second that a session may send; one that passes it by a tenth is ended. */
  maxPacketRatePps: number;
}

/** A connection that has not asked for anything within this time is closed. */
export const HANDSHAKE_MS = 5_000;
/** Beyond its announced duration a session has this long to finish. */
export const GRACE_MS = 15_000;
/** A session whose first packet has not come by then is ended: others may be waiting. */
export const FIRST_PACKET_MS = 10_000;
/** How far a second may be above the limit before the session ends: timers are not exact. */
const RATE_TOLERANCE = 1.1;

type OpenMessage = Extract<ClientMessage, { type: 'open' }>;

/** What the connections of one server share. */
export interface SharedReceiver {
  readonly thread: ReceiverThread;
  readonly limits: ServerLimits;
  readonly system: System;
  log(text: string): void;
  /** False while another session runs. */
  acquire(): boolean;
  release(): void;
}

/**
 * One client's connection. Garbage is answered with nothing: the connection just closes. Never is more written than
 * came in, over TCP and as this session's own packets over UDP together.
 */
export class ServerSession {
  readonly #socket: Socket;
  readonly #shared: SharedReceiver;
  readonly #reader = new LineReader();
  #deadline = new AbortController();
  #budgetBytes = 0;
  #finish: ((sentPackets: number | null) => Promise<SessionReport>) | null = null;
  #busy = false;
  /** A connection is good for one session. */
  #opened = false;
  #ended = false;
  #onFirstPacket: () => void = () => {};

  constructor(socket: Socket, shared: SharedReceiver) {
    this.#socket = socket;
    this.#shared = shared;
    socket.on('error', () => {});
    socket.on('close', () => void this.#end());
    socket.on('data', (chunk) => this.#receive(chunk));
    this.#closeAfter(HANDSHAKE_MS);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#budgetBytes += chunk.length;
    let lines: string[];
    try {
      lines = this.#reader.push(chunk);
    } catch {
      this.close();
      return;
    }
    for (const line of lines) {
      const message = decodeLine(line, clientMessage);
      if (message === null) {
        this.close();
        return;
      }
      void this.#handle(message).catch(() => this.close());
    }
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (message.type === 'open' && !this.#opened) return this.#open(message);
    if (message.type === 'finish' && this.#finish !== null) return this.#report(message.sentPackets);
    this.close();
  }

  async #open(message: OpenMessage): Promise<void> {
    const { limits, thread, system } = this.#shared;
    this.#opened = true;
    if (message.durationMs > limits.maxDurationMs)
      return this.#refuse('duration', `a session may last ${limits.maxDurationMs / 1000} s at most`);
    if (!this.#shared.acquire()) return this.#refuse('busy', 'another session is running');
    this.#busy = true;
    const token = randomBytes(TOKEN_BYTES);
    const kernelLimits = readKernelLimits();
    // The kernel grants twice what is asked, and a default as it is.
    const asked = message.receiveBufferBytes ?? (kernelLimits.rmemDefault ?? 0) / 2;
    const receiveBufferBytes =
      asked === 0 ? thread.receiveBufferBytes : await thread.setReceiveBuffer(Math.floor(asked));
    this.#finish = await beginSession(
      thread,
      token,
      {
        flows: message.flows,
        intervalMs: message.intervalMs,
        pause: message.pause,
        onStart: () => this.#onFirstPacket(),
        onInterval: (previous, current) => this.#interval(previous, current),
      },
      system,
    );
    this.#closeAfter(Math.min(message.durationMs + GRACE_MS, FIRST_PACKET_MS));
    this.#onFirstPacket = () => this.#closeAfter(message.durationMs + GRACE_MS);
    this.#shared.log(
      `session from ${safeText(this.#socket.remoteAddress ?? 'unknown')}: ${message.durationMs / 1000} s, ${message.flows} flows`,
    );
    this.#say({
      type: 'opened',
      token: token.toString('hex'),
      receiveBufferBytes,
      kernelLimits,
      maxPacketRatePps: limits.maxPacketRatePps,
    });
  }

  #interval(previous: ReceiverReading, current: ReceiverReading): void {
    const seconds = (current.readAtMs - previous.readAtMs) / 1000;
    const packets = current.receivedPackets - previous.receivedPackets;
    this.#budgetBytes += current.receivedBytes - previous.receivedBytes;
    const { maxPacketRatePps } = this.#shared.limits;
    if (packets / seconds > maxPacketRatePps * RATE_TOLERANCE)
      this.#refuse('rate', `the limit is ${maxPacketRatePps} packets a second`);
    else this.#say({ type: 'interval', previous, current });
  }

  async #report(sentPackets: number): Promise<void> {
    const finish = this.#finish;
    this.#finish = null;
    if (finish === null) return;
    const { first, last, drops } = await finish(sentPackets);
    // The next client may come as soon as this one has its answer.
    this.#release();
    this.#say({ type: 'report', first, last, drops });
    this.#shared.log(`session ended: ${last.receivedPackets} of ${sentPackets} packets arrived`);
    this.#socket.end();
  }

  #refuse(reason: 'busy' | 'duration' | 'rate', message: string): void {
    this.#shared.log(`refused: ${message}`);
    this.#say({ type: 'refused', reason, message });
    this.#socket.end();
    // Its packets may still come: nothing of them is counted any more.
    void this.#end();
  }

  /** Writes only what the client's own bytes pay for. */
  #say(message: ServerMessage): void {
    const line = encodeLine(message);
    if (this.#socket.destroyed || line.length > this.#budgetBytes) return;
    this.#budgetBytes -= line.length;
    this.#socket.write(line);
  }

  /** Replaces the deadline before it. */
  #closeAfter(ms: number): void {
    const { clock } = this.#shared.system;
    this.#deadline.abort();
    this.#deadline = new AbortController();
    clock.sleep(ms, this.#deadline.signal).then(
      () => this.close(),
      () => {},
    );
  }

  #release(): void {
    if (!this.#busy) return;
    this.#busy = false;
    this.#shared.release();
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#deadline.abort();
    const finish = this.#finish;
    this.#finish = null;
    if (finish !== null) await finish(0).catch(() => {});
    this.#release();
  }
}
