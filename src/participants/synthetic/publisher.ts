import { randomBytes } from 'node:crypto';
import type { types as mediasoup } from 'mediasoup';
import type { SignallingClient } from '../../cluster/signalling/client.ts';
import type { MediaSource, ParticipantPlan, VideoPublication } from '../../scenario/plan-types.ts';
import { layersOf, SCREEN_LAYER, type VideoLayer } from '../layers.ts';
import type { TrackSample } from '../types.ts';
import { AudioSource } from './audio-source.ts';
import type { LatenessMeter } from './lateness.ts';
import type { MediaStore, MediaTrack } from './media/store.ts';
import type { MediaTransport, TransportContext } from './media-transport.ts';
import { extensionIds, type Negotiated, rtxPayloadType } from './negotiation.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { bye, senderReport, sourceDescription } from './rtcp/build.ts';
import type { RtcpItem } from './rtcp/parse.ts';
import type { Task } from './scheduler.ts';
import { upTrackSample } from './up-track-sample.ts';
import { loopPlaylist, slidePlaylist, VideoSource } from './video-source.ts';

const REPORT_INTERVAL_MS = 1000;

export interface PublisherOptions {
  context: TransportContext;
  transport: MediaTransport;
  signalling: SignallingClient;
  negotiated: Negotiated;
  media: MediaStore;
  lateness: LatenessMeter;
  plan: ParticipantPlan;
  /** Text that all randomness of this participant comes from. */
  seed: string;
  wallMs(): number;
  onPublished(source: MediaSource, durationMs: number): void;
}

/** A source that is being sent. */
export interface Publication {
  source: MediaSource;
  producerId: string;
  task: AudioSource | VideoSource;
  streams: readonly OutgoingStream[];
  nackCount: number;
}

