import { beforeEach, describe, expect, it } from 'vitest';
import type { MetricLabels, MetricName } from '../../src/metrics/catalogue.ts';
import type { ParticipantSample } from '../../src/participants/types.ts';
import type { BridgeRow, ParticipantRow, TimelineRecord, TrackRow } from '../../src/results/records.ts';
import { type MeasurementSink, Measurements, type Readings } from '../../src/run/measurements.ts';
import { Roster } from '../../src/run/roster.ts';
import type { ParticipantPlan } from '../../src/scenario/plan-types.ts';
import { bridgeSample, generatorSample, participantSample, trackSample } from '../support/samples.ts';

class MemorySink implements MeasurementSink {
  records: TimelineRecord[] = [];
  bridges: BridgeRow[] = [];
  participants: ParticipantRow[] = [];
  tracks: TrackRow[] = [];
  observed: [MetricName, MetricLabels, number][] = [];
  record(record: TimelineRecord) {
    this.records.push(record);
  }
  bridgeRow(_tMs: number, row: BridgeRow) {
    this.bridges.push(row);
  }
  participantRow(_tMs: number, row: ParticipantRow) {
    this.participants.push(row);
  }
  trackRow(_tMs: number, row: TrackRow) {
    this.tracks.push(row);
  }
  observe(metric: MetricName, labels: MetricLabels, value: number) {
    this.observed.push([metric, labels, value]);
  }
  values(metric: MetricName): number[] {
    return this.observed.filter(([name]) => name === metric).map(([, , value]) => value);
  }
}

function participant(id: string): ParticipantPlan {
  return {
    id,
    group: 'viewers',
    roomId: 'r001',
    engine: 'synthetic',
    joinAtMs: 0,
    leaveAtMs: null,
    publish: { audio: null, video: null, screen: null },
    subscribe: { audio: 'all', video: 'all', preferredSpatialLayer: null },
    pinnedBridge: null,
  };
}

const PARTICIPANTS: ParticipantPlan[] = [
  participant('p0001'),
  { ...participant('p0002'), engine: 'browser', browser: 'firefox' },
];
const STEPS = { signallingMs: 10, iceMs: 20, dtlsMs: 30, firstPacketMs: null, firstFrameMs: null };

let sink: MemorySink;
let roster: Roster;
let measurements: Measurements;

beforeEach(() => {
  sink = new MemorySink();
  roster = new Roster(PARTICIPANTS, sink);
  measurements = new Measurements(sink, roster, () => 1000);
});

function readings(tMs: number, part: Partial<Readings> = {}): Readings {
  const counters = {
    cpu: { busy: tMs / 1000, idle: tMs / 1000, steal: 0 },
    cores: 2,
    memoryTotalBytes: 1,
    memoryAvailableBytes: 1,
    udp: null,
    softnetDropped: null,
    processCpuSeconds: 0,
    processRssBytes: 0,
  };
  return {
    tMs,
    stage: { name: 'hold', steady: true },
    bridges: [],
    participants: [],
    left: [],
    generators: [],
    host: { readAtMs: tMs, counters },
    ...part,
  };
}

function join(id: string, joinMs = 100, attempt = 1) {
  roster.beginJoin(id, 5);
  roster.onEvent(
    { type: 'joined', participantId: id, bridgeId: 'bridge-1', attempt, joinMs, steps: STEPS },
    0,
  );
}

