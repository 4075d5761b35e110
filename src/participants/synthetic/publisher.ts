import { randomBytes } from 'node:crypto';
import type { MediaSource, ParticipantPlan, VideoPublication } from '../../scenario/plan-types.ts';
import { layersOf, SCREEN_LAYER, type VideoLayer } from '../layers.ts';
import type { TrackSample } from '../types.ts';
import { AudioSource } from './audio-source.ts';
import type { LatenessMeter } from './lateness.ts';
import type { MediaStore, MediaTrack } from './media/store.ts';
import type { MediaTransport, TransportContext } from './media-transport.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import type { RoomClient, SendEncoding, Sending, SendRequest } from './rooms/types.ts';
import { bye, sourceDescription } from './rtcp/build.ts';
import type { RtcpItem } from './rtcp/parse.ts';
import { SenderReports } from './sender-reports.ts';
import { type Publication, upTrackSample } from './up-track-sample.ts';
import { loopPlaylist, slidePlaylist, VideoSource } from './video-source.ts';

export interface PublisherOptions {
  context: TransportContext;
  transport: MediaTransport;
  room: RoomClient;
  media: MediaStore;
  lateness: LatenessMeter;
  plan: ParticipantPlan;
  /** Cameras are sent at the bitrate of their recording, not at what a browser would spend. */
  recordedBitrates: boolean;
  /** Text that all randomness of this participant comes from. */
  seed: string;
  wallMs(): number;
  onPublished(source: MediaSource, durationMs: number): void;
}

/** What is sent of a source, and how its sending begins. */
interface Source {
  source: MediaSource;
  layers: readonly { track: MediaTrack; layer: VideoLayer | null }[];
  begin(streams: OutgoingStream[]): AudioSource | VideoSource;
}

interface Planned extends Source {
  request: SendRequest;
}

