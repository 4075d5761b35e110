import type { MetricLabels } from '../../src/metrics/catalogue.ts';
import { RunRecorder } from '../../src/results/recorder.ts';
import type {
  BridgeRow,
  GateResult,
  Manifest,
  ParticipantSummary,
  QuantileRow,
  TrackRow,
} from '../../src/results/records.ts';
import type { StagePlan } from '../../src/scenario/plan-types.ts';
import { Distribution } from '../../src/stats/distribution.ts';
import { randomFrom } from './random.ts';

export interface RecordedRunOptions {
  name?: string;
  participants: number;
  rooms: number;
  bridges: number;
  /** Seconds of the run; the stages are shares of it. */
  durationS: number;
  /** 1: a quiet host; above that, load, delay and loss grow. */
  strain?: number;
  /** The bridge that dies, and at which share of the run. */
  death?: { bridge: number; at: number } | null;
  /** Stops without an end, as SIGKILL would. */
  killedAt?: number | null;
  roomNames?: (index: number) => string;
  startedAt?: string;
  gates?: GateResult[];
  verdict?: Manifest['verdict'];
  trust?: Manifest['trust'];
  maxPacketRatePps?: number;
  seed?: number;
  version?: string;
}

interface Track {
  id: string;
  direction: 'up' | 'down';
  kind: 'audio' | 'video';
  source: string;
  ratePps: number;
  labels: MetricLabels;
}

interface Person {
  id: string;
  room: number;
  bridge: number;
  engine: string;
  joinAtMs: number;
  joined: boolean;
  failed: boolean;
  joinMs: number;
  tracks: Track[];
}

/** Two tracks up and three down: what a participant of a small room has. */
const TRACKS = [
  { direction: 'up', kind: 'audio', source: 'microphone', ratePps: 50 },
  { direction: 'up', kind: 'video', source: 'camera', ratePps: 95 },
  { direction: 'down', kind: 'audio', source: 'microphone', ratePps: 50 },
  { direction: 'down', kind: 'video', source: 'camera', ratePps: 92 },
  { direction: 'down', kind: 'video', source: 'screen', ratePps: 40 },
] as const;

function stagesOf(durationMs: number): StagePlan[] {
  const shares = [
    ['warm-up', 'warm-up', 0.04, false],
    ['ramp', 'ramp', 0.22, false],
    ['hold', 'hold', 0.68, true],
    ['ramp-down', 'ramp-down', 0.06, false],
  ] as const;
  let startMs = 0;
  return shares.map(([name, kind, share, steady]) => {
    const stage = {
      name,
      kind,
      startMs,
      endMs: Math.round(startMs + share * durationMs),
      steady,
      participantsAtEnd: 0,
    };
    startMs = stage.endMs;
    return stage;
  });
}