describe('Measurements', () => {
  it('gives a bridge its stress from its second reading on: packet rate over max', () => {
    const local = { packetsIn: 100, bytesIn: 0, packetsOut: 300, bytesOut: 0 };
    measurements.tick(readings(0, { bridges: [bridgeSample()] }));
    expect(sink.bridges).toEqual([]);
    const { bridges } = measurements.tick(
      readings(1000, { bridges: [bridgeSample({ readAtMs: 1000, local })] }),
    );
    expect(bridges[0]).toMatchObject({ packetRatePps: 400, stress: 0.4, stage: 'hold', steady: true });
    expect(sink.values('bridge.stress')).toEqual([0.4]);
  });

  it('does not clamp stress', () => {
    const local = { packetsIn: 0, bytesIn: 0, packetsOut: 2500, bytesOut: 0 };
    measurements.tick(readings(0, { bridges: [bridgeSample()] }));
    measurements.tick(readings(1000, { bridges: [bridgeSample({ readAtMs: 1000, local })] }));
    expect(sink.values('bridge.stress')).toEqual([2.5]);
  });

  it('leaves stress null without a capacity', () => {
    const unknown = new Measurements(sink, roster, () => null);
    unknown.tick(readings(0, { bridges: [bridgeSample()] }));
    unknown.tick(readings(1000, { bridges: [bridgeSample({ readAtMs: 1000 })] }));
    expect(sink.bridges[0]?.stress).toBeNull();
    expect(sink.values('bridge.stress')).toEqual([]);
  });

  it('writes rows and observations of the tracks received and sums what all sent and received', () => {
    join('p0001');
    const at = (readAtMs: number, packets: number): ParticipantSample =>
      participantSample({
        readAtMs,
        roundTripTimeMs: 4,
        tracks: [
          trackSample({
            trackId: 'down',
            readAtMs,
            packets,
            packetsLost: packets / 10,
            framesDecoded: packets / 2,
            codec: 'vp8',
            publisherId: 'p0002',
          }),
          trackSample({ trackId: 'up', direction: 'up', readAtMs, packets: packets / 2 }),
        ],
      });
    measurements.tick(readings(0, { participants: [at(0, 0)] }));
    const { quality } = measurements.tick(readings(1000, { participants: [at(1000, 100)] }));
    expect(quality).toMatchObject({
      joined: 1,
      target: 2,
      failed: 0,
      packetRateUpPps: 50,
      packetRateDownPps: 100,
    });
    expect(quality.rttMs).toMatchObject({ samples: 1, p50: null, p95: null, max: 4 });
    expect(sink.tracks.map((row) => [row.trackId, row.packetRatePps, row.lossRatio])).toEqual([
      ['down', 100, 10 / 110],
      ['up', 50, null],
    ]);
    expect(sink.values('track.frames_per_second')).toEqual([50]);
    expect(sink.observed.find(([name]) => name === 'track.loss_ratio')?.[1]).toEqual({
      engine: 'synthetic',
      room: 'r001',
      bridge: 'bridge-1',
      kind: 'video',
      source: 'camera',
      direction: 'down',
      codec: 'vp8',
      sender: 'firefox',
      receiver: 'synthetic',
    });
    expect(sink.observed.find(([name]) => name === 'participant.rtt_ms')?.[1]).toMatchObject({
      endpoint: 'synthetic',
    });
  });

  it('tells a first frame once, and how much of the sound was decoded', () => {
    join('p0001');
    const at = (readAtMs: number, firstFrameMs: number | null) =>
      participantSample({
        readAtMs,
        tracks: [
          trackSample({ readAtMs, firstFrameMs }),
          trackSample({
            trackId: 'sound',
            kind: 'audio',
            source: 'microphone',
            readAtMs,
            audioDecodedMs: readAtMs / 2,
          }),
        ],
      });
    measurements.tick(readings(0, { participants: [at(0, null)] }));
    measurements.tick(readings(1000, { participants: [at(1000, 350)] }));
    measurements.tick(readings(2000, { participants: [at(2000, 350)] }));
    expect(sink.values('track.first_frame_ms')).toEqual([350]);
    expect(sink.values('track.audio_decoded_ratio')).toEqual([0.5, 0.5]);
    // It was there already when the track was read for the first time.
    const early = trackSample({ trackId: 'quick', readAtMs: 2000, firstFrameMs: 40 });
    measurements.tick(
      readings(2500, { participants: [participantSample({ participantId: 'p0002', tracks: [early] })] }),
    );
    expect(sink.values('track.first_frame_ms')).toEqual([350, 40]);
    expect(sink.tracks.at(-1)).toMatchObject({ audioDecodedRatio: 0.5, endpoint: 'synthetic' });
  });

  it('takes a track that its receiver paused for no bad quality, but counts its packets', () => {
    join('p0001');
    const at = (readAtMs: number, paused: boolean) =>
      participantSample({
        readAtMs,
        tracks: [trackSample({ readAtMs, packets: 10, framesDecoded: 5, paused })],
      });
    measurements.tick(readings(0, { participants: [at(0, false)] }));
    measurements.tick(readings(1000, { participants: [at(1000, true)] }));
    measurements.tick(readings(2000, { participants: [at(2000, false)] }));
    expect(sink.values('track.frames_per_second')).toEqual([]);
    measurements.tick(readings(3000, { participants: [at(3000, false)] }));
    expect(sink.values('track.frames_per_second')).toEqual([0]);
    expect(sink.tracks).toHaveLength(3);
  });

  it('writes the last interval of who left, and judges it unless it is too short for a rate', () => {
    join('p0001');
    const at = (readAtMs: number) =>
      participantSample({
        readAtMs,
        tracks: [trackSample({ readAtMs, packets: readAtMs / 10, framesDecoded: readAtMs / 40 })],
      });
    measurements.tick(readings(0, { participants: [at(0)] }));
    const { quality } = measurements.tick(readings(1000, { left: [at(400)] }));
    expect(sink.tracks.map((row) => [row.intervalMs, row.packetRatePps, row.packets])).toEqual([
      [400, 100, 40],
    ]);
    expect(sink.participants.map((row) => row.down.video.packets)).toEqual([40]);
    expect(sink.values('track.frames_per_second')).toEqual([25]);
    // The second's quality is that of those who are there at its end.
    expect(quality).toMatchObject({ packetRateDownPps: 0, framesPerSecond: null });
    measurements.tick(readings(2000, { participants: [at(2000)] }));
    measurements.tick(readings(3000, { left: [at(2100)] }));
    expect(sink.tracks.at(-1)).toMatchObject({ intervalMs: 100, packets: 210 });
    expect(sink.values('track.frames_per_second')).toEqual([25]);
    // Who comes again under the same name begins anew.
    measurements.tick(readings(4000, { participants: [at(4000)] }));
    expect(sink.tracks).toHaveLength(2);
  });

  it('ignores a participant that is not of this run', () => {
    measurements.tick(readings(0, { participants: [participantSample({ participantId: 'stranger' })] }));
    measurements.tick(
      readings(1000, { participants: [participantSample({ participantId: 'stranger', readAtMs: 1000 })] }),
    );
    expect(sink.participants).toEqual([]);
  });

  it('records the generator’s lateness', () => {
    measurements.tick(readings(0, { generators: [generatorSample({ packetsSent: 0, packetsSentLate: 0 })] }));
    measurements.tick(
      readings(1000, {
        generators: [generatorSample({ readAtMs: 1000, packetsSent: 100, packetsSentLate: 7 })],
      }),
    );
    expect(sink.values('generator.late_send_ratio')).toEqual([0.07]);
  });
});

