import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** Whether a host name or address is this host's own. */
export function isThisHost(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (address === 'localhost' || address === '::1' || address.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.address === address),
  );
}

/** The process of this host that listens on a TCP port; null where it is hidden from us or there is none. */
export function listeningProcess(port: number): number | null {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeners(file, port)));
  if (inodes.size === 0) return null;
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry) && holds(entry, inodes)) return Number(entry);
  }
  return null;
}

/** Inodes of listening sockets, by the fields of proc_net_tcp(5): 1 local address, 3 state (0A), 9 inode. */
function listeners(file: string, port: number): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const listens = fields[3] === '0A' && fields[1]?.endsWith(`:${hexPort}`) === true;
      return listens ? (fields[9] ?? []) : [];
    });
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    // It ended meanwhile, or is another user's.
    return false;
  }
}
