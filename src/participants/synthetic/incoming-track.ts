import { beginsKeyFrame, vp8DescriptorBytes } from '../../packets/key-frame.ts';
import { type PayloadFormat, type ReceiveStream, StreamField } from '../../packets/types.ts';
import type { TrackSample } from '../types.ts';
import { NackList } from './nack-list.ts';
import { hasFeedback, rtxPayloadType } from './negotiation.ts';
import type { Receiving } from './rooms/types.ts';
import type { ReportBlock } from './rtcp/build.ts';

/** How long a key frame may stay away before it is asked for (again). */
const KEY_FRAME_PATIENCE_MS = 1000;

export interface IncomingFormat {
  ssrc: number;
  rtxSsrc: number | null;
  clockRateHz: number;
  format: PayloadFormat;
}

/** What the packet loop must know to receive a consumer. */
export function formatOf({ rtpParameters, kind }: Receiving): IncomingFormat {
  const encoding = rtpParameters.encodings?.[0];
  const codec = rtpParameters.codecs[0];
  if (encoding?.ssrc === undefined || codec === undefined) throw new Error('the SFU named no SSRC or codec');
  const hasRtx = rtxPayloadType(rtpParameters) !== null;
  const name = codec.mimeType.toLowerCase();
  return {
    ssrc: encoding.ssrc,
    rtxSsrc: hasRtx ? (encoding.rtx?.ssrc ?? null) : null,
    clockRateHz: codec.clockRate,
    format: kind === 'audio' ? 'opus' : name === 'video/h264' ? 'h264' : 'vp8',
  };
}

/** A track that is received: what was counted, what is missing, what to report and to ask for. */
export class IncomingTrack {
  readonly info: Receiving;
  readonly stream: ReceiveStream;
  readonly format: IncomingFormat;
  readonly nacks: NackList;
  readonly askedAtMs: number;
  readonly #codec: string | null;
  /** Told the caller that the first packet came. */
  announced = false;
  /** The last receiver report as it was sent; null: it must be built anew. */
  report: Buffer | null = null;
  /** When its next receiver report is due. */
  nextReportMs = 0;
  active = true;
  nackCount = 0;
  pliCount = 0;
  layerSwitches = 0;
  spatialLayer: number | null = null;
  #width: number | null = null;
  #height: number | null = null;
  #activeSinceMs: number;
  #keyFramesBefore = 0;
  #keyFrameAskedMs = 0;
  #needsKeyFrame: boolean;
  #lastSenderReport = 0;
  #lastSenderReportAtMs = 0;
  #reportedExpected = 0;
  #reportedUnique = 0;
  #delaySumMs = 0;
  #delayCount = 0;

  constructor(info: Receiving, format: IncomingFormat, stream: ReceiveStream, nowMs: number) {
    this.info = info;
    this.format = format;
    this.stream = stream;
    this.nacks = new NackList(stream);
    this.askedAtMs = nowMs;
    this.#codec = info.rtpParameters.codecs[0]?.mimeType.split('/')[1]?.toLowerCase() ?? null;
    this.#activeSinceMs = nowMs;
    this.#needsKeyFrame = info.kind === 'video';
  }

  get canNack(): boolean {
    return hasFeedback(this.info.rtpParameters, 'nack');
  }

  /** Media flows again after a pause. */
  resume(nowMs: number): void {
    this.active = true;
    this.#activeSinceMs = nowMs;
    this.#requireKeyFrame();
  }

  pause(): void {
    this.active = false;
    this.nacks.clear();
  }

  onLayers(spatialLayer: number | null): void {
    if (spatialLayer === this.spatialLayer) return;
    if (this.spatialLayer !== null && spatialLayer !== null) this.layerSwitches += 1;
    this.spatialLayer = spatialLayer;
  }

  /** The decrypted beginning of a key frame: VP8 tells its size there (RFC 6386, section 9.1). */
  onKeyFrame(head: Uint8Array): void {
    if (this.format.format !== 'vp8' || !beginsKeyFrame('vp8', head)) return;
    const at = vp8DescriptorBytes(head) + 6;
    this.#width = ((head[at] ?? 0) | ((head[at + 1] ?? 0) << 8)) & 0x3fff;
    this.#height = ((head[at + 2] ?? 0) | ((head[at + 3] ?? 0) << 8)) & 0x3fff;
  }

  onSenderReport(lastSenderReport: number, nowMs: number): void {
    this.#lastSenderReport = lastSenderReport;
    this.#lastSenderReportAtMs = nowMs;
  }

  /** Packets were lost for good: what follows cannot be decoded before the next key frame. */
  onUnrepaired(): void {
    this.#requireKeyFrame();
  }

