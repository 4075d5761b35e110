import type { Socket } from 'node:dgram';
import { fstatSync, readSync, writeSync } from 'node:fs';

/** What node:dgram keeps to itself of a socket, as far as it is needed here. */
interface Handle {
  fd: number;
  recvStart(): void;
  recvStop(): void;
}

/**
 * A UDP socket of node:dgram by its file descriptor. read(2) and write(2) take and give one datagram of a connected
 * socket, into and out of a buffer that is there already: that costs less than half of what an event for each
 * datagram does, and whoever reads chooses when.
 */
export class SocketDescriptor {
  readonly fd: number;
  readonly #handle: Handle;

  private constructor(handle: Handle) {
    this.#handle = handle;
    this.fd = handle.fd;
  }

  /** Null where this Node or this system does not give it: the socket's events and `send` do the work there. */
  static of(socket: Socket): SocketDescriptor | null {
    const symbol = Object.getOwnPropertySymbols(socket).find(
      ({ description }) => description === 'state symbol',
    );
    const state: unknown = symbol === undefined ? undefined : Reflect.get(socket, symbol);
    const handle: unknown = isObject(state) ? Reflect.get(state, 'handle') : undefined;
    if (!isHandle(handle)) return null;
    try {
      return fstatSync(handle.fd).isSocket() ? new SocketDescriptor(handle) : null;
    } catch {
      return null;
    }
  }

  /** Takes the socket away from Node's event loop: from now on `read` receives. */
  takeOver(): void {
    this.#handle.recvStop();
  }

  /** Gives the socket back to Node's event loop. */
  giveBack(): void {
    this.#handle.recvStart();
  }

  /** Length of the datagram that was put into `buffer`, cut to its size; -1: there is none, -2: an error was due. */
  read(buffer: Buffer): number {
    const limit = Error.stackTraceLimit;
    // "There is none" comes as an exception; without its stack it costs half.
    Error.stackTraceLimit = 0;
    try {
      return readSync(this.fd, buffer, 0, buffer.length, null);
    } catch (error) {
      return codeOf(error) === 'EAGAIN' ? -1 : -2;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  /** null: the kernel took it; else the code of its error, such as `EAGAIN` when its buffer is full. */
  write(data: Uint8Array, length: number): string | null {
    const limit = Error.stackTraceLimit;
    // As in `read`: a kernel that is full says so by an exception.
    Error.stackTraceLimit = 0;
    try {
      writeSync(this.fd, data, 0, length);
      return null;
    } catch (error) {
      return codeOf(error) ?? 'unknown';
    } finally {
      Error.stackTraceLimit = limit;
    }
  }
}

function codeOf(error: unknown): string | null {
  const code: unknown = isObject(error) ? Reflect.get(error, 'code') : null;
  return typeof code === 'string' ? code : null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isHandle(value: unknown): value is Handle {
  return (
    isObject(value) &&
    typeof Reflect.get(value, 'recvStart') === 'function' &&
    typeof Reflect.get(value, 'recvStop') === 'function' &&
    Number(Reflect.get(value, 'fd')) > 2
  );
}
