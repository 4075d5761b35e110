import type { types as mediasoup } from 'mediasoup';
import type { BridgeNotifications } from '../bridge/protocol.ts';
import { RpcError } from '../rpc.ts';
import type {
  ProducerInfo,
  SignallingNotification,
  SignallingNotifications,
} from '../signalling/protocol.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { RoomPipes } from './pipes.ts';

/** A participant as its room sees it. */
export interface Member {
  readonly participantId: string;
  readonly bridge: BridgeProcess;
  notify<N extends SignallingNotification>(name: N, params: SignallingNotifications[N]): void;
  close(code: number, reason: string): void;
}

export interface RoomProducer extends ProducerInfo {
  bridge: BridgeProcess;
}

type Levels = BridgeNotifications['audioLevels']['levels'];

/** A room over all its bridges: who is in it, what they publish, and which bridges have a part of it. */
export class Room {
  readonly name: string;
  readonly #members = new Map<string, Member>();
  readonly #producers = new Map<string, RoomProducer>();
  readonly #parts = new Map<BridgeProcess, Promise<mediasoup.RtpCapabilities>>();
  readonly #closing = new Map<BridgeProcess, Promise<unknown>>();
  readonly #levels = new Map<BridgeProcess, Levels>();
  readonly #pipes: RoomPipes;
  #speaking: string[] = [];

  constructor(name: string) {
    this.name = name;
    this.#pipes = new RoomPipes(name);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  get members(): Iterable<Member> {
    return this.#members.values();
  }

  get speaking(): readonly string[] {
    return this.#speaking;
  }

  member(participantId: string): Member | undefined {
    return this.#members.get(participantId);
  }

  /** From here on the bridge keeps its part of the room. */
  enter(member: Member): void {
    this.#members.set(member.participantId, member);
  }

  /** Opens the room on the bridge where it is not open yet. */
  async open(bridge: BridgeProcess): Promise<mediasoup.RtpCapabilities> {
    const existing = this.#parts.get(bridge);
    if (existing !== undefined) return existing;
    const opening = this.#openPart(bridge);
    this.#parts.set(bridge, opening);
    opening.catch(() => this.#parts.delete(bridge));
    return opening;
  }

  producersFor(participantId: string): ProducerInfo[] {
    return [...this.#producers.values()]
      .filter((producer) => producer.participantId !== participantId)
      .map(({ producerId, participantId: publisher, kind, source }) => ({
        producerId,
        participantId: publisher,
        kind,
        source,
      }));
  }

  producer(producerId: string): RoomProducer {
    const producer = this.#producers.get(producerId);
    if (producer !== undefined) return producer;
    throw new RpcError('unknown-producer', `unknown producer: ${producerId}`);
  }

  addProducer(producer: RoomProducer): void {
    this.#producers.set(producer.producerId, producer);
    const { bridge, ...info } = producer;
    this.#tell(producer.participantId, 'newProducer', info);
  }

  async setProducerPaused(producerId: string, paused: boolean): Promise<void> {
    const action = paused ? 'pauseProducer' : 'resumeProducer';
    await this.producer(producerId).bridge.call(action, { room: this.name, producerId });
    await this.#pipes.mirror(producerId, action);
  }

  async closeProducer(producerId: string): Promise<void> {
    const { bridge, participantId } = this.producer(producerId);
    this.#forgetProducer(producerId, participantId);
    await bridge.call('closeProducer', { room: this.name, producerId });
  }

  /** Makes a producer available on a bridge: it is there already, or is piped. */
  async bringTo(producer: RoomProducer, bridge: BridgeProcess): Promise<void> {
    if (producer.bridge !== bridge) await this.#pipes.ensure(producer.producerId, producer.bridge, bridge);
  }

  /**
   * The participant is gone, and so is the bridge's part of the room when it was the last one there. Resolves
   * when the bridge has cleared up.
   */
  async leave(member: Member): Promise<void> {
    if (this.#members.get(member.participantId) !== member) return;
    this.#members.delete(member.participantId);
    this.#forgetProducersOf(member.participantId);
    const { bridge } = member;
    await bridge
      .call('removeParticipant', { room: this.name, participantId: member.participantId })
      .catch(() => {});
    if (![...this.#members.values()].some((other) => other.bridge === bridge)) await this.#closePart(bridge);
  }

  /** Takes everything out that was on a dead bridge; returns who was there. */
  dropBridge(bridge: BridgeProcess): Member[] {
    const lost = [...this.#members.values()].filter((member) => member.bridge === bridge);
    this.#parts.delete(bridge);
    this.#pipes.dropBridge(bridge);
    for (const member of lost) {
      this.#members.delete(member.participantId);
      this.#forgetProducersOf(member.participantId);
    }
    this.setLevels(bridge, []);
    this.#levels.delete(bridge);
    return lost;
  }

  /** Puts the levels of all bridges in one order and tells who speaks when that has changed. */
  setLevels(bridge: BridgeProcess, levels: Levels): void {
    this.#levels.set(bridge, levels);
    const participantIds = [...this.#levels.values()]
      .flat()
      .sort((a, b) => b.levelDbov - a.levelDbov)
      .map(({ participantId }) => participantId);
    if (participantIds.join(' ') === this.#speaking.join(' ')) return;
    this.#speaking = participantIds;
    this.#tell(null, 'activeSpeakers', { participantIds });
  }

  async #openPart(bridge: BridgeProcess): Promise<mediasoup.RtpCapabilities> {
    await this.#closing.get(bridge);
    return (await bridge.call('openRoom', { room: this.name })).routerRtpCapabilities;
  }

  async #closePart(bridge: BridgeProcess): Promise<void> {
    const part = this.#parts.get(bridge);
    if (part === undefined) return;
    this.#parts.delete(bridge);
    this.#levels.delete(bridge);
    this.#pipes.dropBridge(bridge);
    const closing = part.then(() => bridge.call('closeRoom', { room: this.name })).catch(() => {});
    this.#closing.set(bridge, closing);
    await closing;
    if (this.#closing.get(bridge) === closing) this.#closing.delete(bridge);
  }

  #forgetProducersOf(participantId: string): void {
    for (const producer of this.#producers.values()) {
      if (producer.participantId === participantId) this.#forgetProducer(producer.producerId, participantId);
    }
  }

  #forgetProducer(producerId: string, participantId: string): void {
    this.#producers.delete(producerId);
    void this.#pipes.mirror(producerId, 'closeProducer');
    this.#tell(participantId, 'producerClosed', { producerId });
  }

  #tell<N extends SignallingNotification>(
    except: string | null,
    name: N,
    params: SignallingNotifications[N],
  ): void {
    for (const member of this.#members.values()) {
      if (member.participantId !== except) member.notify(name, params);
    }
  }
}