/** A run as it would have been recorded, made from a seed: the real recorder, a clock that jumps. */
export async function writeRecordedRun(dir: string, options: RecordedRunOptions): Promise<void> {
  const { participants, rooms, bridges } = options;
  const durationMs = options.durationS * 1000;
  const strain = options.strain ?? 1;
  const random = randomFrom(options.seed ?? 7);
  const normal = () => (random() + random() + random() + random() - 2) * 1.2;
  const stages = stagesOf(durationMs);
  const [warmUp, ramp, hold] = stages;
  const roomName = options.roomNames ?? ((index: number) => `room ${index + 1}`);
  const roomId = (index: number) => `r${String(index + 1).padStart(3, '0')}`;
  const bridgeId = (index: number) => `bridge-${index + 1}`;
  const startedAt = options.startedAt ?? '2026-11-20T09:00:00.000Z';
  const maxPacketRatePps = options.maxPacketRatePps ?? Math.ceil((participants / bridges) * 327 * 1.6);

  const people = Array.from({ length: participants }, (_, i): Person => {
    const room = i % rooms;
    const bridge = room % bridges;
    const engine = i % 50 === 0 ? 'browser' : 'synthetic';
    return {
      id: `p${String(i + 1).padStart(4, '0')}`,
      room,
      bridge,
      engine,
      joinAtMs: Math.round((warmUp?.endMs ?? 0) * 0.2 + (i / participants) * ((ramp?.endMs ?? 0) * 0.97)),
      joined: false,
      failed: i % 211 === 97,
      joinMs: 0,
      tracks: TRACKS.map((track, index) => ({
        id: `t${index + 1}`,
        ...track,
        labels: {
          engine,
          room: roomId(room),
          bridge: bridgeId(bridge),
          kind: track.kind,
          source: track.source,
          direction: track.direction,
        },
      })),
    };
  });

  const manifest: Manifest = {
    schemaVersion: 1,
    tool: { version: options.version ?? '0.1.0' },
    scenario: {
      name: options.name ?? 'recorded-hour',
      sha256: '5c1f0f4d7b0e0d6d4f7a6f8b2f0f5f3f1c5b6a7d8e9f0a1b2c3d4e5f60718293',
      path: `scenarios/${options.name ?? 'recorded-hour'}.yaml`,
    },
    command: ['rtc-bench', 'run', `scenarios/${options.name ?? 'recorded-hour'}.yaml`, '--seed', '7'],
    startedAt,
    endedAt: null,
    status: 'running',
    statusReason: null,
    verdict: null,
    exitCode: null,
    seed: 7,
    steadyWindow: null,
    target: { kind: 'mediasoup', notOffered: ['bridge.memory_bytes'] },
    participants: { planned: participants, joined: 0, failed: 0 },
    rooms: Object.fromEntries(Array.from({ length: rooms }, (_, i) => [roomId(i), roomName(i)])),
    bridges: [],
    gates: [],
    trust: null,
    accounting: null,
    sampling: { intervalMs: 1000, trackRowIntervalMs: 1000, participantRowIntervalMs: 1000 },
    host: {
      hostname: 'bench-1',
      kernel: 'Linux 6.1.0-28-amd64',
      cpuModel: 'AMD EPYC 7B13',
      cores: 8,
      memoryTotalBytes: 33_548_419_072,
      udpReceiveBufferMaxBytes: 212_992,
      openFilesLimit: 1_048_576,
    },
    versions: {
      'rtc-bench': options.version ?? '0.1.0',
      node: '24.21.0',
      mediasoup: '3.27.1',
      chromium: '156.0.8078.73',
    },
    warnings: [],
    files: [],
  };
  const recorder = await RunRecorder.create(dir, manifest, {
    durationMs,
    expectedTracks: participants * TRACKS.length,
    expectedParticipants: participants,
  });
  recorder.record({ tMs: 0, type: 'run-started', startedAt, planned: participants, durationMs, stages });
  for (let b = 0; b < bridges; b += 1)
    recorder.record({ tMs: 0, type: 'bridge-up', bridgeId: bridgeId(b), software: 'mediasoup 3.27.1' });
  for (let r = 0; r < rooms; r += 1)
    recorder.record({
      tMs: 0,
      type: 'room-placed',
      roomId: roomId(r),
      bridgeId: bridgeId(r % bridges),
      reason: 'first',
    });

  const counters = Array.from({ length: bridges }, () => ({ in: 0, out: 0, relayIn: 0, relayOut: 0 }));
  const deadBridges = new Set<number>();
  const packetsOf = new Map<string, number>();
  let stageIndex = -1;
  let next = 0;
  const present: Person[] = [];
  let failedCount = 0;

  for (let tMs = 1000; tMs <= durationMs; tMs += 1000) {
    if (options.killedAt !== null && options.killedAt !== undefined && tMs > options.killedAt * durationMs) {
      await recorder.drain();
      await new Promise((resolve) => setImmediate(resolve));
      await recorder.drain();
      return;
    }
    while (stageIndex < 0 || tMs > (stages[stageIndex]?.endMs ?? 0)) {
      stageIndex += 1;
      const stage = stages[stageIndex];
      if (stage === undefined) throw new RangeError('the run outlasts its stages');
      recorder.startStage(stage.name, stage.steady, stage.startMs);
    }
    const stage = stages[stageIndex];
    if (stage === undefined) throw new RangeError('no stage');
    const deathMs = options.death == null ? null : options.death.at * durationMs;
    if (
      deathMs !== null &&
      options.death != null &&
      tMs >= deathMs &&
      !deadBridges.has(options.death.bridge)
    ) {
      deadBridges.add(options.death.bridge);
      recorder.record({
        tMs,
        type: 'bridge-died',
        bridgeId: bridgeId(options.death.bridge),
        reason: 'exit code 139 (SIGSEGV)',
      });
      const heir = (options.death.bridge + 1) % bridges;
      for (let r = 0; r < rooms; r += 1) {
        if (r % bridges === options.death.bridge)
          recorder.record({
            tMs: tMs + 200,
            type: 'room-placed',
            roomId: roomId(r),
            bridgeId: bridgeId(heir),
            reason: 'bridge-died',
          });
      }
      for (const person of people) if (person.bridge === options.death.bridge) person.bridge = heir;
    }

    for (
      let person = people[next];
      person !== undefined && person.joinAtMs <= tMs;
      next += 1, person = people[next]
    ) {
      if (person.failed) {
        failedCount += 1;
        recorder.record({
          tMs,
          type: 'participant-failed',
          participantId: person.id,
          roomId: roomId(person.room),
          engine: person.engine,
          attempt: 1,
          reason: 'ICE did not connect within 15 s',
        });
        recorder.observe(
          'participant.join_failed_ratio',
          { engine: person.engine, bridge: bridgeId(person.bridge), room: roomId(person.room) },
          1,
        );
        continue;
      }
      const steps = {
        signallingMs: 8 + 4 * random() * strain,
        iceMs: 14 + 9 * random() * strain,
        dtlsMs: 11 + 8 * random() * strain,
        firstPacketMs: 60 + 30 * random(),
        firstFrameMs: 180 + 120 * random() * strain,
      };
      person.joinMs = steps.signallingMs + steps.iceMs + steps.dtlsMs;
      person.joined = true;
      present.push(person);
      const labels = { engine: person.engine, bridge: bridgeId(person.bridge), room: roomId(person.room) };
      recorder.record({
        tMs,
        type: 'participant-joined',
        participantId: person.id,
        roomId: roomId(person.room),
        bridgeId: bridgeId(person.bridge),
        engine: person.engine,
        attempt: 1,
        startLagMs: random(),
        joinMs: person.joinMs,
        steps,
      });
      recorder.observe('participant.join_ms', labels, person.joinMs);
      recorder.observe('participant.signalling_ms', labels, steps.signallingMs);
      recorder.observe('participant.ice_ms', labels, steps.iceMs);
      recorder.observe('participant.dtls_ms', labels, steps.dtlsMs);
      recorder.observe('participant.first_packet_ms', labels, steps.firstPacketMs);
      recorder.observe('participant.first_frame_ms', labels, steps.firstFrameMs);
      recorder.observe('participant.join_failed_ratio', labels, 0);
    }
    const leaving =
      stage.kind === 'ramp-down' ? Math.max(0, 1 - (tMs - stage.startMs) / (stage.endMs - stage.startMs)) : 1;
    const active = Math.round(present.length * leaving);

    // A slow wave and bursts, so that there is something to see.
    const wave = 1 + 0.06 * Math.sin((tMs / durationMs) * 19) + (tMs % 311_000 < 6000 ? 0.22 : 0);
    const q = {
      rtt: new Distribution(),
      loss: new Distribution(),
      jitter: new Distribution(),
      fps: new Distribution(),
    };
    const rates = Array.from({ length: bridges }, () => ({ in: 0, out: 0, relay: 0, people: 0, load: 0 }));
    for (let i = 0; i < active; i += 1) {
      const rate = rates[present[i]?.bridge ?? 0];
      if (rate !== undefined) rate.load += 1;
    }
    let up = 0;
    let down = 0;
    for (let i = 0; i < active; i += 1) {
      const person = present[i];
      if (person === undefined) continue;
      const rate = rates[person.bridge];
      if (rate === undefined) continue;
      const pressure = (rate.load * 327 * wave) / maxPacketRatePps;
      const over = Math.max(0, pressure * strain - 0.85);
      const labels = { engine: person.engine, bridge: bridgeId(person.bridge), room: roomId(person.room) };
      const rttMs = Math.max(
        0.2,
        1.4 + 0.5 * normal() + 30 * over * random() + (random() < 0.0006 ? 20 * random() : 0),
      );
      q.rtt.add(rttMs);
      recorder.observe('participant.rtt_ms', labels, rttMs);
      rate.people += 1;
      const load = {
        audio: { packets: 0, bytes: 0 },
        video: { packets: 0, bytes: 0 },
        data: { packets: 0, bytes: 0 },
      };
      const traffic = { up: structuredCopy(load), down: structuredCopy(load) };
      for (const track of person.tracks) {
        const isVideo = track.kind === 'video';
        const packets = Math.round(track.ratePps * wave * (0.94 + 0.12 * random()));
        const key = `${person.id}${track.id}`;
        const total = (packetsOf.get(key) ?? 0) + packets;
        packetsOf.set(key, total);
        const bytes = packets * (isVideo ? 1080 : 96);
        traffic[track.direction][track.kind].packets += packets;
        traffic[track.direction][track.kind].bytes += bytes;
        let lossRatio: number | null = null;
        let jitterMs: number | null = null;
        let framesPerSecond: number | null = null;
        if (track.direction === 'up') {
          up += packets;
          rate.in += packets;
        } else {
          down += packets;
          rate.out += packets;
          lossRatio = random() < 0.004 + over ? 0.03 * random() * (1 + 10 * over) : 0;
          jitterMs = Math.max(0.05, 2 + 0.7 * normal() + 25 * over * random());
          q.loss.add(lossRatio);
          q.jitter.add(jitterMs);
          recorder.observe('track.loss_ratio', track.labels, lossRatio);
          recorder.observe('track.jitter_ms', track.labels, jitterMs);
          if (isVideo) {
            framesPerSecond = Math.max(
              0,
              (track.source === 'screen' ? 5 : 30) - (random() < 0.02 ? 1 : 0) - 14 * over * random(),
            );
            if (track.source === 'camera') q.fps.add(framesPerSecond);
            recorder.observe('track.frames_per_second', track.labels, framesPerSecond);
            recorder.observe(
              'track.freeze_ratio',
              track.labels,
              over > 0.05 && random() < 0.1 ? random() * 0.3 : 0,
            );
          }
        }
        recorder.observe('track.packet_rate_pps', track.labels, packets);
        recorder.observe('track.bitrate_bps', track.labels, bytes * 8);
        recorder.trackRow(
          tMs,
          trackRowOf(person, track, stage, {
            tMs,
            packets,
            total,
            bytes,
            lossRatio,
            jitterMs,
            framesPerSecond,
          }),
        );
      }
      recorder.participantRow(tMs, {
        participantId: person.id,
        group: 'talkers',
        roomId: roomId(person.room),
        bridgeId: bridgeId(person.bridge),
        engine: person.engine,
        stage: stage.name,
        steady: stage.steady,
        intervalMs: 1000,
        rttMs,
        ...traffic,
        tracksUp: 2,
        tracksDown: 3,
        controlDatagramsSent: 4,
        controlDatagramsReceived: 4,
        availableOutgoingBitrateBps: null,
      });
    }

    for (let b = 0; b < bridges; b += 1) {
      const rate = rates[b];
      const counter = counters[b];
      if (rate === undefined || counter === undefined || deadBridges.has(b)) continue;
      rate.relay = Math.round(rate.out * 0.12);
      counter.in += rate.in;
      counter.out += rate.out;
      counter.relayIn += rate.relay;
      counter.relayOut += rate.relay;
      const packetRatePps = rate.in + rate.out + 2 * rate.relay;
      const row: BridgeRow = {
        bridgeId: bridgeId(b),
        stage: stage.name,
        steady: stage.steady,
        intervalMs: 1000,
        packetRateInPps: rate.in,
        packetRateOutPps: rate.out,
        relayPacketRateInPps: rate.relay,
        relayPacketRateOutPps: rate.relay,
        packetRatePps,
        bitrateInBps: rate.in * 6100,
        bitrateOutBps: rate.out * 5600,
        maxPacketRatePps,
        stress: packetRatePps / maxPacketRatePps,
        cpuRatio: Math.max(0.01, (packetRatePps / maxPacketRatePps) * 0.72 + 0.02 * normal()),
        memoryBytes: 58e6 + rate.people * 90_000,
        producers: rate.people * 2,
        consumers: rate.people * 3,
        rooms: Math.ceil(rooms / bridges),
        participants: rate.people,
        nackRatePps: random() * 3,
        pliRatePps: random(),
        packetsIn: counter.in,
        packetsOut: counter.out,
        relayPacketsIn: counter.relayIn,
        relayPacketsOut: counter.relayOut,
        readAtMs: tMs,
      };
      recorder.record({ tMs, type: 'bridge', sample: row });
      recorder.bridgeRow(tMs, row);
      const labels = { bridge: row.bridgeId };
      recorder.observe('bridge.stress', labels, row.stress ?? 0);
      recorder.observe('bridge.packet_rate_pps', labels, packetRatePps);
      recorder.observe('bridge.packet_rate_in_pps', labels, rate.in + rate.relay);
      recorder.observe('bridge.packet_rate_out_pps', labels, rate.out + rate.relay);
      recorder.observe('bridge.cpu_ratio', labels, row.cpuRatio ?? 0);
    }
    const cpu = Math.min(1, 0.06 + (0.5 * strain * active) / participants + 0.02 * Math.abs(normal()));
    recorder.record({
      tMs,
      type: 'host',
      sample: {
        cpuRatio: cpu,
        stealRatio: 0.001 * random(),
        memoryAvailableBytes: 20e9,
        udpDatagramsInPps: up + down,
        udpDatagramsOutPps: up + down,
        udpReceiveBufferErrors: strain > 1.5 && random() < 0.01 ? 12 : 0,
        udpSendBufferErrors: 0,
        softnetDropped: 0,
      },
    });
    recorder.observe('host.cpu_ratio', {}, cpu);
    recorder.record({
      tMs,
      type: 'generator',
      sample: {
        engine: 'synthetic',
        cpuRatio: cpu * 0.55,
        memoryBytes: 400e6,
        eventLoopDelayMaxMs: 4 + 6 * random() * strain,
        eventLoopUtilisationRatio: cpu * 0.8,
        packetsScheduled: up,
        packetsSent: up,
        lateSendRatio: 0.0004 * random() * strain,
        lateSendP99Ms: 2 + 3 * random() * strain,
        socketDrops: 0,
      },
    });
    recorder.observe('generator.cpu_ratio', { engine: 'synthetic' }, cpu * 0.55);
    recorder.observe('generator.event_loop_delay_ms', { engine: 'synthetic' }, 4 + 6 * random() * strain);
    recorder.observe('generator.late_send_ratio', { engine: 'synthetic' }, 0.0004 * random() * strain);
    recorder.record({
      tMs,
      type: 'quality',
      sample: {
        joined: active,
        target: Math.round(next * leaving),
        failed: failedCount,
        rttMs: quantiles(q.rtt),
        lossRatio: quantiles(q.loss),
        jitterMs: quantiles(q.jitter),
        framesPerSecond: quantiles(q.fps),
        packetRateUpPps: up,
        packetRateDownPps: down,
        controlDatagramRatePps: active * 8,
      },
    });
    if (strain > 1.5 && tMs === Math.round(durationMs * 0.5))
      recorder.record({
        tMs,
        type: 'warning',
        code: 'RTCB_ENGINE_FAILED',
        message: 'browser: page crashed (out of memory), 2 participants lost',
      });
    if (tMs % 5000 === 0) await new Promise((resolve) => setImmediate(resolve));
    await recorder.drain();
  }

  for (const person of people)
    recorder.record({
      tMs: durationMs,
      type: 'participant-summary',
      summary: summaryOf(person, packetsOf, random, strain, roomId, bridgeId),
    });
  for (const gate of options.gates ?? [])
    recorder.record({
      tMs: durationMs,
      type: 'gate',
      expression: gate.expression,
      outcome: gate.outcome,
      value: gate.value,
    });
  const joined = people.filter((person) => person.joined).length;
  const verdict = options.verdict ?? 'pass';
  const windowMs = (hold?.endMs ?? 0) - (hold?.startMs ?? 0);
  const bridgesIn = counters.reduce((sum, counter) => sum + counter.in, 0);
  const bridgesOut = counters.reduce((sum, counter) => sum + counter.out, 0);
  const relayPackets = counters.reduce((sum, counter) => sum + counter.relayOut, 0);
  await recorder.finish(durationMs, {
    status: 'completed',
    endedAt: new Date(Date.parse(startedAt) + durationMs).toISOString(),
    verdict,
    exitCode: verdict === 'pass' ? 0 : verdict === 'fail' ? 99 : 4,
    steadyWindow: { startMs: hold?.startMs ?? 0, endMs: hold?.endMs ?? 0 },
    participants: { planned: participants, joined, failed: participants - joined },
    bridges: recorder.bridgeSummaries(
      Array.from({ length: bridges }, (_, b) => ({
        id: bridgeId(b),
        software: 'mediasoup 3.27.1',
        maxPacketRatePps,
        maxPacketRateSource: 'scenario',
      })),
    ),
    gates: options.gates ?? [],
    trust: options.trust ?? { verdict: 'trusted', reasons: [] },
    accounting: {
      windowMs,
      bridgesIn,
      bridgesOut,
      participantsSent: bridgesIn + 12,
      participantsReceived: bridgesOut - 41,
      differenceUpRatio: 12 / bridgesIn,
      differenceDownRatio: -41 / bridgesOut,
      relayPackets,
      controlDatagrams: participants * 8 * 10,
      kernelDatagramsOut: bridgesIn + bridgesOut + relayPackets + participants * 80 + 911,
      kernelDifferenceRatio: -911 / (bridgesIn + bridgesOut + relayPackets),
    },
    warnings: failedCount > 0 ? [`${failedCount} participants never joined`] : [],
  });
}