describe('Roster', () => {
  it('measures a join from when it was due', () => {
    join('p0001', 100);
    expect(sink.values('participant.join_ms')).toEqual([105]);
    expect(sink.values('participant.ice_ms')).toEqual([20]);
    expect(roster.present).toBe(1);
  });

  it('does not charge a rejoin with the lateness of the first join', () => {
    join('p0001', 100, 2);
    expect(sink.values('participant.join_ms')).toEqual([100]);
  });

  it('counts as failed who never got in', () => {
    roster.onEvent({ type: 'failed', participantId: 'p0001', attempt: 1, reason: 'no ICE' }, 1000);
    join('p0002');
    roster.onEvent({ type: 'failed', participantId: 'p0002', attempt: 2, reason: 'bridge gone' }, 2000);
    expect([roster.failed, roster.everJoined, roster.present]).toEqual([1, 1, 0]);
    expect(sink.values('participant.join_failed_ratio')).toEqual([1, 0, 1]);
  });

  it('writes one summary a participant, with the packets of tracks that have closed', () => {
    join('p0001');
    const sample = (readAtMs: number, ...tracks: ReturnType<typeof trackSample>[]) =>
      measurements.tick(readings(readAtMs, { participants: [participantSample({ readAtMs, tracks })] }));
    sample(0, trackSample({ trackId: 'a', packets: 10, payloadBytes: 100 }));
    sample(1000, trackSample({ trackId: 'b', packets: 5, payloadBytes: 50 }));
    roster.onEvent({ type: 'left', participantId: 'p0001', reason: 'planned' }, 2000);
    roster.summariseAll(3000);
    const summaries = sink.records.filter((record) => record.type === 'participant-summary');
    expect(
      summaries.map(({ summary }) => [summary.participantId, summary.down.video, summary.leftAtMs]),
    ).toEqual([
      ['p0001', { packets: 15, bytes: 150 }, 2000],
      ['p0002', { packets: 0, bytes: 0 }, null],
    ]);
  });
});

describe('publishing and subscribing', () => {
  it('keeps later attempts apart from the first and writes both down', () => {
    join('p0001');
    const event = { participantId: 'p0001', source: 'camera', producerId: 'x', durationMs: 40 } as const;
    roster.onEvent({ type: 'subscribed', ...event, attempt: 1 }, 10);
    roster.onEvent({ type: 'subscribed', ...event, attempt: 2, durationMs: 900 }, 20);
    const labels = sink.observed
      .filter(([name]) => name === 'participant.subscribe_ms')
      .map(([, label]) => label.attempt);
    expect(labels).toEqual(['first', 'later']);
    expect(sink.records.filter((record) => record.type === 'track-subscribed')).toHaveLength(2);
  });
});
