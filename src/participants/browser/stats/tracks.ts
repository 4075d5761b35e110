import type { MediaKind, MediaSource } from '../../../scenario/plan-types.ts';
import type { TrackSample } from '../../types.ts';
import {
  codecOf,
  largestOf,
  millisecondsOf,
  numberOf,
  ofType,
  type StatsEntry,
  sumOf,
  textOf,
} from './entries.ts';

export interface PublishedTrack {
  source: MediaSource;
  kind: MediaKind;
  producerId: string;
  /** Media section of the send transport that it is in; what its statistics are found by. */
  mid: string | null;
  /** RTP stream ids of its simulcast layers, lowest first; empty without simulcast. */
  rids: string[];
}

export interface ReceivedTrack {
  source: MediaSource;
  kind: MediaKind;
  producerId: string;
  consumerId: string;
  publisherId: string;
  mid: string | null;
  /** As the SFU told last; null when it has not. */
  spatialLayer: number | null;
  layerSwitches: number;
  /** From asking for it to its first frame. */
  firstFrameMs: number | null;
  /** By our own wish. */
  paused: boolean;
}

/** null: the browser has no counters of it yet. */
export function mapPublished(
  track: PublishedTrack,
  participantId: string,
  report: readonly StatsEntry[],
): TrackSample | null {
  const layers = ofType(report, 'outbound-rtp').filter((entry) => textOf(entry, 'mid') === track.mid);
  const packets = withoutRetransmissions(layers, 'packetsSent', 'retransmittedPacketsSent');
  const payloadBytes = withoutRetransmissions(layers, 'bytesSent', 'retransmittedBytesSent');
  const readAtMs = largestOf(layers, 'timestamp');
  if (packets === null || payloadBytes === null || readAtMs === null) return null;
  const remote = ofType(report, 'remote-inbound-rtp').filter((entry) =>
    layers.some((layer) => layer.ssrc === entry.ssrc),
  );
  const top = highestSent(layers, track.rids);
  return {
    trackId: `up:${track.producerId}`,
    direction: 'up',
    kind: track.kind,
    source: track.source,
    codec: codecOf(report, top),
    producerId: track.producerId,
    consumerId: null,
    publisherId: participantId,
    readAtMs,
    ssrc: numberOf(top, 'ssrc'),
    packets,
    payloadBytes,
    headerBytes: sumOf(layers, 'headerBytesSent'),
    retransmittedPackets: sumOf(layers, 'retransmittedPacketsSent'),
    packetsLost: sumOf(remote, 'packetsLost'),
    packetsLostBeforeRepair: null,
    packetsOutOfOrder: null,
    packetsDuplicated: null,
    jitterMs: worst(remote, 'jitter'),
    nackCount: sumOf(layers, 'nackCount'),
    pliCount: sumOf(layers, 'pliCount'),
    firCount: sumOf(layers, 'firCount'),
    // Each layer shows the same pictures: their sum would be no frame rate.
    frames: largestOf(layers, 'framesSent'),
    keyFrames: largestOf(layers, 'keyFramesEncoded'),
    framesDecoded: null,
    firstFrameMs: null,
    audioDecodedMs: null,
    freezeCount: null,
    totalFreezesDurationMs: null,
    frameWidth: numberOf(top, 'frameWidth'),
    frameHeight: numberOf(top, 'frameHeight'),
    spatialLayer: track.rids.length > 1 ? layerOf(top, track.rids) : null,
    layerSwitches: null,
    paused: false,
    oneWayDelayMs: null,
  };
}

