import type { GeneratorSample, ParticipantSample, TrackSample } from '../../src/participants/types.ts';
import type { BridgeSample } from '../../src/targets/types.ts';

/** Samples with nothing in them but what a test says. */
export function bridgeSample(part: Partial<BridgeSample> = {}): BridgeSample {
  return {
    bridgeId: 'bridge-1',
    readAtMs: 0,
    local: { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0 },
    relay: { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0 },
    wireBytesIn: null,
    wireBytesOut: null,
    cpuSeconds: null,
    cpuReadAtMs: null,
    rssBytes: null,
    producers: 0,
    consumers: 0,
    rooms: 0,
    participants: 0,
    nackCount: null,
    pliCount: null,
    firCount: null,
    packetsLostIn: null,
    packetsRetransmittedOut: null,
    readDurationMs: 1,
    ...part,
  };
}

export function trackSample(part: Partial<TrackSample> = {}): TrackSample {
  return {
    trackId: 'track-1',
    direction: 'down',
    kind: 'video',
    source: 'camera',
    codec: null,
    producerId: null,
    consumerId: null,
    publisherId: null,
    readAtMs: 0,
    ssrc: null,
    packets: 0,
    payloadBytes: 0,
    headerBytes: null,
    retransmittedPackets: null,
    packetsLost: null,
    packetsLostBeforeRepair: null,
    packetsOutOfOrder: null,
    packetsDuplicated: null,
    jitterMs: null,
    nackCount: null,
    pliCount: null,
    firCount: null,
    frames: null,
    keyFrames: null,
    framesDecoded: null,
    firstFrameMs: null,
    audioDecodedMs: null,
    freezeCount: null,
    totalFreezesDurationMs: null,
    frameWidth: null,
    frameHeight: null,
    spatialLayer: null,
    layerSwitches: null,
    paused: false,
    oneWayDelayMs: null,
    ...part,
  };
}

export function participantSample(part: Partial<ParticipantSample> = {}): ParticipantSample {
  return {
    participantId: 'p0001',
    readAtMs: 0,
    roundTripTimeMs: null,
    datagramsSent: null,
    datagramsReceived: null,
    controlDatagramsSent: null,
    controlDatagramsReceived: null,
    dataMessagesSent: null,
    dataMessagesReceived: null,
    dataBytesSent: null,
    dataBytesReceived: null,
    availableOutgoingBitrateBps: null,
    tracks: [],
    ...part,
  };
}

export function generatorSample(part: Partial<GeneratorSample> = {}): GeneratorSample {
  return {
    engine: 'synthetic',
    readAtMs: 0,
    cpuSeconds: null,
    rssBytes: null,
    eventLoopDelayMeanMs: null,
    eventLoopDelayMaxMs: null,
    eventLoopUtilisationRatio: null,
    packetsScheduled: null,
    packetsSent: null,
    packetsSentLate: null,
    lateSendP99Ms: null,
    socketDrops: null,
    packetLoop: null,
    ...part,
  };
}