/** Sends what one participant publishes, with its reports, retransmissions and key frames. */
export class Publisher {
  /** Of the last report by the SFU, from its own reception of our sender reports; null before that. */
  roundTripTimeMs: number | null = null;
  availableBitrateBps: number | null = null;
  readonly #options: PublisherOptions;
  readonly #publications: Publication[] = [];
  readonly #transportSequence: { next: number };
  readonly #reports: SenderReports;
  readonly #cname = randomBytes(9).toString('base64url');
  readonly #planned: readonly Planned[];
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#transportSequence = { next: Math.floor(options.context.random() * 0x10000) };
    const { context, transport } = options;
    this.#reports = new SenderReports({ context, transport, cname: this.#cname });
    this.#planned = this.#plan();
  }

  /** What is going to be published. */
  get requests(): SendRequest[] {
    return this.#planned.map(({ request }) => request);
  }

  async publish(): Promise<void> {
    const { context } = this.#options;
    context.scheduler.add(this.#reports, context.nowMs());
    await Promise.all(this.#planned.map((planned) => this.#produce(planned)));
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
      case 'reference-time':
        this.#reports.onReference(item.ssrc, item.middleNtp, receivedAtMs);
        return;
      case 'sender-report':
      case 'receiver-report':
        for (const block of item.blocks) this.#onReport(block, receivedAtMs);
        return;
      default:
        return;
    }
  }

  sample(nowMs: number): TrackSample[] {
    return this.#publications.map((publication) => upTrackSample(this.#options.plan.id, publication, nowMs));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#options.context;
    scheduler.cancel(this.#reports);
    for (const { task } of this.#publications) scheduler.cancel(task);
    const ssrcs = this.#publications.flatMap(({ streams }) => streams.map((stream) => stream.ssrc));
    const [ssrc] = ssrcs;
    if (ssrc === undefined) return;
    this.#options.transport.sendRtcp(sourceDescription(ssrc, this.#cname), bye(ssrcs));
  }

  #plan(): Planned[] {
    const { publish } = this.#options.plan;
    return [
      ...(publish.audio === null ? [] : [this.#audio(publish.audio.pattern)]),
      ...(publish.video === null ? [] : [this.#camera(publish.video)]),
      ...(publish.screen === null ? [] : [this.#screen(publish.screen)]),
    ].map((planned, i) => ({ ...planned, request: this.#request(planned, String(i)) }));
  }

  #audio(pattern: 'speech' | 'continuous'): Source {
    const { media, lateness, seed, context } = this.#options;
    const speechFrames = media.track('opus-speech').frames.length;
    const track = media.joined(['opus-speech', 'opus-silence']);
    return {
      source: 'microphone',
      layers: [{ track, layer: null }],
      begin: ([stream]) => {
        if (stream === undefined) throw new Error('audio has one stream');
        return new AudioSource(stream, {
          pattern,
          speechFrames,
          seed,
          originMs: context.nowMs(),
          firstTimestamp: this.#random32(),
          lateness,
        });
      },
    };
  }

  #camera(video: VideoPublication): Source {
    const { media, recordedBitrates } = this.#options;
    const layers = layersOf(video);
    return {
      source: 'camera',
      layers: layers.map((layer) => ({
        track: media.track(
          `${video.codec}-${layer.heightPixels}`,
          recordedBitrates
            ? null
            : { framesPerSecond: video.framesPerSecond, bitrateBps: layer.sentBitrateBps },
        ),
        layer: layers.length > 1 ? layer : null,
      })),
      begin: (streams) =>
        this.#videoSource(
          streams.map((stream) => ({ stream, playlist: loopPlaylist(stream.track.frames.length) })),
          video.framesPerSecond,
        ),
    };
  }

  #screen(screen: { framesPerSecond: number; peakIntervalS: number }): Source {
    const track = this.#options.media.track('vp8-screen');
    const framesPerSlide = Math.max(1, Math.round(screen.peakIntervalS * screen.framesPerSecond));
    return {
      source: 'screen',
      layers: [{ track, layer: null }],
      begin: (streams) =>
        this.#videoSource(
          streams.map((stream) => ({
            stream,
            playlist: slidePlaylist(track.frames.length, track.keyFrames, framesPerSlide),
          })),
          screen.framesPerSecond,
        ),
    };
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

  #request({ source, layers }: Source, mid: string): SendRequest {
    const codec = layers[0]?.track.codec ?? 'opus';
    const kind = codec === 'opus' ? 'audio' : 'video';
    return {
      source,
      kind,
      mimeType: `${kind}/${codec}`,
      mid,
      cname: this.#cname,
      encodings: layers.map(({ track, layer }) => ({
        ssrc: this.#random32(),
        rtxSsrc: this.#random32(),
        rid: layer?.rid ?? null,
        maxBitrateBps: layer?.maxBitrateBps ?? (source === 'screen' ? SCREEN_LAYER.maxBitrateBps : null),
        scaleDownBy: layer?.scaleDownBy ?? 1,
        hasTemporalLayers: track.frames.some((frame) => frame.temporalLayer > 0),
      })),
    };
  }

  /** Asks the SFU to take a source and then sends it. */
  async #produce({ source, request, layers, begin }: Planned): Promise<void> {
    const { context, room, onPublished } = this.#options;
    const sending = await room.publish(request);
    if (this.#closed) return;
    onPublished(source, sending.durationMs);
    const streams = layers.flatMap(({ track }, i) => {
      const encoding = request.encodings[i];
      return encoding === undefined ? [] : [this.#stream(sending, request.mid, track, encoding)];
    });
    const task = begin(streams);
    this.#publications.push({ source, producerId: sending.producerId, task, streams, nackCount: 0 });
    this.#reports.add(streams, request.kind === 'audio', (nowMs) => task.timestampAt(nowMs));
    // Spread over a frame's time, so that participants who joined together do not send in step.
    context.scheduler.add(task, context.nowMs() + (request.kind === 'audio' ? 20 : 33) * context.random());
  }

  #stream(sending: Sending, mid: string, track: MediaTrack, encoding: SendEncoding): OutgoingStream {
    const { context, transport, wallMs } = this.#options;
    const { payloadType, rtxPayloadType, extensions } = sending;
    return new OutgoingStream({
      loop: context.loop,
      socketId: transport.socket.id,
      ssrc: encoding.ssrc,
      rtx: rtxPayloadType === null ? null : { ssrc: encoding.rtxSsrc, payloadType: rtxPayloadType },
      payloadType,
      mid,
      rid: encoding.rid,
      extensions,
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
