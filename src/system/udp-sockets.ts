/** One socket of the kernel's tables of UDP sockets, `/proc/net/udp` and `udp6` (proc(5)). */
export interface UdpSocket {
  localPort: number;
  /** Names the socket: what `/proc/PID/fd` links to is `socket:[inode]`. */
  inode: string;
  /** Datagrams that found its receive buffer full, since it was opened. */
  drops: number;
}

export const UDP_TABLES: readonly string[] = ['net/udp', 'net/udp6'];

/**
 * Reads one table. Columns are split at white space, of which the last is `drops` and the tenth the inode; the
 * header names some pairs of columns with one word, so its positions are of no use. A kernel without `drops`
 * (before 2.6.27) yields nothing.
 */
export function parseUdpSockets(table: string): UdpSocket[] {
  const [header, ...rows] = table.split('\n');
  if (header?.trim().endsWith('drops') !== true) return [];
  return rows.flatMap((row) => {
    const columns = row.trim().split(/\s+/);
    const localPort = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
    const inode = columns[9];
    const drops = Number(columns.at(-1));
    return inode === undefined || Number.isNaN(localPort) || Number.isNaN(drops)
      ? []
      : [{ localPort, inode, drops }];
  });
}
