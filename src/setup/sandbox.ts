import { readFileSync } from 'node:fs';

/** A kernel switch under /proc/sys as a number; null where this kernel does not have it. */
function kernelSwitch(name: string): number | null {
  try {
    return Number(readFileSync(`/proc/sys/${name}`, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Why Chromium's sandbox cannot be used here; null where it can. Chromium refuses it as root, and otherwise needs
 * unprivileged user namespaces, which some distributions and containers switch off.
 */
export function sandboxObstacle(): string | null {
  if (process.platform !== 'linux') return null;
  if (process.getuid?.() === 0) return 'running as root';
  if (kernelSwitch('kernel/unprivileged_userns_clone') === 0) return 'kernel.unprivileged_userns_clone is 0';
  if (kernelSwitch('user/max_user_namespaces') === 0) return 'user.max_user_namespaces is 0';
  if (kernelSwitch('kernel/apparmor_restrict_unprivileged_userns') === 1) {
    return 'kernel.apparmor_restrict_unprivileged_userns is 1';
  }
  return null;
}

export function sandboxWorks(): boolean {
  return sandboxObstacle() === null;
}
