import type { ProducerInfo } from '../../cluster/signalling/protocol.ts';
import type { ParticipantSample, TrackSample } from '../types.ts';

export interface FakeTrack {
  trackId: string;
  direction: 'up' | 'down';
  producer: ProducerInfo;
  consumerId: string | null;
  /** When its first packet flows. */
  sinceMs: number;
}

/** What every fake track carries: round numbers, so that a test can say what must come out. */
export const FAKE_AUDIO = { packetRatePps: 50, payloadBytes: 80 } as const;
export const FAKE_VIDEO = {
  packetRatePps: 100,
  payloadBytes: 1000,
  framesPerSecond: 25,
  frameWidth: 640,
  frameHeight: 360,
} as const;
const HEADER_BYTES = 12;
const FAKE_FIRST_FRAME_MS = 60;

/** All counters are those that a source of a steady rate has at `readAtMs`. */
export function fakeParticipantSample(
  participantId: string,
  tracks: readonly FakeTrack[],
  readAtMs: number,
): ParticipantSample {
  const samples = tracks.map((track) => fakeTrackSample(track, readAtMs));
  const packets = (direction: 'up' | 'down') =>
    samples.filter((track) => track.direction === direction).reduce((sum, track) => sum + track.packets, 0);
  return {
    participantId,
    readAtMs,
    roundTripTimeMs: 10,
    datagramsSent: packets('up'),
    datagramsReceived: packets('down'),
    controlDatagramsSent: 0,
    controlDatagramsReceived: 0,
    dataMessagesSent: null,
    dataMessagesReceived: null,
    dataBytesSent: null,
    dataBytesReceived: null,
    availableOutgoingBitrateBps: null,
    tracks: samples,
  };
}

function fakeTrackSample(
  { trackId, direction, producer, consumerId, sinceMs }: FakeTrack,
  readAtMs: number,
): TrackSample {
  const elapsedS = Math.max(0, readAtMs - sinceMs) / 1000;
  const isVideo = producer.kind === 'video';
  const { packetRatePps, payloadBytes } = isVideo ? FAKE_VIDEO : FAKE_AUDIO;
  const packets = Math.floor(elapsedS * packetRatePps);
  const frames = isVideo ? Math.floor(elapsedS * FAKE_VIDEO.framesPerSecond) : null;
  const received = direction === 'down';
  return {
    trackId,
    direction,
    kind: producer.kind,
    source: producer.source,
    codec: isVideo ? 'vp8' : 'opus',
    producerId: producer.producerId,
    consumerId,
    publisherId: producer.participantId,
    readAtMs,
    ssrc: null,
    packets,
    payloadBytes: packets * payloadBytes,
    headerBytes: packets * HEADER_BYTES,
    retransmittedPackets: 0,
    packetsLost: 0,
    packetsLostBeforeRepair: received ? 0 : null,
    packetsOutOfOrder: received ? 0 : null,
    packetsDuplicated: received ? 0 : null,
    jitterMs: 1,
    nackCount: 0,
    pliCount: isVideo ? 0 : null,
    firCount: isVideo ? 0 : null,
    frames,
    keyFrames: frames === null ? null : Math.min(1, frames),
    framesDecoded: received ? frames : null,
    firstFrameMs: received && frames !== null && frames > 0 ? FAKE_FIRST_FRAME_MS : null,
    audioDecodedMs: received && !isVideo ? elapsedS * 1000 : null,
    freezeCount: received && isVideo ? 0 : null,
    totalFreezesDurationMs: received && isVideo ? 0 : null,
    frameWidth: isVideo ? FAKE_VIDEO.frameWidth : null,
    frameHeight: isVideo ? FAKE_VIDEO.frameHeight : null,
    spatialLayer: null,
    layerSwitches: null,
    paused: false,
    oneWayDelayMs: null,
  };
}
