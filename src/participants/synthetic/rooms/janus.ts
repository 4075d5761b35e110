import type { JanusCandidate } from '../../../janus/protocol.ts';
import type { Subscriptions } from '../../../janus/subscriptions.ts';
import { type Direction, VideoRoom } from '../../../janus/video-room.ts';
import type { JanusRoomAccess } from '../../../targets/types.ts';
import type { RoomEvents } from '../../room-events.ts';
import {
  acceptedSending,
  answerTo,
  type Description,
  midOf,
  offerOf,
  parse,
  receivedParameters,
  remoteEnd,
} from './sdp.ts';
import type { LocalEnd, Receiving, RoomClient, Sending, SendRequest } from './types.ts';

/** Janus's videoroom: transports and RTP parameters are read out of offers and answers. */
export class JanusRoomClient implements RoomClient {
  readonly #room: VideoRoom;
  readonly #bridgeId: string;
  readonly #nowMs: () => number;
  readonly #sending = new Map<string, Omit<Sending, 'durationMs'>>();
  #publishMs = 0;
  #subscriptions: Subscriptions | null = null;
  /** The last offer of what is received. */
  #offer: Description | null = null;

  private constructor(room: VideoRoom, bridgeId: string, nowMs: () => number) {
    this.#room = room;
    this.#bridgeId = bridgeId;
    this.#nowMs = nowMs;
  }

  static async connect(
    access: JanusRoomAccess,
    participantId: string,
    nowMs: () => number,
    signal: AbortSignal,
  ): Promise<JanusRoomClient> {
    const room = await VideoRoom.connect(access, participantId, signal);
    return new JanusRoomClient(room, access.bridgeId, nowMs);
  }

  get isOpen(): boolean {
    return this.#room.isOpen;
  }

  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): void {
    this.#room.on(name, listener);
  }

  async join() {
    return { bridgeId: this.#bridgeId, producers: await this.#room.join() };
  }

  /** One offer with everything: Janus's transport comes with what is sent over it. */
  async openSend(end: LocalEnd, requests: readonly SendRequest[]): Promise<void> {
    const askedAtMs = this.#nowMs();
    const answer = parse(await this.#room.publish(offerOf(end, requests), requests));
    this.#publishMs = this.#nowMs() - askedAtMs;
    for (const media of answer.media) {
      const accepted = acceptedSending(media);
      const mid = midOf(media);
      if (accepted !== null) this.#sending.set(mid, { ...accepted, producerId: this.#room.producerId(mid) });
    }
    await this.#open(end, answer, 'send');
  }

  /** Nothing to open yet: the first offer of Janus comes with the first subscription. */
  async openReceive(end: LocalEnd): Promise<void> {
    this.#subscriptions = this.#room.receive(async (sdp) => {
      const offer = parse(sdp);
      if (this.#offer === null) await this.#open(end, offer, 'recv');
      this.#offer = offer;
      return answerTo(offer, end);
    });
  }

  async publish({ mid, mimeType }: SendRequest): Promise<Sending> {
    const sending = this.#sending.get(mid);
    if (sending === undefined) throw new Error(`the SFU does not take ${mimeType}`);
    return { ...sending, durationMs: this.#publishMs };
  }

  async subscribe(producerId: string): Promise<Receiving> {
    const producer = this.#room.producer(producerId);
    const place = this.#room.locate(producerId);
    if (producer === undefined || place === undefined) throw new Error('the producer is gone');
    const { consumerId, mid } = await this.#receiving.subscribe(place.feed, place.mid);
    const media = this.#offer?.media.find((candidate) => midOf(candidate) === mid);
    if (media === undefined) throw new Error('the SFU did not offer what was asked for');
    return {
      consumerId,
      producerId,
      kind: producer.kind,
      source: producer.source,
      publisherId: producer.participantId,
      rtpParameters: receivedParameters(media),
    };
  }

  /** It flows already. */
  async start(consumerId: string, preferredSpatialLayer: number | null): Promise<void> {
    if (preferredSpatialLayer !== null) await this.#receiving.preferLayer(consumerId, preferredSpatialLayer);
  }

  pause(consumerId: string): Promise<void> {
    return this.#receiving.setFlowing(consumerId, false);
  }

  resume(consumerId: string): Promise<void> {
    return this.#receiving.setFlowing(consumerId, true);
  }

  async unsubscribe(consumerId: string): Promise<void> {
    this.#receiving.unsubscribe(consumerId);
  }

  leave(): Promise<void> {
    return this.#room.leave();
  }

  close(): void {
    this.#room.close();
  }

  get #receiving(): Subscriptions {
    if (this.#subscriptions === null)
      throw new Error('nothing can be received: the way for it was not opened');
    return this.#subscriptions;
  }

  async #open(end: LocalEnd, description: Description, direction: Direction): Promise<void> {
    const named = description.media.some(({ candidates = [] }) => candidates.length > 0);
    const candidates = named ? [] : [await this.#firstCandidate(direction)];
    await end.open(remoteEnd(description, candidates));
    await this.#room.endOfCandidates(direction);
  }

  /** A Janus that trickles leaves them all out of its descriptions. */
  #firstCandidate(direction: Direction): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#room.onCandidate(direction, ({ candidate, completed }: JanusCandidate) => {
        if (candidate !== undefined && / udp /i.test(candidate)) resolve(candidate);
        else if (completed === true) reject(new Error('Janus named no UDP candidate'));
      });
    });
  }
}
