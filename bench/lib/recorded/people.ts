import type { MetricLabels } from '../../../src/metrics/catalogue.ts';
import type { ParticipantSummary, TrackRow, TrafficByMedium } from '../../../src/results/records.ts';
import type { StagePlan } from '../../../src/scenario/plan-types.ts';

export interface Track {
  id: string;
  direction: 'up' | 'down';
  kind: 'audio' | 'video';
  source: string;
  ratePps: number;
  publisherId: string;
  labels: MetricLabels;
}

export interface Person {
  id: string;
  room: number;
  bridge: number;
  engine: string;
  endpoint: string;
  joinAtMs: number;
  joined: boolean;
  failed: boolean;
  joinMs: number;
  tracks: Track[];
}

/** Two tracks up and three down: what a participant of a small room has. */
export const TRACKS = [
  { direction: 'up', kind: 'audio', source: 'microphone', ratePps: 50 },
  { direction: 'up', kind: 'video', source: 'camera', ratePps: 95 },
  { direction: 'down', kind: 'audio', source: 'microphone', ratePps: 50 },
  { direction: 'down', kind: 'video', source: 'camera', ratePps: 92 },
  { direction: 'down', kind: 'video', source: 'screen', ratePps: 40 },
] as const;
/** Packets a second of one participant, both ways. */
export const PARTICIPANT_PPS = TRACKS.reduce((sum, track) => sum + track.ratePps, 0);

export const roomId = (index: number) => `r${String(index + 1).padStart(3, '0')}`;
const participantId = (index: number) => `p${String(index + 1).padStart(4, '0')}`;
const endpointOf = (index: number) => (index % 50 === 0 ? 'chromium' : 'synthetic');
const CODECS = { audio: 'opus', video: 'vp8' } as const;
export const bridgeId = (index: number) => `bridge-${index + 1}`;

export function noTraffic(): TrafficByMedium {
  return {
    audio: { packets: 0, bytes: 0 },
    video: { packets: 0, bytes: 0 },
    data: { packets: 0, bytes: 0 },
  };
}

export function bytesOf(track: Track, packets: number): number {
  return packets * (track.kind === 'video' ? 1080 : 96);
}

/** Everybody, spread over rooms and bridges; one in fifty has a browser, one in 211 never gets in. */
export function everybody(
  count: number,
  rooms: number,
  bridges: number,
  joinAtMs: (share: number) => number,
): Person[] {
  return Array.from({ length: count }, (_, i): Person => {
    const room = i % rooms;
    const bridge = room % bridges;
    const engine = i % 50 === 0 ? 'browser' : 'synthetic';
    const endpoint = endpointOf(i);
    // Everybody receives from the next one in the room.
    const publisher = (i + rooms) % count;
    return {
      id: participantId(i),
      room,
      bridge,
      engine,
      endpoint,
      joinAtMs: Math.round(joinAtMs(i / count)),
      joined: false,
      failed: i % 211 === 97,
      joinMs: 0,
      tracks: TRACKS.map(({ direction, kind, source, ratePps }, index) => ({
        id: `t${index + 1}`,
        direction,
        kind,
        source,
        ratePps,
        publisherId: participantId(direction === 'up' ? i : publisher),
        labels: {
          engine,
          room: roomId(room),
          bridge: bridgeId(bridge),
          kind,
          source,
          direction,
          codec: CODECS[kind],
          ...(direction === 'up'
            ? { sender: endpoint }
            : { sender: endpointOf(publisher), receiver: endpoint }),
        },
      })),
    };
  });
}

/** Labels of a participant; its bridge may change when one dies. */
export function labelsOf(person: Person): MetricLabels {
  return {
    engine: person.engine,
    endpoint: person.endpoint,
    bridge: bridgeId(person.bridge),
    room: roomId(person.room),
  };
}

/** A row of `tracks.csv` for one second of a track. */
export function trackRowOf(
  person: Person,
  track: Track,
  stage: StagePlan,
  value: {
    packets: number;
    total: number;
    bytes: number;
    lossRatio: number | null;
    jitterMs: number | null;
    framesPerSecond: number | null;
  },
): TrackRow {
  const isVideo = track.kind === 'video';
  return {
    participantId: person.id,
    roomId: track.labels.room ?? '',
    bridgeId: track.labels.bridge ?? null,
    engine: person.engine,
    endpoint: person.endpoint,
    trackId: track.id,
    direction: track.direction,
    kind: track.kind,
    source: track.source,
    codec: CODECS[track.kind],
    publisherId: track.publisherId,
    producerId: null,
    consumerId: null,
    stage: stage.name,
    steady: stage.steady,
    intervalMs: 1000,
    packetRatePps: value.packets,
    bitrateBps: value.bytes * 8,
    packets: value.total,
    payloadBytes: value.bytes,
    retransmittedPackets: 0,
    packetsLost: 0,
    lossRatio: value.lossRatio,
    lossBeforeRepairRatio: null,
    outOfOrderRatio: null,
    packetsDuplicated: null,
    jitterMs: value.jitterMs,
    framesPerSecond: value.framesPerSecond,
    audioDecodedRatio: null,
    firstFrameMs: null,
    freezeRatio: isVideo ? 0 : null,
    freezeCount: isVideo ? 0 : null,
    frameWidth: isVideo ? 640 : null,
    frameHeight: isVideo ? 360 : null,
    spatialLayer: null,
    layerSwitches: null,
    nackCount: 0,
    pliCount: 0,
    firCount: 0,
    oneWayDelayMs: null,
  };
}

/** What became of a participant over the whole run. */
export function summaryOf(
  person: Person,
  packetsOf: ReadonlyMap<string, number>,
  random: () => number,
  strain: number,
): ParticipantSummary {
  const load = { up: noTraffic(), down: noTraffic() };
  for (const track of person.tracks) {
    const packets = packetsOf.get(`${person.id}${track.id}`) ?? 0;
    load[track.direction][track.kind].packets += packets;
    load[track.direction][track.kind].bytes += bytesOf(track, packets);
  }
  return {
    participantId: person.id,
    group: 'talkers',
    roomId: roomId(person.room),
    bridgeId: person.joined ? bridgeId(person.bridge) : null,
    engine: person.engine,
    endpoint: person.endpoint,
    joinedAtMs: person.joined ? person.joinAtMs : null,
    leftAtMs: null,
    attempts: 1,
    joinMs: person.joined ? person.joinMs : null,
    rttMsMean: person.joined ? 1.4 + random() * strain : null,
    lossRatio: person.joined ? 0.0002 * random() * strain : null,
    jitterMsMax: person.joined ? 4 + random() * 8 * strain : null,
    framesPerSecondMean: person.joined ? 29.8 - random() * strain : null,
    freezeRatio: person.joined ? 0.001 * random() * (strain - 0.9) : null,
    ...load,
  };
}
