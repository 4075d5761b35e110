/** Root needs no user namespace for it, which chroots and containers forbid even to root. */
const AS_WHOM = process.getuid?.() === 0 ? [] : ['--map-root-user'];

/**
 * A command in a network namespace with nothing but its own loopback: nobody else's datagrams are in its counters. With
 * a limit, all datagrams beyond it are dropped, of both directions and all ports together.
 */
export function inOwnNetwork(
  command: readonly string[],
  datagramLimitPps: number | null = null,
  burstMs = 20,
): [string, ...string[]] {
  const before = datagramLimitPps === null ? '' : policer(datagramLimitPps, burstMs);
  const script = `ip link set lo up; ${before}exec "$0" "$@"`;
  return ['unshare', '--net', ...AS_WHOM, 'sh', '-ec', script, ...command];
}

/** A policer on the way in, where each datagram on loopback passes once; its bucket holds `burstMs` of the rate. */
function policer(datagramsPps: number, burstMs: number): string {
  const burst = Math.max(5, Math.round((datagramsPps * burstMs) / 1000));
  return `nft 'add table inet t; add chain inet t i { type filter hook input priority 0; }; add rule inet t i meta l4proto udp limit rate over ${Math.round(datagramsPps)}/second burst ${burst} packets drop'; `;
}
