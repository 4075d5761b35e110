import type { Device, types } from 'mediasoup-client';
import type { MediaSource, ParticipantPlan } from '../../../../scenario/plan-types.ts';
import { layersOf, SCREEN_LAYER } from '../../../layers.ts';
import type { PublishedTrack } from '../../stats/tracks.ts';
import type { BorrowedTrack, Studio } from '../media/studio.ts';
import { startBitrateKbps } from '../start-bitrate.ts';

/** Sends what one participant publishes. */
export class Publisher {
  readonly #device: Device;
  readonly #transport: types.Transport;
  readonly #borrowed: BorrowedTrack[];
  readonly #producers: { source: MediaSource; producer: types.Producer }[] = [];

  constructor(device: Device, transport: types.Transport, participant: ParticipantPlan, studio: Studio) {
    this.#device = device;
    this.#transport = transport;
    this.#borrowed = studio.borrow(participant);
  }

  async publish({ publish }: ParticipantPlan): Promise<void> {
    for (const { source, track } of this.#borrowed) {
      const producer = await this.#transport.produce({
        track,
        stopTracks: false,
        appData: { source },
        ...this.#options(source, publish),
      });
      this.#producers.push({ source, producer });
    }
  }

  tracks(): PublishedTrack[] {
    return this.#producers.map(({ source, producer }) => ({
      source,
      kind: producer.kind,
      producerId: producer.id,
      mid: producer.rtpParameters.mid ?? null,
      rids: producer.rtpParameters.encodings?.flatMap(({ rid }) => (rid === undefined ? [] : [rid])) ?? [],
    }));
  }

  close(): void {
    for (const { release } of this.#borrowed) release();
  }

  #options(source: MediaSource, publish: ParticipantPlan['publish']): Partial<types.ProducerOptions> {
    if (source === 'camera' && publish.video !== null) {
      const { video } = publish;
      const layers = layersOf(video);
      return {
        codecOptions: { videoGoogleStartBitrate: startBitrateKbps(layers) },
        codec: this.#codec(`video/${video.codec}`),
        encodings: layers.map((layer) => ({
          maxBitrate: layer.maxBitrateBps,
          maxFramerate: video.framesPerSecond,
          ...(layers.length > 1
            ? { rid: layer.rid, scaleResolutionDownBy: layer.scaleDownBy, scalabilityMode: 'L1T3' }
            : {}),
        })),
      };
    }
    if (source === 'screen')
      return {
        codecOptions: { videoGoogleStartBitrate: startBitrateKbps([SCREEN_LAYER]) },
        codec: this.#codec('video/vp8'),
        encodings: [{ maxBitrate: SCREEN_LAYER.maxBitrateBps }],
      };
    return { codecOptions: { opusStereo: false, opusDtx: publish.audio?.pattern === 'speech' } };
  }

  #codec(mimeType: string): types.RtpCodecCapability {
    const codec = this.#device.sendRtpCapabilities.codecs?.find(
      (candidate) => candidate.mimeType.toLowerCase() === mimeType,
    );
    if (codec === undefined) throw new Error(`browser and SFU have no ${mimeType} in common to send`);
    return codec;
  }
}
