import * as sdp from 'sdp-transform';
import type { VideoRoom } from '../../../../janus/video-room.ts';
import type { MediaSource, ParticipantPlan } from '../../../../scenario/plan-types.ts';
import { layersOf, SCREEN_LAYER } from '../../../layers.ts';
import type { PublishedTrack } from '../../stats/tracks.ts';
import type { BorrowedTrack, Studio } from '../media/studio.ts';
import { startBitrateKbps } from '../start-bitrate.ts';

interface Sent {
  source: MediaSource;
  transceiver: RTCRtpTransceiver;
  rids: string[];
  /** For the format parameters of the answer, by which libwebrtc is told how to send. */
  parameters: string;
  producerId: string;
}

/** Sends what one participant publishes, all of it in one offer. */
export class Publisher {
  readonly #connection: RTCPeerConnection;
  readonly #participant: ParticipantPlan;
  readonly #borrowed: BorrowedTrack[];
  #sent: Sent[] = [];

  constructor(connection: RTCPeerConnection, participant: ParticipantPlan, studio: Studio) {
    this.#connection = connection;
    this.#participant = participant;
    this.#borrowed = studio.borrow(participant);
  }

  /** `durationMs`: from the offer to Janus's answer. `onAnswered` is called before anything can connect. */
  async publish(room: VideoRoom, onAnswered: () => void): Promise<{ durationMs: number }> {
    const sent = this.#borrowed.map(({ source, track }) => this.#add(source, track));
    await this.#connection.setLocalDescription();
    const offer = this.#connection.localDescription?.sdp ?? '';
    const askedMs = performance.now();
    const sources = sent.map(({ source, transceiver }) => ({ source, mid: transceiver.mid ?? '' }));
    const answer = await room.publish(offer, sources);
    const durationMs = performance.now() - askedMs;
    onAnswered();
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: withParameters(answer, sent) });
    this.#sent = sent.map((one) => ({ ...one, producerId: room.producerId(one.transceiver.mid ?? '') }));
    return { durationMs };
  }

  tracks(): PublishedTrack[] {
    return this.#sent.map(({ source, transceiver, rids, producerId }) => ({
      source,
      kind: source === 'microphone' ? 'audio' : 'video',
      producerId,
      mid: transceiver.mid,
      rids,
    }));
  }

  close(): void {
    for (const { release } of this.#borrowed) release();
  }

  #add(source: MediaSource, track: MediaStreamTrack): Sent {
    const { publish } = this.#participant;
    const add = (sendEncodings: RTCRtpEncodingParameters[], codec: string | null) => {
      const transceiver = this.#connection.addTransceiver(track, { direction: 'sendonly', sendEncodings });
      if (codec !== null) preferCodec(transceiver, codec);
      return transceiver;
    };
    if (source === 'camera' && publish.video !== null) {
      const { video } = publish;
      const layers = layersOf(video);
      const layered = layers.length > 1;
      const encodings = layers.map((layer) => ({
        maxBitrate: layer.maxBitrateBps,
        maxFramerate: video.framesPerSecond,
        ...(layered
          ? { rid: layer.rid, scaleResolutionDownBy: layer.scaleDownBy, scalabilityMode: 'L1T3' }
          : {}),
      }));
      return {
        source,
        transceiver: add(encodings, `video/${video.codec}`),
        rids: layered ? layers.map(({ rid }) => rid) : [],
        parameters: `x-google-start-bitrate=${startBitrateKbps(layers)}`,
        producerId: '',
      };
    }
    if (source === 'screen')
      return {
        source,
        transceiver: add([{ maxBitrate: SCREEN_LAYER.maxBitrateBps }], 'video/vp8'),
        rids: [],
        parameters: `x-google-start-bitrate=${startBitrateKbps([SCREEN_LAYER])}`,
        producerId: '',
      };
    const usesDtx = publish.audio?.pattern === 'speech' ? 1 : 0;
    return {
      source,
      transceiver: add([{}], null),
      rids: [],
      parameters: `stereo=0;usedtx=${usesDtx}`,
      producerId: '',
    };
  }
}

/** Leaves this codec and the retransmission codec; those that the browser lacks it refuses by itself. */
function preferCodec(transceiver: RTCRtpTransceiver, mimeType: string): void {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const wanted = codecs.filter((codec) => codec.mimeType.toLowerCase() === mimeType);
  if (wanted.length === 0) throw new Error(`this browser has no ${mimeType} to send`);
  const rtx = codecs.filter((codec) => codec.mimeType.toLowerCase() === 'video/rtx');
  transceiver.setCodecPreferences([...wanted, ...rtx]);
}

function withParameters(answer: string, sent: readonly Sent[]): string {
  const description = sdp.parse(answer);
  for (const media of description.media) {
    const parameters = sent.find(({ transceiver }) => transceiver.mid === String(media.mid))?.parameters;
    const payload = media.rtp[0]?.payload;
    if (parameters === undefined || payload === undefined) continue;
    const line = media.fmtp.find((entry) => entry.payload === payload);
    if (line === undefined) media.fmtp.push({ payload, config: parameters });
    else line.config = `${line.config};${parameters}`;
  }
  return sdp.write(description);
}
