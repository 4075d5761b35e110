import type { types as mediasoup } from 'mediasoup';
import { SignallingClient } from '../../../cluster/signalling/client.ts';
import type { MediaSource } from '../../../scenario/plan-types.ts';
import { clusterEvents } from '../../cluster-events.ts';
import type { RoomEvents } from '../../room-events.ts';
import { extensionIds, type Negotiated, negotiate, rtxPayloadType } from '../negotiation.ts';
import type { LocalEnd, Receiving, RoomClient, SendEncoding, Sending, SendRequest } from './types.ts';

/** A cluster that does not answer must not keep anybody in the room. */
const LEAVE_TIMEOUT_MS = 2000;

/** The embedded cluster's `rtc-bench-v1`: transports first, then producers and consumers one by one. */
export class ClusterRoomClient implements RoomClient {
  readonly #signalling: SignallingClient;
  readonly #nowMs: () => number;
  readonly #transportIds = new Map<'send' | 'recv', string>();
  #negotiated: Negotiated | null = null;

  private constructor(signalling: SignallingClient, nowMs: () => number) {
    this.#signalling = signalling;
    this.#nowMs = nowMs;
  }

  static async connect(url: string, nowMs: () => number, signal: AbortSignal): Promise<ClusterRoomClient> {
    return new ClusterRoomClient(await SignallingClient.connect(url, signal), nowMs);
  }

  get isOpen(): boolean {
    return this.#signalling.isOpen;
  }

  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): void {
    clusterEvents(this.#signalling).on(name, listener);
  }

  async join(signal: AbortSignal) {
    const room = await this.#signalling.request('join', {}, { signal });
    this.#negotiated = negotiate(room.routerRtpCapabilities);
    return room;
  }

  openSend(end: LocalEnd, _requests: readonly SendRequest[], signal: AbortSignal): Promise<void> {
    return this.#open('send', end, signal);
  }

  openReceive(end: LocalEnd, signal: AbortSignal): Promise<void> {
    return this.#open('recv', end, signal);
  }

  async publish(request: SendRequest): Promise<Sending> {
    const { kind, source, mimeType, mid, cname, encodings } = request;
    const sending = this.#joined.sending(kind, mimeType);
    if (sending === null) throw new Error(`the SFU does not take ${mimeType}`);
    const rtx = rtxPayloadType(sending);
    const askedAtMs = this.#nowMs();
    const { producerId } = await this.#signalling.request('produce', {
      transportId: this.#transportId('send'),
      kind,
      source,
      rtpParameters: {
        ...sending,
        mid,
        encodings: encodings.map((encoding) => encodingOf(source, encoding, rtx !== null)),
        rtcp: { cname, reducedSize: true },
      },
    });
    return {
      producerId,
      payloadType: sending.codecs[0]?.payloadType ?? 0,
      rtxPayloadType: rtx,
      extensions: extensionIds(sending.headerExtensions),
      durationMs: this.#nowMs() - askedAtMs,
    };
  }

  subscribe(producerId: string): Promise<Receiving> {
    return this.#signalling.request('consume', {
      transportId: this.#transportId('recv'),
      producerId,
      rtpCapabilities: this.#joined.receiveCapabilities,
    });
  }

  async start(consumerId: string, preferredSpatialLayer: number | null): Promise<void> {
    if (preferredSpatialLayer !== null) {
      await this.#signalling.request('setPreferredLayers', {
        consumerId,
        spatialLayer: preferredSpatialLayer,
      });
    }
    await this.resume(consumerId);
  }

  async pause(consumerId: string): Promise<void> {
    await this.#signalling.request('pauseConsumer', { consumerId });
  }

  async resume(consumerId: string): Promise<void> {
    await this.#signalling.request('resumeConsumer', { consumerId });
  }

  async unsubscribe(consumerId: string): Promise<void> {
    await this.#signalling.request('closeConsumer', { consumerId });
  }

  async leave(): Promise<void> {
    if (!this.isOpen) return;
    await this.#signalling.request('leave', {}, { timeoutMs: LEAVE_TIMEOUT_MS }).catch(() => {});
  }

  close(): void {
    this.#signalling.close();
  }

  get #joined(): Negotiated {
    if (this.#negotiated === null) throw new Error('the room was not joined');
    return this.#negotiated;
  }

  #transportId(direction: 'send' | 'recv'): string {
    const transportId = this.#transportIds.get(direction);
    if (transportId === undefined) throw new Error(`the ${direction} transport was not opened`);
    return transportId;
  }

  async #open(direction: 'send' | 'recv', end: LocalEnd, signal: AbortSignal): Promise<void> {
    const { transportId, iceParameters, iceCandidates, dtlsParameters } = await this.#signalling.request(
      'createTransport',
      { direction },
      { signal },
    );
    this.#transportIds.set(direction, transportId);
    const { usernameFragment, password, iceLite } = iceParameters;
    await end.open({
      ice: { usernameFragment, password, isLite: iceLite === true },
      candidates: iceCandidates.map(({ protocol, address, ip, port, priority }) => ({
        protocol,
        address: address ?? ip,
        port,
        priority,
      })),
      fingerprints: dtlsParameters.fingerprints,
      extensions: extensionIds(
        this.#joined.receiveCapabilities.headerExtensions?.map(({ uri, preferredId }) => ({
          uri,
          id: preferredId,
        })),
      ),
    });
    const { algorithm, value } = end.fingerprint;
    await this.#signalling.request(
      'connectTransport',
      {
        transportId,
        dtlsParameters: {
          role: 'client',
          fingerprints: [{ algorithm: algorithm as mediasoup.FingerprintAlgorithm, value }],
        },
      },
      { signal },
    );
  }
}

/** Simulcast layers are told apart by RID as browsers do it; anything else by SSRC. */
function encodingOf(
  source: MediaSource,
  { ssrc, rtxSsrc, rid, maxBitrateBps, scaleDownBy, hasTemporalLayers }: SendEncoding,
  hasRtx: boolean,
): mediasoup.RtpEncodingParameters {
  if (rid !== null) {
    return {
      rid,
      maxBitrate: maxBitrateBps,
      scaleResolutionDownBy: scaleDownBy,
      scalabilityMode: hasTemporalLayers ? 'L1T3' : 'L1T1',
    } as mediasoup.RtpEncodingParameters;
  }
  return {
    ssrc,
    ...(hasRtx ? { rtx: { ssrc: rtxSsrc } } : {}),
    ...(source === 'microphone' ? { dtx: true } : {}),
    ...(maxBitrateBps === null ? {} : { maxBitrate: maxBitrateBps }),
  };
}
