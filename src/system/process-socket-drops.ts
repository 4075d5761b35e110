import { readdir, readFile, readlink } from 'node:fs/promises';
import { parseUdpSockets, UDP_TABLES, type UdpSocket } from './udp-sockets.ts';

/** Cumulative: a socket that was closed keeps what it was last seen to have dropped. */
export interface ProcessDrops {
  /** At all UDP sockets that the process has or had. */
  socketDrops: number;
  /** Of these, at sockets on other ports than the one asked about; null when none was. */
  otherPortDrops: number | null;
}

/** What the kernel dropped at full receive buffers of one process. */
export class ProcessSocketDrops {
  readonly #directory: string;
  /** By inode. */
  readonly #seen = new Map<string, UdpSocket>();

  /** `proc` is where the process tells of itself, `/proc/PID`. */
  constructor(pid: number, proc = '/proc') {
    this.#directory = `${proc}/${pid}`;
  }

  /** null where the kernel does not tell: another system, another user's process, a process that is gone. */
  async read(mainPort: number | null): Promise<ProcessDrops | null> {
    const own = await this.#inodes();
    if (own === null) return null;
    // The process's own view: it may live in another network namespace.
    const tables = await Promise.all(
      UDP_TABLES.map((table) => readFile(`${this.#directory}/${table}`, 'utf8').catch(() => null)),
    );
    if (tables.every((table) => table === null)) return null;
    for (const socket of tables.flatMap((table) => parseUdpSockets(table ?? '')))
      if (own.has(socket.inode)) this.#seen.set(socket.inode, socket);
    const sockets = [...this.#seen.values()];
    const sum = (some: readonly UdpSocket[]) => some.reduce((total, { drops }) => total + drops, 0);
    return {
      socketDrops: sum(sockets),
      otherPortDrops: mainPort === null ? null : sum(sockets.filter((one) => one.localPort !== mainPort)),
    };
  }

  async #inodes(): Promise<Set<string> | null> {
    try {
      const names = await readdir(`${this.#directory}/fd`);
      const links = await Promise.all(
        names.map((name) => readlink(`${this.#directory}/fd/${name}`).catch(() => '')),
      );
      return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
    } catch {
      return null;
    }
  }
}