function structuredCopy<T extends Record<string, { packets: number; bytes: number }>>(load: T): T {
  return Object.fromEntries(Object.entries(load).map(([medium, value]) => [medium, { ...value }])) as T;
}

function quantiles(distribution: Distribution): QuantileRow | null {
  if (distribution.count === 0) return null;
  return {
    samples: distribution.count,
    p50: distribution.quantile(0.5),
    p95: distribution.quantile(0.95),
    max: distribution.max ?? 0,
    p5: distribution.quantile(0.05),
    min: distribution.min,
  };
}

function trackRowOf(
  person: Person,
  track: Track,
  stage: StagePlan,
  value: {
    tMs: number;
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
    trackId: track.id,
    direction: track.direction,
    kind: track.kind,
    source: track.source,
    publisherId: person.id,
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

function summaryOf(
  person: Person,
  packetsOf: ReadonlyMap<string, number>,
  random: () => number,
  strain: number,
  roomId: (index: number) => string,
  bridgeId: (index: number) => string,
): ParticipantSummary {
  const none = () => ({
    audio: { packets: 0, bytes: 0 },
    video: { packets: 0, bytes: 0 },
    data: { packets: 0, bytes: 0 },
  });
  const load = { up: none(), down: none() };
  for (const track of person.tracks) {
    const packets = packetsOf.get(`${person.id}${track.id}`) ?? 0;
    load[track.direction][track.kind].packets += packets;
    load[track.direction][track.kind].bytes += packets * (track.kind === 'video' ? 1080 : 96);
  }
  return {
    participantId: person.id,
    group: 'talkers',
    roomId: roomId(person.room),
    bridgeId: person.joined ? bridgeId(person.bridge) : null,
    engine: person.engine,
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
