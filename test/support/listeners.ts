import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** TCP sockets that these processes listen on, as `address:port`, IPv4 only. */
export function listeners(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    // Fields of proc(5): 2 local address, 4 state (0A: listening), 10 inode.
    const [local = '', state, inode = ''] = [fields[1], fields[3], fields[9]];
    return state === '0A' && inodes.has(inode) ? [readable(local)] : [];
  });
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = linkOf(`/proc/${pid}/fd/${fd}`);
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    });
  } catch {
    // It ended while we looked.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** `0100007F:1F90` is 127.0.0.1:8080: the address is a number in the host's order of bytes. */
function readable(local: string): string {
  const [address = '', port = ''] = local.split(':');
  const bytes = address.match(/../g)?.reverse() ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${Number.parseInt(port, 16)}`;
}
