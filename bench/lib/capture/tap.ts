import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';

export interface Datagram {
  /** Monotonic milliseconds. */
  atMs: number;
  direction: 'to-sfu' | 'from-sfu';
  data: Buffer;
}

/** Everything that one socket of a participant sent and received, in order. */
export interface Conversation {
  clientPort: number;
  datagrams: Datagram[];
}

export interface SignallingRequest {
  method: string;
  params: unknown;
}

/**
 * Stands between participants and a bridge: what goes over the wire is written down without any privilege. It serves
 * signalling too, and puts itself into the place of the bridge's candidates there.
 */
export interface Tap {
  /** The participant's way through the tap, for what the cluster said. */
  urlFor(url: string): string;
  readonly conversations: readonly Conversation[];
  /** What participants asked the cluster, in order. */
  readonly requests: readonly SignallingRequest[];
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

export async function openTap(): Promise<Tap> {
  const conversations: Conversation[] = [];
  const requests: SignallingRequest[] = [];
  const relays: { port: number; candidate: string; close(): void }[] = [];

  /** A relay of its own for every candidate of the bridge. */
  const relayFor = async (host: string, port: number): Promise<number> => {
    const candidate = `${host}:${port}`;
    const known = relays.find((relay) => relay.candidate === candidate);
    if (known !== undefined) return known.port;
    const relay = await openRelay(host, port, conversations);
    relays.push({ ...relay, candidate });
    return relay.port;
  };

  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const sockets = new Set<WebSocket>();
  server.on('connection', (inner, request) => {
    const target = new URL(request.url ?? '/', 'ws://tap').searchParams.get('to') ?? '';
    const outer = new WebSocket(target);
    const early: string[] = [];
    sockets.add(inner).add(outer);
    inner.on('message', (data) => {
      const text = String(data);
      requests.push(JSON.parse(text) as SignallingRequest);
      if (outer.readyState === WebSocket.OPEN) outer.send(text);
      else early.push(text);
    });
    outer.on('open', () => {
      for (const text of early) outer.send(text);
    });
    // One after the other, for the order of answers and notifications matters.
    let told = Promise.resolve();
    outer.on('message', (data) => {
      told = told.then(async () => inner.send(await withOurCandidates(String(data), relayFor)));
    });
    inner.on('close', () => outer.close());
    outer.on('close', () => inner.close());
    for (const socket of [inner, outer]) socket.on('error', () => socket.terminate());
  });
  http.listen(0, HOST);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    urlFor: (url) => `ws://${HOST}:${port}/?to=${encodeURIComponent(url)}`,
    conversations,
    requests,
    async close() {
      for (const socket of sockets) socket.terminate();
      for (const relay of relays) relay.close();
      server.close();
      http.close();
      await once(http, 'close');
    },
  };
}

/** The answer to `createTransport` with the tap's ports instead of the bridge's; any other text as it is. */
async function withOurCandidates(
  text: string,
  relayFor: (host: string, port: number) => Promise<number>,
): Promise<string> {
  const message = JSON.parse(text) as { result?: { iceCandidates?: Candidate[] } };
  const candidates = message.result?.iceCandidates;
  if (candidates === undefined) return text;
  for (const candidate of candidates) {
    candidate.port = await relayFor(candidate.address ?? candidate.ip, candidate.port);
    candidate.ip = HOST;
    if (candidate.address !== undefined) candidate.address = HOST;
  }
  return JSON.stringify(message);
}

interface Candidate {
  ip: string;
  address?: string;
  port: number;
}

async function openRelay(
  host: string,
  port: number,
  conversations: Conversation[],
): Promise<{ port: number; close(): void }> {
  const server = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  const clients = new Map<number, { socket: Socket; conversation: Conversation }>();

  const clientOf = (from: RemoteInfo) => {
    const known = clients.get(from.port);
    if (known !== undefined) return known;
    const client = {
      socket: createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 }),
      conversation: { clientPort: from.port, datagrams: [] as Datagram[] },
    };
    clients.set(from.port, client);
    conversations.push(client.conversation);
    client.socket.on('message', (data) => {
      client.conversation.datagrams.push({ atMs: performance.now(), direction: 'from-sfu', data });
      server.send(data, from.port, from.address);
    });
    client.socket.on('error', () => {});
    return client;
  };

  server.on('message', (data, from) => {
    const { socket, conversation } = clientOf(from);
    conversation.datagrams.push({ atMs: performance.now(), direction: 'to-sfu', data });
    socket.send(data, port, host);
  });
  server.bind(0, HOST);
  await once(server, 'listening');
  return {
    port: server.address().port,
    close() {
      server.close();
      for (const { socket } of clients.values()) socket.close();
    },
  };
}
