import type { PacketLoop, PacketSocket, SrtpKeys, SrtpProfile } from '../../packets/types.ts';
import type { Certificate } from './dtls/certificate.ts';
import { DtlsClient, type Fingerprint } from './dtls/client.ts';
import { IceAgent, type IceCredentials, iceCredentials } from './ice/agent.ts';
import type { ExtensionIds } from './negotiation.ts';
import type { Candidate, LocalEnd, RemoteEnd } from './rooms/types.ts';
import type { RtcpCensus } from './rtcp/census.ts';
import { parseRtcp, type RtcpItem } from './rtcp/parse.ts';
import type { Scheduler, Task } from './scheduler.ts';

/** How often timers of ICE and DTLS are looked at until the transport is connected. */
const CONNECTING_TICK_MS = 20;
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
  /** Counts RTCP by type; null where nobody asks. */
  rtcpCensus: RtcpCensus | null;
  /** Those whose ICE and DTLS are under way. */
  connecting: Set<MediaTransport>;
}

export interface TransportEvents {
  onRtcp(item: RtcpItem, receivedAtMs: number): void;
  onLost(reason: string): void;
}

/** What there is of a transport once its other end is known. */
interface Path {
  socket: PacketSocket;
  ice: IceAgent;
  dtls: DtlsClient;
}

/** One WebRTC transport: a socket, ICE, DTLS and then RTP and RTCP, protected by the packet loop. */
export class MediaTransport implements Task, LocalEnd {
  readonly leisurely = true;
  readonly ice: IceCredentials = iceCredentials();
  /** SSRC of reports that no own media stream is the sender of. */
  readonly reportSsrc: number;
  /** Resolves with the keys in use; rejects with what ICE or DTLS found wrong. Pending until it is opened. */
  readonly connected: Promise<SrtpKeys>;
  /** When its other end became known, and when ICE found the path to work; 0 before that. */
  openedAtMs = 0;
  iceAtMs = 0;
  readonly #context: TransportContext;
  readonly #recordArrivals: boolean;
  readonly #events: TransportEvents;
  #path: Path | null = null;
  #extensions: ExtensionIds = {};
  #isConnected = false;
  #closed = false;
  #succeed: (keys: SrtpKeys) => void = () => {};
  #fail: (reason: Error) => void = () => {};

  constructor(context: TransportContext, recordArrivals: boolean, events: TransportEvents) {
    this.#context = context;
    this.#recordArrivals = recordArrivals;
    this.#events = events;
    this.reportSsrc = 1 + Math.floor(context.random() * 0xfffffffe);
    this.connected = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    this.connected.catch(() => {});
  }

  get fingerprint(): Fingerprint {
    return { algorithm: 'sha-256', value: this.#context.certificate.sha256 };
  }

  get isOpen(): boolean {
    return this.#path !== null;
  }

  /** Only an open transport has one. */
  get socket(): PacketSocket {
    if (this.#path === null) throw new Error('the transport was not opened');
    return this.#path.socket;
  }

  /** Header extensions of what is received; empty before it is opened. */
  get extensions(): ExtensionIds {
    return this.#extensions;
  }

  get roundTripTimeMs(): number | null {
    return this.#path?.ice.roundTripTimeMs ?? null;
  }

  /** Opens the socket towards the SFU's preferred UDP candidate and begins to check it. */
  async open({ ice, candidates, fingerprints, extensions }: RemoteEnd): Promise<void> {
    const { loop, nowMs, random, certificate, profiles, bySocket, connecting, scheduler } = this.#context;
    const remoteAddress = preferred(candidates);
    const socket = await loop.open({
      ...remoteAddress,
      recordArrivals: this.#recordArrivals,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
    });
    if (this.#closed) {
      loop.close(socket.id);
      throw new Error('the transport was closed');
    }
    const send = (data: Buffer) => loop.sendControl(socket.id, data);
    const path: Path = {
      socket,
      ice: new IceAgent({ local: this.ice, remote: ice, remoteAddress, send, nowMs, random }),
      dtls: new DtlsClient({
        certificate,
        fingerprints,
        profiles,
        send,
        nowMs,
        onClosed: (reason) => this.#lost(reason),
      }),
    };
    this.#path = path;
    this.#extensions = extensions;
    this.openedAtMs = nowMs();
    bySocket.set(socket.id, this);
    connecting.add(this);
    scheduler.add(this, nowMs());
    this.#connect(path).then(this.#succeed, this.#fail);
  }

  async #connect({ socket, ice, dtls }: Path): Promise<SrtpKeys> {
    const { nowMs, loop, connecting } = this.#context;
    await ice.connected;
    if (this.#closed) throw new Error('the transport was closed');
    this.iceAtMs = nowMs();
    dtls.start();
    const keys = await dtls.keys;
    if (this.#closed) throw new Error('the transport was closed');
    const { transportSequence = null, captureTime = null } = this.#extensions;
    loop.setKeys(socket.id, keys, { transportSequenceId: transportSequence, captureTimeId: captureTime });
    this.#isConnected = true;
    connecting.delete(this);
    return keys;
  }

  run(dueMs: number): number | null {
    const path = this.#path;
    if (this.#closed || path === null) return null;
    if (!path.ice.tick()) {
      this.#lost('ICE consent expired: the SFU does not answer any more');
      return null;
    }
    if (this.#isConnected) return path.ice.nextTickMs;
    path.dtls.tick();
    return dueMs + CONNECTING_TICK_MS;
  }

  receiveControl(data: Buffer, receivedAtMs: number): void {
    if ((data[0] ?? 0) < 4) this.#path?.ice.receive(data, receivedAtMs);
    else this.#path?.dtls.receive(data);
  }

  receiveRtcp(packet: Buffer, receivedAtMs: number): void {
    this.#context.rtcpCensus?.count('received', packet);
    for (const item of parseRtcp(packet)) this.#events.onRtcp(item, receivedAtMs);
  }

  /** Sends one or several packets as one compound. */
  sendRtcp(...packets: [Buffer, ...Buffer[]]): void {
    if (!this.#isConnected || this.#closed) return;
    const compound = packets.length === 1 ? packets[0] : Buffer.concat(packets);
    this.#context.rtcpCensus?.count('sent', compound);
    this.#context.loop.sendRtcp(this.socket.id, compound);
  }

  /** Says good-bye to the peer and closes the socket. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fail(new Error('the transport was closed'));
    if (this.#path === null) return;
    const { socket, dtls } = this.#path;
    dtls.close();
    this.#context.bySocket.delete(socket.id);
    this.#context.connecting.delete(this);
    this.#context.loop.close(socket.id);
  }

  #lost(reason: string): void {
    if (this.#closed) return;
    if (this.#isConnected) this.#events.onLost(reason);
    else this.#fail(new Error(reason));
  }
}

function preferred(candidates: readonly Candidate[]): { address: string; port: number } {
  const [best] = candidates
    .filter((candidate) => candidate.protocol === 'udp')
    .sort((a, b) => b.priority - a.priority);
  if (best === undefined) throw new Error('the SFU offers no UDP candidate');
  return { address: best.address, port: best.port };
}
