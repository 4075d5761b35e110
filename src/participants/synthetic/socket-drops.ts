import { readFile } from 'node:fs/promises';

/** The kernel's tables of UDP sockets, with what each has dropped because it was full (proc(5)). */
const TABLES = ['/proc/net/udp', '/proc/net/udp6'];

/** Drops per local port in one of the kernel's tables. */
export function parseDrops(table: string): Map<number, number> {
  const drops = new Map<number, number>();
  const [header, ...rows] = table.split('\n');
  // By name, because kernels have added columns; the header's first words stand for two columns each.
  if (header?.trim().endsWith('drops') !== true) return drops;
  for (const row of rows) {
    const columns = row.trim().split(/\s+/);
    const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
    const count = Number(columns.at(-1));
    if (Number.isNaN(port) || Number.isNaN(count)) continue;
    drops.set(port, (drops.get(port) ?? 0) + count);
  }
  return drops;
}

/** What the kernel dropped on our own sockets, those closed meanwhile included as last seen. */
export class SocketDrops {
  readonly #lastByPort = new Map<number, number>();
  #closed = 0;

  /** Cumulative; null where the kernel has no such table. */
  async read(localPorts: readonly number[]): Promise<number | null> {
    const tables = await Promise.all(TABLES.map((path) => readFile(path, 'utf8').catch(() => null)));
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
