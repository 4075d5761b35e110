import type { types as mediasoup } from 'mediasoup';
import { RpcError } from '../rpc.ts';
import type { BridgeMethods, BridgeSettings, PipeEnd } from './protocol.ts';
import type { RoomMedia } from './room-media.ts';

/**
 * This bridge's ends of the pipes of one room, at most one to each other bridge. Upstream's `pipeToRouter` does
 * the same within one process; between processes and hosts the steps are taken one by one, and the coordinator
 * carries what one end has to know of the other.
 */
export class PipeEnds {
  readonly #router: mediasoup.Router;
  readonly #settings: BridgeSettings;
  readonly #media: RoomMedia;
  readonly #transports = new Map<string, mediasoup.PipeTransport>();

  constructor(router: mediasoup.Router, settings: BridgeSettings, media: RoomMedia) {
    this.#router = router;
    this.#settings = settings;
    this.#media = media;
  }

  /** Retransmission is on, so that loss between hosts is repaired there and not across the whole path. */
  async open(peerBridgeId: string): Promise<PipeEnd> {
    const transport = await this.#router.createPipeTransport({
      listenInfo: {
        protocol: 'udp',
        ip: this.#settings.host,
        recvBufferSize: this.#settings.receiveBufferBytes,
        sendBufferSize: this.#settings.sendBufferBytes,
      },
      enableRtx: true,
    });
    this.close(peerBridgeId);
    this.#transports.set(peerBridgeId, transport);
    this.#media.addTransport(transport, 'relay');
    return { ip: transport.tuple.localAddress, port: transport.tuple.localPort };
  }

  async connect(peerBridgeId: string, peer: PipeEnd): Promise<void> {
    await this.#transport(peerBridgeId).connect(peer);
  }

  async pipeOut({ peerBridgeId, producerId }: BridgeMethods['pipeOut']['params']) {
    const producer = this.#media.producer(producerId);
    const transport = this.#transport(peerBridgeId);
    const consumer = await transport.consume({ producerId });
    this.#media.addConsumer(consumer, transport.id, 'relay');
    consumer.on('producerclose', () => this.#media.remove({ consumerIds: [consumer.id] }));
    const { id: consumerId, kind, rtpParameters } = consumer;
    return { consumerId, kind, rtpParameters, paused: producer.paused };
  }

  async pipeIn(params: BridgeMethods['pipeIn']['params']): Promise<void> {
    const { peerBridgeId, producerId, kind, rtpParameters, paused } = params;
    const transport = this.#transport(peerBridgeId);
    const producer = await transport.produce({ id: producerId, kind, rtpParameters, paused });
    this.#media.addProducer(producer, transport.id, 'relay');
  }

  /** Returns the consumers that ended with it, as `RoomMedia.remove` does. */
  close(peerBridgeId: string): mediasoup.Consumer[] {
    const transport = this.#transports.get(peerBridgeId);
    if (transport === undefined) return [];
    this.#transports.delete(peerBridgeId);
    return this.#media.remove({ transportIds: [transport.id] });
  }

  #transport(peerBridgeId: string): mediasoup.PipeTransport {
    const transport = this.#transports.get(peerBridgeId);
    if (transport !== undefined) return transport;
    throw new RpcError('no-pipe', `no pipe to ${peerBridgeId}`);
  }
}
