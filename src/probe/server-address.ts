import { usageError } from '../errors.ts';
import type { ProberName } from './types.ts';

/** Where `rtc-bench probe serve` and `iperf3 -s` listen unless told otherwise. */
export const DEFAULT_PORTS: Record<ProberName, number> = { builtin: 45_678, iperf3: 5201 };

/** `host:port`, `[v6]:port`, or a host alone with the prober's default port. */
export function parseServer(text: string, prober: ProberName): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORTS[prober] : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535)
    throw usageError(
      'RTCB_PROBE_SERVER_ADDRESS',
      `the server must be HOST:PORT, not "${text}"`,
      'an IPv6 address goes in brackets: [::1]:45678',
    );
  return { host, port };
}
