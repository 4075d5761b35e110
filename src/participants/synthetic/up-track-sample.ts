import type { MediaSource } from '../../scenario/plan-types.ts';
import type { TrackSample } from '../types.ts';
import type { AudioSource } from './audio-source.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { VideoSource } from './video-source.ts';

/** A source that is being sent. */
export interface Publication {
  source: MediaSource;
  producerId: string;
  task: AudioSource | VideoSource;
  streams: readonly OutgoingStream[];
  nackCount: number;
}

/** Counters of what a participant sends from one source, summed over its layers. */
export function upTrackSample(participantId: string, publication: Publication, nowMs: number): TrackSample {
  const { source, producerId, task, streams, nackCount } = publication;
  const video = task instanceof VideoSource ? task : null;
  const sum = (of: (stream: OutgoingStream) => number) =>
    streams.reduce((total, stream) => total + of(stream), 0);
  const top = streams.at(-1);
  return {
    trackId: `up-${source}`,
    direction: 'up',
    kind: video === null ? 'audio' : 'video',
    source,
    codec: top?.track.codec ?? null,
    producerId,
    consumerId: null,
    publisherId: participantId,
    readAtMs: nowMs,
    ssrc: streams[0]?.ssrc ?? null,
    packets: sum(({ packets }) => packets),
    payloadBytes: sum(({ payloadBytes }) => payloadBytes),
    headerBytes: sum(({ headerBytes }) => headerBytes),
    retransmittedPackets: sum(({ retransmitted }) => retransmitted),
    packetsLost: null,
    packetsLostBeforeRepair: null,
    packetsOutOfOrder: null,
    packetsDuplicated: null,
    jitterMs: null,
    nackCount,
    pliCount: video?.pliCount ?? null,
    firCount: video?.firCount ?? null,
    // Of the highest layer, as a browser counts frames once however many layers they are encoded in.
    frames: video === null ? null : (top?.frames ?? 0),
    keyFrames: video === null ? null : (top?.keyFrames ?? 0),
    framesDecoded: null,
    firstFrameMs: null,
    audioDecodedMs: null,
    freezeCount: null,
    totalFreezesDurationMs: null,
    frameWidth: top?.track.width ?? null,
    frameHeight: top?.track.height ?? null,
    spatialLayer: video === null ? null : streams.length - 1,
    layerSwitches: null,
    paused: false,
    oneWayDelayMs: null,
  };
}