/** null: nothing of it has arrived yet. */
export function mapReceived(track: ReceivedTrack, report: readonly StatsEntry[]): TrackSample | null {
  const inbound = ofType(report, 'inbound-rtp').find((entry) => textOf(entry, 'mid') === track.mid);
  if (inbound === undefined) return null;
  const packets = withoutRetransmissions([inbound], 'packetsReceived', 'retransmittedPacketsReceived');
  const payloadBytes = withoutRetransmissions([inbound], 'bytesReceived', 'retransmittedBytesReceived');
  const readAtMs = numberOf(inbound, 'timestamp');
  if (packets === null || payloadBytes === null || readAtMs === null) return null;
  const lost = numberOf(inbound, 'packetsLost');
  // libwebrtc leaves this one out until the first retransmission has come.
  const repaired =
    numberOf(inbound, 'retransmittedPacketsReceived') ?? (numberOf(inbound, 'rtxSsrc') === null ? null : 0);
  return {
    trackId: `down:${track.consumerId}`,
    direction: 'down',
    kind: track.kind,
    source: track.source,
    codec: codecOf(report, inbound),
    producerId: track.producerId,
    consumerId: track.consumerId,
    publisherId: track.publisherId,
    readAtMs,
    ssrc: numberOf(inbound, 'ssrc'),
    packets,
    payloadBytes,
    headerBytes: numberOf(inbound, 'headerBytesReceived'),
    retransmittedPackets: repaired,
    // libwebrtc leaves what RTX brought back out of packetsLost's sum (RtpVideoStreamReceiver2::OnRtpPacket counts
    // no recovered packet), so its number is the loss before repair wherever it tells of retransmissions.
    packetsLost: lost === null || repaired === null ? lost : lost - repaired,
    packetsLostBeforeRepair: repaired === null ? null : lost,
    packetsOutOfOrder: null,
    packetsDuplicated: null,
    jitterMs: millisecondsOf(inbound, 'jitter'),
    nackCount: numberOf(inbound, 'nackCount'),
    pliCount: numberOf(inbound, 'pliCount'),
    firCount: numberOf(inbound, 'firCount'),
    frames: numberOf(inbound, 'framesReceived'),
    keyFrames: numberOf(inbound, 'keyFramesDecoded'),
    framesDecoded: numberOf(inbound, 'framesDecoded'),
    firstFrameMs: track.firstFrameMs,
    audioDecodedMs: audioDecodedMs(inbound),
    freezeCount: numberOf(inbound, 'freezeCount'),
    totalFreezesDurationMs: millisecondsOf(inbound, 'totalFreezesDuration'),
    frameWidth: numberOf(inbound, 'frameWidth'),
    frameHeight: numberOf(inbound, 'frameHeight'),
    spatialLayer: track.spatialLayer,
    layerSwitches: track.kind === 'video' ? track.layerSwitches : null,
    paused: track.paused,
    oneWayDelayMs: null,
  };
}

/** Samples count at the rate of the decoder, which the report does not tell: their share of the sound's duration is known. */
function audioDecodedMs(inbound: StatsEntry): number | null {
  const samples = numberOf(inbound, 'totalSamplesReceived');
  const concealed = numberOf(inbound, 'concealedSamples');
  const durationMs = millisecondsOf(inbound, 'totalSamplesDuration');
  if (samples === null || concealed === null || durationMs === null) return null;
  return samples === 0 ? 0 : (durationMs * (samples - concealed)) / samples;
}

/** getStats counts retransmissions, on a stream of their own or not, into the totals of the stream they repair. */
function withoutRetransmissions(
  entries: readonly StatsEntry[],
  member: string,
  retransmitted: string,
): number | null {
  const total = sumOf(entries, member);
  return total === null ? null : total - (sumOf(entries, retransmitted) ?? 0);
}

/** The highest layer that is really sent: a browser short of bandwidth or CPU sends no frames of the upper ones. */
function highestSent(layers: readonly StatsEntry[], rids: readonly string[]): StatsEntry | undefined {
  const sent = layers.filter((layer) => layer.active !== false && isEncoded(layer));
  const candidates = sent.length > 0 ? sent : layers;
  return candidates.toSorted((a, b) => (layerOf(b, rids) ?? 0) - (layerOf(a, rids) ?? 0))[0];
}

/** A layer that was never encoded has neither rate nor size; not every browser tells the rate. */
function isEncoded(layer: StatsEntry): boolean {
  return (numberOf(layer, 'framesPerSecond') ?? numberOf(layer, 'frameHeight') ?? 0) > 0;
}

function layerOf(layer: StatsEntry | undefined, rids: readonly string[]): number | null {
  const index = rids.indexOf(textOf(layer, 'rid') ?? '');
  return index === -1 ? null : index;
}

function worst(entries: readonly StatsEntry[], member: string): number | null {
  const seconds = largestOf(entries, member);
  return seconds === null ? null : seconds * 1000;
}
