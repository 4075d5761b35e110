import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { HostReader } from './host.ts';
import { realHost } from './host.ts';
import type { Check } from './types.ts';

/** Every participant takes a UDP port here and one at its bridge. */
const PORTS_WANTED = 10_000;

async function bindTcp(): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.close();
}

async function bindUdp(): Promise<void> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
}

/** Whether ports can be had on the loopback interface, and how many the kernel hands out. */
export function portsCheck(host: HostReader = realHost): Check {
  return {
    name: 'ports',
    async run() {
      await bindTcp();
      await bindUdp();
      const range = host.text('/proc/sys/net/ipv4/ip_local_port_range');
      const [from, to] = (range ?? '').trim().split(/\s+/).map(Number);
      if (from === undefined || to === undefined) return { status: 'ok', detail: 'TCP and UDP can be bound' };
      const detail = `${to - from + 1} ephemeral ports (${from} to ${to})`;
      if (to - from + 1 >= PORTS_WANTED) return { status: 'ok', detail };
      const mend = 'sysctl -w net.ipv4.ip_local_port_range="10000 65535"';
      return { status: 'warning', detail: `${detail}: too few for large runs`, mend };
    },
  };
}
