import type { TransportInfo } from '../../cluster/signalling/protocol.ts';
import type {
  PacketLoop,
  PacketSocket,
  ReceiveExtensions,
  SrtpKeys,
  SrtpProfile,
} from '../../packets/types.ts';
import type { Certificate } from './dtls/certificate.ts';
import { DtlsClient } from './dtls/client.ts';
import { IceAgent } from './ice/agent.ts';
import { parseRtcp, type RtcpItem } from './rtcp/parse.ts';
import type { Scheduler, Task } from './scheduler.ts';

/** How often timers of ICE and DTLS are looked at, before and after the transport is connected. */
const CONNECTING_TICK_MS = 20;
const CONNECTED_TICK_MS = 500;
/** Enough for a key frame of the highest layer of several publishers at once. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** What the transports of a shard share. */
export interface TransportContext {
  loop: PacketLoop;
  scheduler: Scheduler;
  certificate: Certificate;
  profiles: readonly SrtpProfile[];
  nowMs(): number;
  random(): number;
  /** Whose datagrams a socket's are. */
  bySocket: Map<number, MediaTransport>;
  /** Those whose ICE and DTLS are under way. */
  connecting: Set<MediaTransport>;
}

export interface TransportEvents {
  onRtcp(item: RtcpItem, receivedAtMs: number): void;
  onLost(reason: string): void;
}

/** One WebRTC transport: a socket, ICE, DTLS and then RTP and RTCP, protected by the packet loop. */
export class MediaTransport implements Task {
  readonly transportId: string;
  readonly socket: PacketSocket;
  /** SSRC of reports that no own media stream is the sender of. */
  readonly reportSsrc: number;
  /** When ICE found the path to work; 0 before that. */
  iceAtMs = 0;
  readonly #context: TransportContext;
  readonly #events: TransportEvents;
  readonly #ice: IceAgent;
  readonly #dtls: DtlsClient;
  #connected = false;
  #closed = false;
  #abort: (reason: Error) => void = () => {};

  private constructor(
    context: TransportContext,
    info: TransportInfo,
    socket: PacketSocket,
    remote: Endpoint,
    events: TransportEvents,
  ) {
    this.#context = context;
    this.#events = events;
    this.transportId = info.transportId;
    this.socket = socket;
    this.reportSsrc = 1 + Math.floor(context.random() * 0xfffffffe);
    const { loop, nowMs, random } = context;
    const send = (data: Buffer) => loop.sendControl(socket.id, data);
    this.#ice = new IceAgent({
      remote: {
        usernameFragment: info.iceParameters.usernameFragment,
        password: info.iceParameters.password,
      },
      remoteAddress: remote,
      send,
      nowMs,
      random,
    });
    this.#dtls = new DtlsClient({
      certificate: context.certificate,
      fingerprints: info.dtlsParameters.fingerprints,
      profiles: context.profiles,
      send,
      nowMs,
      onClosed: (reason) => this.#lost(reason),
    });
  }

  /** Opens the socket towards the SFU's preferred UDP candidate and begins to check it. */
  static async open(
    context: TransportContext,
    info: TransportInfo,
    recordArrivals: boolean,
    events: TransportEvents,
  ): Promise<MediaTransport> {
    const remote = chooseCandidate(info);
    const socket = await context.loop.open({
      ...remote,
      recordArrivals,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
    });
    const transport = new MediaTransport(context, info, socket, remote, events);
    context.bySocket.set(socket.id, transport);
    context.connecting.add(transport);
    context.scheduler.add(transport, context.nowMs());
    return transport;
  }

  get roundTripTimeMs(): number | null {
    return this.#ice.roundTripTimeMs;
  }

  /** Resolves with the keys in use; rejects with the signal's reason or what ICE or DTLS found wrong. */
  async connect(receiveExtensions: ReceiveExtensions, signal: AbortSignal): Promise<SrtpKeys> {
    const { nowMs, loop } = this.#context;
    const aborted = new Promise<never>((_, reject) => {
      this.#abort = reject;
    });
    aborted.catch(() => {});
    const abort = () => this.#abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([this.#ice.connected, aborted]);
      this.iceAtMs = nowMs();
      this.#dtls.start();
      const keys = await Promise.race([this.#dtls.keys, aborted]);
      loop.setKeys(this.socket.id, keys, receiveExtensions);
      this.#connected = true;
      this.#context.connecting.delete(this);
      return keys;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  run(dueMs: number): number | null {
    if (this.#closed) return null;
    if (!this.#ice.tick()) this.#lost('ICE consent expired: the SFU does not answer any more');
    this.#dtls.tick();
    return dueMs + (this.#connected ? CONNECTED_TICK_MS : CONNECTING_TICK_MS);
  }

  receiveControl(data: Buffer, receivedAtMs: number): void {
    if ((data[0] ?? 0) < 4) this.#ice.receive(data, receivedAtMs);
    else this.#dtls.receive(data);
  }

  receiveRtcp(packet: Buffer, receivedAtMs: number): void {
    for (const item of parseRtcp(packet)) this.#events.onRtcp(item, receivedAtMs);
  }

  sendRtcp(...packets: Buffer[]): void {
    if (this.#connected && !this.#closed) {
      this.#context.loop.sendRtcp(this.socket.id, Buffer.concat(packets));
    }
  }

  /** Says good-bye to the peer and closes the socket. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dtls.close();
    this.#context.bySocket.delete(this.socket.id);
    this.#context.connecting.delete(this);
    this.#context.loop.close(this.socket.id);
    this.#abort(new Error('the transport was closed'));
  }

  #lost(reason: string): void {
    if (this.#closed) return;
    if (this.#connected) this.#events.onLost(reason);
    else this.#abort(new Error(reason));
  }
}

interface Endpoint {
  address: string;
  port: number;
}

function chooseCandidate({ iceCandidates }: TransportInfo): Endpoint {
  const [best] = iceCandidates
    .filter((candidate) => candidate.protocol === 'udp')
    .sort((a, b) => b.priority - a.priority);
  if (best === undefined) throw new Error('the SFU offers no UDP candidate');
  return { address: best.address ?? best.ip, port: best.port };
}