  /** Whether to ask for a key frame now. */
  wantsKeyFrame(nowMs: number): boolean {
    if (!this.active || !this.#needsKeyFrame) return false;
    if (this.#count(StreamField.keyFrames) > this.#keyFramesBefore) {
      this.#needsKeyFrame = false;
      return false;
    }
    const since = Math.max(this.#activeSinceMs, this.#keyFrameAskedMs);
    if (nowMs - since < KEY_FRAME_PATIENCE_MS) return false;
    this.#keyFrameAskedMs = nowMs;
    this.pliCount += 1;
    return true;
  }

  /** RFC 3550, section 6.4.1 and A.3; null before the first packet. */
  reportBlock(nowMs: number): ReportBlock | null {
    const highest = this.#count(StreamField.highestSequence);
    if (highest === 0) return null;
    const expected = this.#expected();
    const unique = this.#count(StreamField.unique);
    const expectedInterval = expected - this.#reportedExpected;
    const lostInterval = expectedInterval - (unique - this.#reportedUnique);
    this.#reportedExpected = expected;
    this.#reportedUnique = unique;
    const fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((256 * lostInterval) / expectedInterval));
    return {
      ssrc: this.format.ssrc,
      fractionLost,
      packetsLost: expected - unique,
      // Our extended numbers begin in cycle 1.
      highestSequence: highest - 65_536,
      jitter: this.#count(StreamField.jitter),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport:
        this.#lastSenderReport === 0 ? 0 : Math.round((nowMs - this.#lastSenderReportAtMs) * 65.536),
    };
  }

  sample(nowMs: number): TrackSample {
    const { kind, source, producerId, consumerId, publisherId } = this.info;
    const video = kind === 'video';
    const ifVideo = (value: number | null) => (video ? value : null);
    const started = this.#count(StreamField.highestSequence) !== 0;
    return {
      trackId: consumerId,
      direction: 'down',
      kind,
      source,
      codec: this.#codec,
      producerId,
      consumerId,
      publisherId,
      readAtMs: nowMs,
      ssrc: this.format.ssrc,
      packets: this.#count(StreamField.packets),
      payloadBytes: this.#count(StreamField.payloadBytes),
      headerBytes: this.#count(StreamField.headerBytes),
      retransmittedPackets: this.#count(StreamField.retransmitted),
      packetsLost: started ? this.#expected() - this.#count(StreamField.unique) : null,
      packetsLostBeforeRepair: started ? this.#count(StreamField.lostBeforeRepair) : null,
      packetsOutOfOrder: this.#count(StreamField.outOfOrder),
      packetsDuplicated: this.#count(StreamField.duplicates),
      jitterMs: started ? (1000 * this.#count(StreamField.jitter)) / this.format.clockRateHz : null,
      nackCount: this.nackCount,
      pliCount: ifVideo(this.pliCount),
      firCount: ifVideo(0),
      frames: ifVideo(this.#count(StreamField.frames)),
      keyFrames: ifVideo(this.#count(StreamField.keyFrames)),
      framesDecoded: null,
      firstFrameMs: this.firstFrameMs === null ? null : Math.max(0, this.firstFrameMs - this.askedAtMs),
      audioDecodedMs: null,
      freezeCount: ifVideo(this.#count(StreamField.freezes)),
      totalFreezesDurationMs: ifVideo(this.#count(StreamField.freezesMs)),
      frameWidth: this.#width,
      frameHeight: this.#height,
      spatialLayer: this.spatialLayer,
      layerSwitches: ifVideo(this.layerSwitches),
      paused: !this.active,
      oneWayDelayMs: this.#meanDelay(),
    };
  }

  get firstPacketMs(): number | null {
    return this.#count(StreamField.firstArrivalMs) || null;
  }

  get firstFrameMs(): number | null {
    return this.#count(StreamField.firstFrameMs) || null;
  }

  #requireKeyFrame(): void {
    if (this.info.kind !== 'video') return;
    this.#needsKeyFrame = true;
    this.#keyFramesBefore = this.#count(StreamField.keyFrames);
  }

  #expected(): number {
    return this.#count(StreamField.highestSequence) - this.#count(StreamField.baseSequence) + 1;
  }

  #meanDelay(): number | null {
    const sum = this.#count(StreamField.delaySumMs);
    const count = this.#count(StreamField.delayCount);
    const mean = count === this.#delayCount ? null : (sum - this.#delaySumMs) / (count - this.#delayCount);
    this.#delaySumMs = sum;
    this.#delayCount = count;
    return mean;
  }

  #count(field: number): number {
    return this.stream.counters[field] ?? 0;
  }
}