/** Sends what one participant publishes, with its reports, retransmissions and key frames. */
export class Publisher implements Task {
  /** Of the last report by the SFU, from its own reception of our sender reports; null before that. */
  roundTripTimeMs: number | null = null;
  availableBitrateBps: number | null = null;
  readonly #options: PublisherOptions;
  readonly #publications: Publication[] = [];
  readonly #transportSequence: { next: number };
  readonly #cname = randomBytes(9).toString('base64url');
  #nextMid = 0;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#transportSequence = { next: Math.floor(options.context.random() * 0x10000) };
  }

  async publish(): Promise<void> {
    const { publish } = this.#options.plan;
    const { context } = this.#options;
    const wanted: Promise<void>[] = [];
    if (publish.audio !== null) wanted.push(this.#audio(publish.audio.pattern));
    if (publish.video !== null) wanted.push(this.#camera(publish.video));
    if (publish.screen !== null) wanted.push(this.#screen(publish.screen));
    context.scheduler.add(this, context.nowMs() + REPORT_INTERVAL_MS * context.random());
    await Promise.all(wanted);
  }

  onRtcp(item: RtcpItem, receivedAtMs: number): void {
    switch (item.type) {
      case 'nack':
        this.#resend(item.ssrc, item.sequences);
        return;
      case 'pli':
      case 'fir':
        for (const { task } of this.#publications) {
          if (task instanceof VideoSource && task.requestKeyFrame(item.ssrc, item.type)) return;
        }
        return;
      case 'remb':
        this.availableBitrateBps = item.bitrateBps;
        return;
      case 'sender-report':
      case 'receiver-report':
        for (const block of item.blocks) this.#onReport(block, receivedAtMs);
        return;
      default:
        return;
    }
  }

  /** Sender reports, every second. */
  run(dueMs: number, nowMs: number): number | null {
    if (this.#closed) return null;
    const reports = this.#publications.flatMap(({ task, streams }) =>
      streams
        .filter(({ packets }) => packets > 0)
        .map((stream) => senderReport(stream.ssrc, stream.senderInfo(task.timestampAt(nowMs)))),
    );
    const [ssrc] = this.#publications.flatMap(({ streams }) => streams.map((stream) => stream.ssrc));
    if (reports.length > 0 && ssrc !== undefined) {
      this.#options.transport.sendRtcp(...reports, sourceDescription(ssrc, this.#cname));
    }
    return dueMs + REPORT_INTERVAL_MS;
  }

  sample(nowMs: number): TrackSample[] {
    return this.#publications.map((publication) => upTrackSample(this.#options.plan.id, publication, nowMs));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#options.context;
    scheduler.cancel(this);
    for (const { task } of this.#publications) scheduler.cancel(task);
    const ssrcs = this.#publications.flatMap(({ streams }) => streams.map((stream) => stream.ssrc));
    const [ssrc] = ssrcs;
    if (ssrc === undefined) return;
    this.#options.transport.sendRtcp(sourceDescription(ssrc, this.#cname), bye(ssrcs));
  }

  async #audio(pattern: 'speech' | 'continuous'): Promise<void> {
    const { media, lateness, seed, context } = this.#options;
    const speechFrames = media.track('opus-speech').frames.length;
    const track = media.joined(['opus-speech', 'opus-silence']);
    await this.#produce('microphone', [{ track, layer: null }], ([stream]) => {
      if (stream === undefined) throw new Error('audio has one stream');
      return new AudioSource(stream, {
        pattern,
        speechFrames,
        seed,
        originMs: context.nowMs(),
        firstTimestamp: this.#random32(),
        lateness,
      });
    });
  }

  async #camera(video: VideoPublication): Promise<void> {
    const { media } = this.#options;
    const layers = layersOf(video);
    const tracks = layers.map((layer) => ({
      track: media.track(`${video.codec}-${layer.heightPixels}`),
      layer: layers.length > 1 ? layer : null,
    }));
    await this.#produce('camera', tracks, (streams) =>
      this.#videoSource(
        streams.map((stream) => ({ stream, playlist: loopPlaylist(stream.track.frames.length) })),
        video.framesPerSecond,
      ),
    );
  }

  async #screen(screen: { framesPerSecond: number; peakIntervalS: number }): Promise<void> {
    const track = this.#options.media.track('vp8-screen');
    const framesPerSlide = Math.max(1, Math.round(screen.peakIntervalS * screen.framesPerSecond));
    await this.#produce('screen', [{ track, layer: null }], (streams) =>
      this.#videoSource(
        streams.map((stream) => ({
          stream,
          playlist: slidePlaylist(track.frames.length, track.keyFrames, framesPerSlide),
        })),
        screen.framesPerSecond,
      ),
    );
  }

  #videoSource(
    streams: { stream: OutgoingStream; playlist: ReturnType<typeof loopPlaylist> }[],
    framesPerSecond: number,
  ): VideoSource {
    const { context, lateness } = this.#options;
    return new VideoSource(streams, {
      framesPerSecond,
      originMs: context.nowMs(),
      firstTimestamp: this.#random32(),
      lateness,
    });
  }

  /** Asks the SFU to take a source and then sends it. */
  async #produce(
    source: MediaSource,
    tracks: readonly { track: MediaTrack; layer: VideoLayer | null }[],
    begin: (streams: OutgoingStream[]) => AudioSource | VideoSource,
  ): Promise<void> {
    const { context, transport, signalling, negotiated, onPublished } = this.#options;
    const codec = tracks[0]?.track.codec ?? 'opus';
    const kind = codec === 'opus' ? 'audio' : 'video';
    const mimeType = `${kind}/${codec}`;
    const sending = negotiated.sending(kind, mimeType);
    if (sending === null) throw new Error(`the SFU does not take ${mimeType}`);
    const mid = String(this.#nextMid);
    this.#nextMid += 1;
    const streams = tracks.map(({ track, layer }) => this.#stream(sending, mid, track, layer));
    const askedAtMs = context.nowMs();
    const { producerId } = await signalling.request('produce', {
      transportId: transport.transportId,
      kind,
      source,
      rtpParameters: {
        ...sending,
        mid,
        encodings: tracks.map(({ layer }, i) => encodingOf(source, layer, streams[i])),
        rtcp: { cname: this.#cname, reducedSize: true },
      },
    });
    if (this.#closed) return;
    onPublished(source, context.nowMs() - askedAtMs);
    const task = begin(streams);
    this.#publications.push({ source, producerId, task, streams, nackCount: 0 });
    // Spread over a frame's time, so that participants who joined together do not send in step.
    context.scheduler.add(task, context.nowMs() + (kind === 'audio' ? 20 : 33) * context.random());
  }

  #stream(
    sending: mediasoup.RtpParameters,
    mid: string,
    track: MediaTrack,
    layer: VideoLayer | null,
  ): OutgoingStream {
    const { context, transport, wallMs } = this.#options;
    const payloadType = sending.codecs[0]?.payloadType ?? 0;
    const rtx = rtxPayloadType(sending);
    return new OutgoingStream({
      loop: context.loop,
      socketId: transport.socket.id,
      ssrc: this.#random32(),
      rtx: rtx === null ? null : { ssrc: this.#random32(), payloadType: rtx },
      payloadType,
      mid,
      rid: layer?.rid ?? null,
      extensions: extensionIds(sending.headerExtensions),
      transportSequence: this.#transportSequence,
      track,
      wallMs,
      random: context.random,
    });
  }

  #resend(ssrc: number, sequences: readonly number[]): void {
    for (const publication of this.#publications) {
      const stream = publication.streams.find((candidate) => candidate.ssrc === ssrc);
      if (stream === undefined) continue;
      publication.nackCount += 1;
      for (const sequence of sequences) stream.resend(sequence);
    }
  }

  #onReport(
    block: { ssrc: number; lastSenderReport: number; delaySinceLastSenderReport: number },
    receivedAtMs: number,
  ): void {
    for (const { streams } of this.#publications) {
      const stream = streams.find(({ ssrc }) => ssrc === block.ssrc);
      if (stream === undefined) continue;
      stream.acknowledged = true;
      if (block.lastSenderReport === 0) continue;
      // RFC 3550, section 6.4.1, in 1/65536 s of the middle 32 bits of NTP time.
      const { wallMs, context } = this.#options;
      const now = middleNtp(wallMs() - (context.nowMs() - receivedAtMs));
      const roundTrip = (now - block.lastSenderReport - block.delaySinceLastSenderReport) | 0;
      if (roundTrip >= 0) this.roundTripTimeMs = roundTrip / 65.536;
    }
  }

  #random32(): number {
    return 1 + Math.floor(this.#options.context.random() * 0xfffffffe);
  }
}

function middleNtp(wallMs: number): number {
  return Math.floor((wallMs % 65_536_000) * 65.536) | 0;
}

/** Simulcast layers are told apart by RID as browsers do it; anything else by SSRC. */
function encodingOf(
  source: MediaSource,
  layer: VideoLayer | null,
  stream: OutgoingStream | undefined,
): mediasoup.RtpEncodingParameters {
  if (layer !== null) {
    const temporal = stream?.track.frames.some((frame) => frame.temporalLayer > 0) === true;
    return {
      rid: layer.rid,
      maxBitrate: layer.maxBitrateBps,
      scaleResolutionDownBy: layer.scaleDownBy,
      scalabilityMode: temporal ? 'L1T3' : 'L1T1',
    } as mediasoup.RtpEncodingParameters;
  }
  const rtxSsrc = stream?.rtxSsrc ?? null;
  return {
    ssrc: stream?.ssrc ?? 0,
    ...(rtxSsrc === null ? {} : { rtx: { ssrc: rtxSsrc } }),
    ...(source === 'microphone' ? { dtx: true } : {}),
    ...(source === 'screen' ? { maxBitrate: SCREEN_LAYER.maxBitrateBps } : {}),
  };
}
