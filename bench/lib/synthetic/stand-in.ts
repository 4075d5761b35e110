import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { ConsumerInfo, TransportInfo } from '../../../src/cluster/signalling/protocol.ts';
import { SocketDescriptor } from '../../../src/packets/descriptor.ts';
import { classify } from '../../../src/packets/rtp-header.ts';
import { MediaStream } from './stand-in-media.ts';

const HOST = '127.0.0.1';
const TICK_MS = 1;
/** Further behind than this, the source drops what it owes and says so: it is what limits. */
const MAX_BEHIND_MS = 100;
const BUFFER_BYTES = 1024 * 1024;

interface DatagramAddon {
  datagramSend(fd: number, data: Buffer, lengths: Uint32Array, count: number, offload: number): number;
}

/** One transport between a participant and the SFU. */
interface Path {
  /** Sockets towards the participant and towards the SFU. */
  near: Socket;
  far: Socket;
  /** Of `near`, once it is connected to the participant. */
  fd: number | null;
  media: MediaStream;
}

/**
 * Stands between participants and an SFU, whose own limit is far below a generator's. Signalling, ICE, DTLS and RTCP
 * pass through to the SFU and back. Media do not: consumers stay paused there, and the packets that they would bring
 * are made here, many a system call, at the rate of the real ones. Their payload is no SRTP (the keys are the
 * participant's and the SFU's), so every tag that is checked is wrong and no key frame is found.
 */
export class StandIn implements AsyncDisposable {
  packetsSent = 0;
  /** Times it could not keep up with its own schedule. */
  fellBehind = 0;
  readonly #addon: DatagramAddon;
  readonly #server: WebSocketServer;
  readonly #paths = new Map<string, Path>();
  readonly #timer: NodeJS.Timeout;
  readonly #cursors = MediaStream.kinds.map((kind) => ({ kind, done: 0, next: 0 }));
  #lastMs = performance.now();

  private constructor(addonFile: string, server: WebSocketServer) {
    this.#addon = createRequire(import.meta.url)(addonFile) as DatagramAddon;
    this.#server = server;
    server.on('connection', (near, request) => this.#signalling(near, request.url ?? ''));
    this.#timer = setInterval(() => this.#send(), TICK_MS);
  }

  static async open(addonFile: string): Promise<StandIn> {
    const server = new WebSocketServer({ host: HOST, port: 0 });
    await once(server, 'listening');
    return new StandIn(addonFile, server);
  }

  /** Put before a signalling URL, it leads through here. */
  get urlPrefix(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the stand-in does not listen');
    return `ws://${HOST}:${address.port}/?to=`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const client of this.#server.clients) client.terminate();
    for (const transportId of [...this.#paths.keys()]) this.#close(transportId);
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #signalling(near: WebSocket, url: string): void {
    const far = new WebSocket(new URL(url, 'ws://stand-in').searchParams.get('to') ?? '');
    const opened = once(far, 'open');
    const asked = new Map<number, { method: string; params: { transportId?: string } }>();
    const own: string[] = [];
    let order: Promise<unknown> = opened;
    const end = () => {
      near.close();
      far.close();
      for (const transportId of own.splice(0)) this.#close(transportId);
    };
    for (const socket of [near, far]) {
      socket.on('close', end);
      socket.on('error', end);
    }
    opened.catch(end);
    near.on('message', (data: RawData) => {
      const message = JSON.parse(String(data));
      if (message.method === 'resumeConsumer') {
        near.send(JSON.stringify({ id: message.id, result: {} }));
        return;
      }
      asked.set(message.id, message);
      opened.then(
        () => far.send(String(data)),
        () => {},
      );
    });
    far.on('message', (data: RawData) => {
      const answer = JSON.parse(String(data));
      const question = asked.get(answer.id);
      asked.delete(answer.id);
      // One after the other, for sockets take a moment to open.
      order = order.then(async () => {
        if (question?.method === 'createTransport' && answer.result !== undefined) {
          own.push(answer.result.transportId);
          await this.#open(answer.result);
        }
        if (question?.method === 'consume' && answer.result !== undefined) {
          this.#consume(question.params.transportId ?? '', answer.result);
        }
        near.send(JSON.stringify(answer));
      });
      order.catch(end);
    });
  }

  /** Puts a path of our own in the place of the SFU's candidates. */
  async #open(info: TransportInfo): Promise<void> {
    const candidate = info.iceCandidates.find(({ protocol }) => protocol === 'udp');
    if (candidate === undefined) throw new Error('the SFU offers no UDP candidate');
    const near = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES });
    const far = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES });
    const path: Path = { near, far, fd: null, media: new MediaStream() };
    for (const socket of [near, far]) socket.on('error', () => {});
    near.bind(0, HOST);
    far.connect(candidate.port, candidate.ip);
    await Promise.all([once(near, 'listening'), once(far, 'connect')]);
    near.once('message', (_, { port, address }) => {
      near.connect(port, address, () => {
        path.fd = SocketDescriptor.of(near)?.fd ?? null;
      });
    });
    near.on('message', (packet) => {
      if (classify(packet, packet.length) !== 'rtp') far.send(packet);
    });
    far.on('message', (packet) => {
      if (path.fd !== null) near.send(packet);
    });
    this.#paths.set(info.transportId, path);
    const { port } = near.address();
    info.iceCandidates = [{ ...candidate, ip: HOST, address: HOST, port }];
  }

  #consume(transportId: string, consumer: ConsumerInfo): void {
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    const payloadType = consumer.rtpParameters.codecs[0]?.payloadType;
    if (ssrc === undefined || payloadType === undefined) return;
    this.#paths.get(transportId)?.media.add(consumer.kind, ssrc, payloadType);
  }

  #close(transportId: string): void {
    const path = this.#paths.get(transportId);
    this.#paths.delete(transportId);
    if (path === undefined) return;
    path.fd = null;
    path.near.close();
    path.far.close();
  }

  /** Paths take turns, so that what is due in an interval is spread over it. */
  #send(): void {
    const nowMs = performance.now();
    let elapsedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (elapsedMs > MAX_BEHIND_MS) {
      this.fellBehind += 1;
      elapsedMs = MAX_BEHIND_MS;
    }
    const paths = [...this.#paths.values()];
    if (paths.length === 0) return;
    for (const cursor of this.#cursors) {
      cursor.done += (elapsedMs / MediaStream.intervalMs(cursor.kind)) * paths.length;
      for (; cursor.done >= 1; cursor.done -= 1) {
        cursor.next = (cursor.next + 1) % paths.length;
        const path = paths[cursor.next];
        if (path === undefined || path.fd === null) continue;
        const batch = path.media.next(cursor.kind);
        if (batch === null) continue;
        const sent = this.#addon.datagramSend(path.fd, batch.data, batch.lengths, batch.lengths.length, 1);
        this.packetsSent += Math.max(0, sent);
      }
    }
  }
}
