import { readFile } from 'node:fs/promises';
import { parseUdpSockets, UDP_TABLES } from '../../system/udp-sockets.ts';

/** Drops per local port in one of the kernel's tables. */
export function parseDrops(table: string): Map<number, number> {
  const drops = new Map<number, number>();
  for (const socket of parseUdpSockets(table))
    drops.set(socket.localPort, (drops.get(socket.localPort) ?? 0) + socket.drops);
  return drops;
}

/** What the kernel dropped on our own sockets, those closed meanwhile included as last seen. */
export class SocketDrops {
  readonly #lastByPort = new Map<number, number>();
  #closed = 0;

  /** Cumulative; null where the kernel has no such table. */
  async read(localPorts: readonly number[]): Promise<number | null> {
    const tables = await Promise.all(
      UDP_TABLES.map((table) => readFile(`/proc/${table}`, 'utf8').catch(() => null)),
    );
    if (tables.every((table) => table === null)) return null;
    const drops = tables.map((table) => parseDrops(table ?? ''));
    const open = new Set(localPorts);
    for (const [port, last] of this.#lastByPort) {
      if (open.has(port)) continue;
      this.#closed += last;
      this.#lastByPort.delete(port);
    }
    let total = this.#closed;
    for (const port of open) {
      const count = drops.reduce((sum, table) => sum + (table.get(port) ?? 0), 0);
      this.#lastByPort.set(port, count);
      total += count;
    }
    return total;
  }
}
