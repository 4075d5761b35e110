import type { types as mediasoup } from 'mediasoup';
import type { PadReading } from '../../targets/types.ts';
import { RpcError } from '../rpc.ts';
import { AudioLevels } from './audio-levels.ts';
import { withoutBandwidthFeedback } from './bandwidth-feedback.ts';
import type { Ledger } from './ledger.ts';
import { PipeEnds } from './pipe-ends.ts';
import type { BridgeMethods, BridgeNotifications, BridgeSettings } from './protocol.ts';
import { RoomMedia } from './room-media.ts';

export type Notify = <N extends keyof BridgeNotifications>(name: N, params: BridgeNotifications[N]) => void;

type Params<M extends keyof BridgeMethods> = BridgeMethods[M]['params'];
type Result<M extends keyof BridgeMethods> = BridgeMethods[M]['result'];

export interface RoomParts {
  room: string;
  router: mediasoup.Router;
  webRtcServer: mediasoup.WebRtcServer;
  settings: BridgeSettings;
  ledger: Ledger;
  notify: Notify;
  /** Whether the worker sends the feedback on bandwidth that its routers offer. */
  bandwidthFeedback: boolean;
}

/** One room's part on this bridge: its participants' transports, and the pipes to the room's other bridges. */
export class BridgeRoom {
  readonly #parts: RoomParts;
  readonly #media: RoomMedia;
  readonly #levels: AudioLevels;
  /** Transports of each participant. */
  readonly #participants = new Map<string, string[]>();
  readonly pipes: PipeEnds;

  private constructor(parts: RoomParts, levels: AudioLevels) {
    this.#parts = parts;
    this.#media = new RoomMedia(parts.ledger);
    this.#levels = levels;
    this.pipes = new PipeEnds(parts.router, parts.settings, this.#media);
  }

  static async open(parts: RoomParts): Promise<BridgeRoom> {
    const levels = await AudioLevels.observe(parts.router, (loudest) => {
      parts.notify('audioLevels', { room: parts.room, levels: loudest });
    });
    return new BridgeRoom(parts, levels);
  }

  get routerRtpCapabilities(): mediasoup.RtpCapabilities {
    const { router, bandwidthFeedback } = this.#parts;
    return bandwidthFeedback ? router.rtpCapabilities : withoutBandwidthFeedback(router.rtpCapabilities);
  }

  get counts(): { producers: number; consumers: number; participants: number } {
    return {
      producers: this.#media.producerCount,
      consumers: this.#media.consumerCount,
      participants: this.#participants.size,
    };
  }

  pads(): PadReading[] {
    return this.#media.pads(this.#parts.settings.bridgeId);
  }

  async createTransport({ participantId }: Params<'createTransport'>): Promise<Result<'createTransport'>> {
    const transport = await this.#parts.router.createWebRtcTransport({
      webRtcServer: this.#parts.webRtcServer,
      enableTcp: false,
      initialAvailableOutgoingBitrate: this.#parts.settings.initialOutgoingBitrateBps,
    });
    this.#media.addTransport(transport, 'local');
    this.#participants.set(participantId, [...(this.#participants.get(participantId) ?? []), transport.id]);
    return {
      transportId: transport.id,
      iceParameters: transport.iceParameters,
      iceCandidates: transport.iceCandidates,
      dtlsParameters: transport.dtlsParameters,
    };
  }

  async connectTransport({ transportId, dtlsParameters }: Params<'connectTransport'>): Promise<void> {
    await this.#webRtcTransport(transportId).connect({ dtlsParameters });
  }

  async produce(params: Params<'produce'>): Promise<Result<'produce'>> {
    const { transportId, participantId, kind, rtpParameters } = params;
    const producer = await this.#webRtcTransport(transportId).produce({ kind, rtpParameters });
    this.#media.addProducer(producer, transportId, 'local');
    if (kind === 'audio') this.#levels.add(producer, participantId);
    return { producerId: producer.id };
  }

  closeProducer(producerId: string): void {
    this.#levels.remove(producerId);
    for (const consumer of this.#media.remove({ producerIds: [producerId] })) this.#tellClosed(consumer);
  }

  async pauseProducer(producerId: string): Promise<void> {
    await this.#media.producer(producerId).pause();
  }

  async resumeProducer(producerId: string): Promise<void> {
    await this.#media.producer(producerId).resume();
  }

  async consume(params: Params<'consume'>): Promise<Result<'consume'>> {
    const { transportId, participantId, producerId, rtpCapabilities } = params;
    // Asked first, for the router's own answer to an unknown producer is an error without a code.
    this.#media.producer(producerId);
    if (!this.#parts.router.canConsume({ producerId, rtpCapabilities })) {
      throw new RpcError('cannot-consume', 'the receiver has no codec of this producer');
    }
    const transport = this.#webRtcTransport(transportId);
    const consumer = await transport.consume({
      producerId,
      rtpCapabilities,
      paused: true,
      appData: { participantId },
    });
    this.#media.addConsumer(consumer, transportId, 'local');
    // Only a producer that closed while this was being set up; all others take their consumers along.
    consumer.on('producerclose', () => {
      this.closeConsumer(consumer.id);
      this.#tellClosed(consumer);
    });
    consumer.on('layerschange', (layers) => {
      this.#parts.notify('consumerLayers', {
        room: this.#parts.room,
        participantId,
        consumerId: consumer.id,
        spatialLayer: layers?.spatialLayer ?? null,
        temporalLayer: layers?.temporalLayer ?? null,
      });
    });
    return { consumerId: consumer.id, kind: consumer.kind, rtpParameters: consumer.rtpParameters };
  }

  consumer(consumerId: string): mediasoup.Consumer {
    return this.#media.consumer(consumerId);
  }

  closeConsumer(consumerId: string): void {
    this.#media.remove({ consumerIds: [consumerId] });
  }

  removeParticipant(participantId: string): void {
    const transportIds = this.#participants.get(participantId);
    if (transportIds === undefined) return;
    this.#participants.delete(participantId);
    this.#levels.removeParticipant(participantId);
    for (const consumer of this.#media.remove({ transportIds })) this.#tellClosed(consumer);
  }

  closePipe(peerBridgeId: string): void {
    for (const consumer of this.pipes.close(peerBridgeId)) this.#tellClosed(consumer);
  }

  close(): void {
    this.#media.removeAll();
    this.#parts.router.close();
  }

  #webRtcTransport(id: string): mediasoup.WebRtcTransport {
    const transport = this.#media.transport(id);
    if (transport.type === 'webrtc') return transport;
    throw new RpcError('unknown-transport', `not a participant's transport: ${id}`);
  }

  /** Consumers of pipes belong to no participant; whoever runs the other end closes what came out of them. */
  #tellClosed(consumer: mediasoup.Consumer): void {
    const { participantId } = consumer.appData;
    if (typeof participantId !== 'string') return;
    this.#parts.notify('consumerClosed', { room: this.#parts.room, participantId, consumerId: consumer.id });
  }
}
