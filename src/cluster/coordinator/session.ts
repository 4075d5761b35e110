import type { types as mediasoup } from 'mediasoup';
import type { WebSocket } from 'ws';
import { RpcError, type RpcHandlers, serveRpc } from '../rpc.ts';
import type {
  SignallingMethods,
  SignallingNotification,
  SignallingNotifications,
} from '../signalling/protocol.ts';
import { REQUEST, REQUEST_PARAMS } from '../signalling/requests.ts';
import type { BridgeProcess } from './bridge-process.ts';
import type { Member, Room } from './room.ts';

/** Why the cluster ends a participant's connection; private codes of RFC 6455, section 7.4.2. */
export const CloseCode = { goingAway: 1001, badRequest: 4000, bridgeLost: 4001, replaced: 4002 } as const;

/** One participant's connection: checks what it asks, and asks its bridge. */
export class Session implements Member {
  readonly participantId: string;
  readonly bridge: BridgeProcess;
  readonly #room: Room;
  readonly #socket: WebSocket;
  #joined = false;
  /** News that came while the answer to `join` was on its way; they go after it. */
  #held: object[] | null = null;
  readonly #ownProducers = new Set<string>();
  readonly #consumers = new Set<string>();

  constructor(participantId: string, bridge: BridgeProcess, room: Room, socket: WebSocket) {
    this.participantId = participantId;
    this.bridge = bridge;
    this.#room = room;
    this.#socket = socket;
    serveRpc(
      {
        send: (message) => this.#answer(message),
        onMessage: (listener) => socket.on('message', (data) => this.#receive(String(data), listener)),
      },
      this.#handlers(),
    );
  }

  notify<N extends SignallingNotification>(name: N, params: SignallingNotifications[N]): void {
    if (!this.#joined) return;
    if (name === 'consumerClosed') {
      this.#consumers.delete((params as SignallingNotifications['consumerClosed']).consumerId);
    }
    const message = { notify: name, params };
    if (this.#held !== null) this.#held.push(message);
    else this.#send(message);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  get #isMember(): boolean {
    return this.#room.member(this.participantId) === this;
  }

  #handlers(): RpcHandlers<SignallingMethods> {
    const { bridge } = this;
    const room = this.#room.name;
    const done = async (work: Promise<unknown>) => {
      await work;
      return {};
    };
    return {
      join: () => this.#join(),
      createTransport: () => this.#whenJoined(() => this.#createTransport()),
      connectTransport: (params) =>
        this.#whenJoined(() => done(bridge.call('connectTransport', { room, ...params }))),
      produce: (params) => this.#whenJoined(() => this.#produce(params)),
      pauseProducer: ({ producerId }) => done(this.#own(producerId).setProducerPaused(producerId, true)),
      resumeProducer: ({ producerId }) => done(this.#own(producerId).setProducerPaused(producerId, false)),
      closeProducer: ({ producerId }) => {
        const closing = this.#own(producerId).closeProducer(producerId);
        this.#ownProducers.delete(producerId);
        return done(closing);
      },
      consume: (params) => this.#whenJoined(() => this.#consume(params)),
      resumeConsumer: ({ consumerId }) =>
        done(this.#ofConsumer(consumerId).call('resumeConsumer', { room, consumerId })),
      pauseConsumer: ({ consumerId }) =>
        done(this.#ofConsumer(consumerId).call('pauseConsumer', { room, consumerId })),
      closeConsumer: ({ consumerId }) => {
        const closing = this.#ofConsumer(consumerId).call('closeConsumer', { room, consumerId });
        this.#consumers.delete(consumerId);
        return done(closing);
      },
      setPreferredLayers: ({ consumerId, ...layers }) =>
        done(this.#ofConsumer(consumerId).call('setPreferredLayers', { room, consumerId, layers })),
      requestKeyFrame: ({ consumerId }) =>
        done(this.#ofConsumer(consumerId).call('requestKeyFrame', { room, consumerId })),
      leave: () => done(this.#room.leave(this)),
    };
  }

  async #join(): Promise<SignallingMethods['join']['result']> {
    if (this.#joined) throw new RpcError('already-joined', 'join was asked twice');
    const routerRtpCapabilities: mediasoup.RtpCapabilities = await this.#room.open(this.bridge);
    this.#joined = true;
    this.#held = [];
    const producers = this.#room.producersFor(this.participantId);
    const { speaking } = this.#room;
    if (speaking.length > 0) this.notify('activeSpeakers', { participantIds: [...speaking] });
    return { bridgeId: this.bridge.bridgeId, routerRtpCapabilities, producers };
  }

  async #createTransport(): Promise<SignallingMethods['createTransport']['result']> {
    const { participantId, bridge } = this;
    const room = this.#room.name;
    const transport = await bridge.call('createTransport', { room, participantId });
    if (this.#isMember) return transport;
    // It left while the transport was being made, and nobody else would take that away.
    await bridge.call('removeParticipant', { room, participantId });
    throw new RpcError('not-joined', 'left the room');
  }

  async #produce(params: SignallingMethods['produce']['params']): Promise<{ producerId: string }> {
    const { participantId, bridge } = this;
    const { producerId } = await bridge.call('produce', { room: this.#room.name, participantId, ...params });
    // Whoever left meanwhile is not announced; the bridge has closed it with the transport.
    if (!this.#isMember) throw new RpcError('not-joined', 'left the room');
    const { kind, source } = params;
    this.#ownProducers.add(producerId);
    this.#room.addProducer({ producerId, participantId, kind, source, bridge });
    return { producerId };
  }

  async #consume(
    params: SignallingMethods['consume']['params'],
  ): Promise<SignallingMethods['consume']['result']> {
    const { participantId, bridge } = this;
    const producer = this.#room.producer(params.producerId);
    await this.#room.bringTo(producer, bridge);
    const consumer = await bridge.call('consume', { room: this.#room.name, participantId, ...params });
    this.#consumers.add(consumer.consumerId);
    const { producerId, source, participantId: publisherId } = producer;
    return { ...consumer, producerId, source, publisherId, paused: true };
  }

  #whenJoined<R>(work: () => R): R {
    if (this.#joined && this.#isMember) return work();
    throw new RpcError('not-joined', 'join first');
  }

  #own(producerId: string): Room {
    if (this.#ownProducers.has(producerId)) return this.#room;
    throw new RpcError('unknown-producer', `not a producer of this participant: ${producerId}`);
  }

  #ofConsumer(consumerId: string): BridgeProcess {
    if (this.#consumers.has(consumerId)) return this.bridge;
    throw new RpcError('unknown-consumer', `not a consumer of this participant: ${consumerId}`);
  }

  #receive(text: string, listener: (message: unknown) => void): void {
    let id: number;
    try {
      const request = REQUEST.parse(JSON.parse(text));
      id = request.id;
      const params = REQUEST_PARAMS[request.method].safeParse(request.params);
      if (params.success) listener({ ...request, params: params.data });
      else this.#send({ id, error: { code: 'bad-request', message: params.error.issues[0]?.message ?? '' } });
    } catch {
      this.close(CloseCode.badRequest, 'not a request of this protocol');
    }
  }

  #answer(message: object): void {
    this.#send(message);
    for (const held of this.#held ?? []) this.#send(held);
    this.#held = null;
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
