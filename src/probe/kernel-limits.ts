import { readFileSync } from 'node:fs';

/** The kernel's settings that UDP buffers depend on; null where it does not tell. */
export interface KernelLimits {
  rmemMax: number | null;
  wmemMax: number | null;
  rmemDefault: number | null;
  wmemDefault: number | null;
  netdevMaxBacklog: number | null;
}

export function readSysctl(name: string): number | null {
  try {
    const value = Number(readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim());
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

export function readKernelLimits(read: (name: string) => number | null = readSysctl): KernelLimits {
  return {
    rmemMax: read('net.core.rmem_max'),
    wmemMax: read('net.core.wmem_max'),
    rmemDefault: read('net.core.rmem_default'),
    wmemDefault: read('net.core.wmem_default'),
    netdevMaxBacklog: read('net.core.netdev_max_backlog'),
  };
}
