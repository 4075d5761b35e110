import type { ProducerInfo } from '../../../../cluster/signalling/protocol.ts';
import type { Subscriptions } from '../../../../janus/subscriptions.ts';
import { type Direction, VideoRoom } from '../../../../janus/video-room.ts';
import type { ParticipantPlan } from '../../../../scenario/plan-types.ts';
import type { JanusRoomAccess } from '../../../../targets/types.ts';
import type { LinkListener, RoomLink } from '../link.ts';
import type { Studio } from '../media/studio.ts';
import { type Incoming, Receiver, type ReceivingEnd } from '../receiver.ts';
import { Room } from '../room.ts';
import { Publisher } from './publisher.ts';

/** Into a room of Janus, with the browser's own peer connections and nothing between. */
export class JanusLink implements RoomLink {
  readonly #access: JanusRoomAccess;
  readonly #participant: ParticipantPlan;
  readonly #studio: Studio;
  readonly #listener: LinkListener;
  #room: VideoRoom | null = null;
  #send: RTCPeerConnection | null = null;
  #recv: RTCPeerConnection | null = null;
  #publisher: Publisher | null = null;
  #receiver: Receiver | null = null;

  constructor(access: JanusRoomAccess, participant: ParticipantPlan, studio: Studio, listener: LinkListener) {
    this.#access = access;
    this.#participant = participant;
    this.#studio = studio;
    this.#listener = listener;
  }

  async enter(signal: AbortSignal): Promise<void> {
    const { publish, subscribe, id } = this.#participant;
    const room = await VideoRoom.connect(this.#access, id, signal);
    this.#room = room;
    room.on('lost', ({ reason }) => this.#listener.lost(reason));
    const known = new Room();
    known.listen(room);
    known.add(await room.join());
    signal.throwIfAborted();
    this.#listener.entered(this.#access.bridgeId);
    const sends = publish.audio !== null || publish.video !== null || publish.screen !== null;
    const receives = subscribe.audio !== 'none' || subscribe.video !== 'none';
    if (receives)
      this.#receiver = new Receiver(this.#participant, this.#receivingEnd(room), known, room, this.#listener);
    await Promise.all([sends ? this.#publish(room) : null, this.#receiver?.start()]);
    signal.throwIfAborted();
    this.#listener.signalled();
  }

  async stats() {
    const [send, recv] = await Promise.all([this.#send?.getStats(), this.#recv?.getStats()]);
    return { send: send ?? null, recv: recv ?? null };
  }

  published() {
    return this.#publisher?.tracks() ?? [];
  }

  received() {
    return this.#receiver?.tracks() ?? [];
  }

  async leave(): Promise<void> {
    await this.#room?.leave();
  }

  close(): void {
    this.#receiver?.close();
    this.#publisher?.close();
    this.#send?.close();
    this.#recv?.close();
    this.#room?.close();
  }

  async #publish(room: VideoRoom): Promise<void> {
    const connection = this.#connection('send');
    this.#send = connection;
    const publisher = new Publisher(connection, this.#participant, this.#studio);
    this.#publisher = publisher;
    const { durationMs } = await publisher.publish(room, () => this.#listener.signalled());
    await takeCandidates(room, connection, 'send');
    for (const { source } of publisher.tracks()) this.#listener.published(source, durationMs);
  }

  #receivingEnd(room: VideoRoom): ReceivingEnd {
    const subscriptions: Subscriptions = room.receive(async (sdp) => {
      const first = this.#recv === null;
      if (first) this.#listener.signalled();
      this.#recv ??= this.#connection('recv');
      const connection = this.#recv;
      await connection.setRemoteDescription({ type: 'offer', sdp });
      await connection.setLocalDescription();
      if (first) void takeCandidates(room, connection, 'recv');
      return connection.localDescription?.sdp ?? '';
    });
    return {
      subscribe: (producer) => this.#subscribe(room, subscriptions, producer),
      async start(consumerId, preferredSpatialLayer) {
        if (preferredSpatialLayer !== null)
          await subscriptions.preferLayer(consumerId, preferredSpatialLayer);
      },
      pause: (consumerId) => subscriptions.setFlowing(consumerId, false),
      resume: (consumerId) => subscriptions.setFlowing(consumerId, true),
      async unsubscribe(consumerId) {
        subscriptions.unsubscribe(consumerId);
      },
    };
  }

  async #subscribe(room: VideoRoom, subscriptions: Subscriptions, producer: ProducerInfo): Promise<Incoming> {
    const place = room.locate(producer.producerId);
    if (place === undefined) throw new Error('the producer is gone');
    const { consumerId, mid } = await subscriptions.subscribe(place.feed, place.mid);
    const transceiver = this.#recv?.getTransceivers().find((candidate) => candidate.mid === mid);
    if (transceiver === undefined) throw new Error('the browser has no receiver for what Janus offered');
    return {
      source: producer.source,
      kind: producer.kind,
      producerId: producer.producerId,
      consumerId,
      publisherId: producer.participantId,
      mid,
      track: transceiver.receiver.track,
      // The track belongs to its media section, which Janus may use again.
      close: () => {},
    };
  }

  #connection(direction: Direction): RTCPeerConnection {
    const connection = new RTCPeerConnection();
    connection.addEventListener('iceconnectionstatechange', () => {
      if (['connected', 'completed'].includes(connection.iceConnectionState)) this.#listener.iceConnected();
    });
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') this.#listener.connected();
      if (connection.connectionState === 'failed') this.#listener.lost(`the ${direction} connection failed`);
    });
    return connection;
  }
}

/** Candidates of Janus's end come beside its descriptions; ours are found by it from our checks. */
async function takeCandidates(
  room: VideoRoom,
  connection: RTCPeerConnection,
  direction: Direction,
): Promise<void> {
  room.onCandidate(direction, ({ completed, ...candidate }) => {
    if (completed !== true && connection.signalingState !== 'closed')
      connection.addIceCandidate(candidate).catch(() => {});
  });
  await room.endOfCandidates(direction).catch(() => {});
}
