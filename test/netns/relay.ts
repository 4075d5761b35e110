import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** What the relay does to datagrams on their way to the server; the way back and TCP are left alone. */
export interface RelayOptions {
  target: { host: string; port: number };
  delayMs?: number;
  /** Each packet is delayed by `delayMs` plus a uniform value from -jitterMs to +jitterMs, order kept or not. */
  jitterMs?: number;
  /** A packet may overtake others; default false: it leaves no earlier than the one before it. */
  allowReordering?: boolean;
  /** Share that is held back until `reorderBy` later packets have passed, 0 to 1. */
  reorderRatio?: number;
  reorderBy?: number;
  lossRatio?: number;
  duplicateRatio?: number;
  /** When a packet was sent, where it tells; default: when it came in. Only differences are used. */
  sentMsOf?: (data: Buffer) => number;
  /** 0 to 1, for repeatable runs. */
  random?: () => number;
}

export interface RelayCounts {
  received: number;
  dropped: number;
  duplicated: number;
  reordered: number;
  /** RFC 3550 interarrival jitter of what left the relay, mean over its packets, ms. */
  injectedJitterMs: number;
  forwarded: number;
}

/** TCP and UDP on one port, towards one on the target: a path with faults that needs no privileges. */
export interface Relay {
  readonly port: number;
  readonly counts: RelayCounts;
  close(): Promise<void>;
}

interface Held {
  dueMs: number;
  sentMs: number;
  data: Buffer;
  client: Client;
}

interface Client {
  socket: Socket;
}

const DEFAULT_REORDER_BY = 3;

export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { target, random = Math.random } = options;
  const tcp = createServer((inner) => {
    const outer = connect(target.port, target.host);
    inner.pipe(outer).pipe(inner);
    inner.on('error', () => outer.destroy());
    outer.on('error', () => inner.destroy());
  });
  const udp = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  const port = await listen(tcp, udp);
  const clients = new Map<string, Client>();
  const counts: RelayCounts = {
    received: 0,
    dropped: 0,
    duplicated: 0,
    reordered: 0,
    injectedJitterMs: 0,
    forwarded: 0,
  };
  const queue: Held[] = [];
  let heldBack: { held: Held; after: number } | null = null;
  let lastDueMs = 0;
  let jitterMs = 0;
  let jitterSum = 0;
  let lastTransitMs: number | null = null;
  let timer: NodeJS.Immediate | NodeJS.Timeout | null = null;
  let closed = false;

  const clientOf = ({ address, port: from }: RemoteInfo): Client => {
    const key = `${address}:${from}`;
    const known = clients.get(key);
    if (known !== undefined) return known;
    const socket = createSocket('udp4');
    socket.on('message', (data) => udp.send(data, from, address));
    socket.on('error', () => {});
    const client = { socket };
    clients.set(key, client);
    return client;
  };

  const note = (transitMs: number) => {
    counts.forwarded += 1;
    if (lastTransitMs !== null) {
      jitterMs += (Math.abs(transitMs - lastTransitMs) - jitterMs) / 16;
      jitterSum += jitterMs;
      counts.injectedJitterMs = jitterSum / (counts.forwarded - 1);
    }
    lastTransitMs = transitMs;
  };

  const cancel = () => {
    if (timer === null) return;
    clearTimeout(timer as NodeJS.Timeout);
    clearImmediate(timer as NodeJS.Immediate);
    timer = null;
  };

  const pump = () => {
    timer = null;
    const now = performance.now();
    while (queue[0] !== undefined && queue[0].dueMs <= now) {
      const held = queue.shift();
      if (held === undefined) continue;
      held.client.socket.send(held.data, target.port, target.host);
      note(performance.now() - held.sentMs);
    }
    const next = queue[0];
    if (next === undefined || closed) return;
    // Timers are a millisecond coarse: the last stretch is spun.
    timer = next.dueMs - now > 3 ? setTimeout(pump, next.dueMs - now - 2) : setImmediate(pump);
  };

  const enqueue = (held: Held) => {
    let at = queue.length;
    while (at > 0 && (queue[at - 1]?.dueMs ?? 0) > held.dueMs) at -= 1;
    queue.splice(at, 0, held);
    // The timer that runs is for what was first until now.
    if (timer === null || at === 0) {
      cancel();
      pump();
    }
  };

  udp.on('message', (data, from) => {
    counts.received += 1;
    const now = performance.now();
    const spread = options.jitterMs === undefined ? 0 : (random() * 2 - 1) * options.jitterMs;
    let dueMs = now + Math.max(0, (options.delayMs ?? 0) + spread);
    if (options.allowReordering !== true) dueMs = Math.max(dueMs, lastDueMs);
    lastDueMs = dueMs;
    if (random() < (options.lossRatio ?? 0)) {
      counts.dropped += 1;
      return;
    }
    const sentMs = options.sentMsOf?.(data) ?? now;
    const held: Held = { dueMs, sentMs, data: Buffer.from(data), client: clientOf(from) };
    if (heldBack === null && random() < (options.reorderRatio ?? 0)) {
      counts.reordered += 1;
      heldBack = { held, after: options.reorderBy ?? DEFAULT_REORDER_BY };
      return;
    }
    enqueue(held);
    if (heldBack !== null && --heldBack.after <= 0) {
      enqueue({ ...heldBack.held, dueMs: held.dueMs });
      heldBack = null;
    }
    if (random() < (options.duplicateRatio ?? 0)) {
      counts.duplicated += 1;
      enqueue(held);
    }
  });

  return {
    port,
    counts,
    async close() {
      closed = true;
      cancel();
      for (const { socket } of clients.values()) socket.close();
      udp.close();
      tcp.close();
    },
  };
}

/** The same free port number on TCP and UDP. */
async function listen(tcp: Server, udp: Socket): Promise<number> {
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return port;
}
