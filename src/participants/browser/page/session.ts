import { Device, type types } from 'mediasoup-client';
import { SignallingClient } from '../../../cluster/signalling/client.ts';
import type { ParticipantSample } from '../../types.ts';
import type { JoinRequest, PageEvent } from '../page-api.ts';
import { mapParticipant } from '../stats/participant.ts';
import { JoinClock } from './join-clock.ts';
import type { Studio } from './media/studio.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { Room } from './room.ts';
import { openTransport, type TransportListener } from './transports.ts';

/** A cluster that does not answer must not keep anybody in the room. */
const LEAVE_TIMEOUT_MS = 2_000;
/** Sound may come long before the first picture, or a picture never; the steps are told after this in any case. */
const FRAME_PATIENCE_MS = 10_000;

/** One participant in one room, from its join to its end; a join after a loss is another session. */
export class Session {
  readonly #request: JoinRequest;
  readonly #studio: Studio;
  readonly #emit: (event: PageEvent) => void;
  readonly #clock: JoinClock;
  readonly #ending = new AbortController();
  #client: SignallingClient | null = null;
  #send: types.Transport | null = null;
  #recv: types.Transport | null = null;
  #publisher: Publisher | null = null;
  #receiver: Receiver | null = null;
  #bridgeId = '';
  #state: 'joining' | 'joined' | 'ended' = 'joining';
  #stepsTold = false;
  #stepsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(request: JoinRequest, studio: Studio, emit: (event: PageEvent) => void) {
    this.#request = request;
    this.#studio = studio;
    this.#emit = emit;
    this.#clock = new JoinClock(request.elapsedMs);
  }

  /** Resolves when the session has ended or everything that it publishes is confirmed; never rejects. */
  async run(): Promise<void> {
    const { timeoutMs } = this.#request;
    const timer = setTimeout(() => {
      if (this.#state === 'joining')
        this.#end(`not joined within ${timeoutMs} ms: ${this.#clock.progress()}`);
    }, timeoutMs);
    this.#ending.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    try {
      await this.#join(this.#ending.signal);
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  /** Resolves with a last reading, null when it was in no room. */
  async leave(): Promise<ParticipantSample | null> {
    const last = await this.sample().catch(() => null);
    const client = this.#client;
    if (client?.isOpen === true)
      await client.request('leave', {}, { timeoutMs: LEAVE_TIMEOUT_MS }).catch(() => {});
    this.#end(null);
    return last;
  }

  /** null while it is in no room. */
  async sample(): Promise<ParticipantSample | null> {
    if (this.#state !== 'joined') return null;
    const [send, recv] = await Promise.all([this.#send?.getStats(), this.#recv?.getStats()]);
    return mapParticipant({
      participantId: this.#request.participant.id,
      readAtMs: performance.timeOrigin + performance.now(),
      send: send === undefined ? null : [...send.values()],
      recv: recv === undefined ? null : [...recv.values()],
      published: this.#publisher?.tracks() ?? [],
      received: this.#receiver?.tracks() ?? [],
    });
  }

  async #join(signal: AbortSignal): Promise<void> {
    const { participant, access } = this.#request;
    const client = await SignallingClient.connect(access.url, signal);
    this.#client = client;
    void client.closed.then(({ code, reason }) =>
      this.#end(`signalling closed (${code} ${reason})`.trimEnd()),
    );
    client.on('bridgeLost', ({ bridgeId, reason }) => this.#end(`bridge ${bridgeId} lost: ${reason}`));
    const room = new Room();
    room.listen(client);
    const device = new Device({ handlerName: browserHandler() });
    const joined = await client.request('join', {}, { signal });
    this.#bridgeId = joined.bridgeId;
    room.add(joined.producers);
    await device.load({ routerRtpCapabilities: joined.routerRtpCapabilities as types.RtpCapabilities });
    const { publish, subscribe } = participant;
    const sends = publish.audio !== null || publish.video !== null || publish.screen !== null;
    const receives = subscribe.audio !== 'none' || subscribe.video !== 'none';
    const open = (direction: 'send' | 'recv') =>
      openTransport(device, client, direction, this.#transportListener(), signal);
    await Promise.all([
      sends ? open('send').then((transport) => (this.#send = transport)) : null,
      receives ? open('recv').then((transport) => (this.#recv = transport)) : null,
    ]);
    signal.throwIfAborted();
    this.#clock.signalled();
    await Promise.all([this.#receive(device, client, room), this.#publish(device)]);
    // With nothing to send and nobody to hear there is no transport to wait for.
    if (!sends && (this.#receiver?.tracks().length ?? 0) === 0) this.#joined();
  }

  async #publish(device: Device): Promise<void> {
    if (this.#send === null) return;
    const { participant } = this.#request;
    this.#publisher = new Publisher(device, this.#send, participant, this.#studio);
    await this.#publisher.publish(participant);
  }

  async #receive(device: Device, client: SignallingClient, room: Room): Promise<void> {
    if (this.#recv === null) return;
    const { participant, attempt } = this.#request;
    const participantId = participant.id;
    this.#receiver = new Receiver(participant, device, this.#recv, client, room, {
      firstPacket: ({ producerId, source }, durationMs) => {
        this.#emit({ type: 'subscribed', participantId, producerId, source, attempt, durationMs });
        this.#clock.packet();
        this.#tellSteps();
      },
      firstFrame: () => {
        this.#clock.frame();
        this.#tellSteps();
      },
    });
    await this.#receiver.start();
  }

  #transportListener(): TransportListener {
    const { participant, attempt } = this.#request;
    return {
      iceConnected: () => this.#clock.iceConnected(),
      connected: () => this.#joined(),
      failed: (direction) => this.#end(`the ${direction} transport failed`),
      produced: (source, durationMs) =>
        this.#emit({ type: 'published', participantId: participant.id, source, attempt, durationMs }),
    };
  }

  #joined(): void {
    if (this.#state !== 'joining') return;
    this.#clock.connected();
    this.#state = 'joined';
    this.#emit({
      type: 'joined',
      participantId: this.#request.participant.id,
      bridgeId: this.#bridgeId,
      attempt: this.#request.attempt,
      joinMs: this.#clock.joinMs(),
      steps: this.#clock.steps(),
    });
    this.#tellSteps();
  }

  /** Once a join: when the first packet and, where video is expected, the first frame are there. */
  #tellSteps(complete = false): void {
    const steps = this.#clock.steps();
    if (this.#state !== 'joined' || this.#stepsTold || steps.firstPacketMs === null) return;
    const { participant, attempt } = this.#request;
    if (!complete && participant.subscribe.video !== 'none' && steps.firstFrameMs === null) {
      this.#stepsTimer ??= setTimeout(() => this.#tellSteps(true), FRAME_PATIENCE_MS);
      return;
    }
    this.#stepsTold = true;
    this.#emit({ type: 'steps', participantId: participant.id, attempt, steps });
  }

  /** Ends the session once; `reason` is told, unless it was asked to leave. */
  #end(reason: string | null): void {
    if (this.#state === 'ended') return;
    clearTimeout(this.#stepsTimer);
    this.#tellSteps(true);
    const type = this.#state === 'joined' ? 'lost' : 'failed';
    this.#state = 'ended';
    const { participant, attempt } = this.#request;
    if (reason !== null) this.#emit({ type, participantId: participant.id, attempt, reason });
    this.#ending.abort(new Error(reason ?? 'left'));
    this.#receiver?.close();
    this.#publisher?.close();
    this.#send?.close();
    this.#recv?.close();
    this.#client?.close();
  }
}

/**
 * mediasoup-client's own detection asks `navigator.userAgentData`, which a page that was fetched by http from another
 * host does not have. Chromium and what is made of it share a handler.
 */
function browserHandler(): 'Firefox120' | 'Chrome111' {
  return /Firefox\//.test(navigator.userAgent) ? 'Firefox120' : 'Chrome111';
}
