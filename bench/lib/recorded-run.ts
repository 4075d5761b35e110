import { RunRecorder } from '../../src/results/recorder.ts';
import type {
  BridgeRow,
  Manifest,
  PacketAccounting,
  QuantileRow,
  TrafficByMedium,
} from '../../src/results/records.ts';
import type { StagePlan } from '../../src/scenario/plan-types.ts';
import { Distribution } from '../../src/stats/distribution.ts';
import { randomFrom } from './random.ts';
import { firstManifest, type RecordedRunOptions, stagesOf } from './recorded/manifest.ts';
import {
  bridgeId,
  bytesOf,
  everybody,
  labelsOf,
  noTraffic,
  PARTICIPANT_PPS,
  type Person,
  roomId,
  summaryOf,
  TRACKS,
  type Track,
  trackRowOf,
} from './recorded/people.ts';

export type { RecordedRunOptions } from './recorded/manifest.ts';

/** A run as it would have been recorded, made from a seed: the real recorder, a clock that jumps. */
export async function writeRecordedRun(dir: string, options: RecordedRunOptions): Promise<void> {
  const startedAt = options.startedAt ?? '2026-11-20T09:00:00.000Z';
  const recorder = await RunRecorder.create(dir, firstManifest(options, startedAt), {
    durationMs: options.durationS * 1000,
    expectedTracks: options.participants * TRACKS.length,
    expectedParticipants: options.participants,
  });
  await new RecordedRun(recorder, options, startedAt).write();
}

/** What one bridge forwarded in a second. */
interface Second {
  in: number;
  out: number;
  people: number;
  /** Participants that it has to serve. */
  load: number;
}

/** One second of the run. */
interface Tick {
  tMs: number;
  stage: StagePlan;
  /** A slow wave and bursts, so that there is something to see. */
  wave: number;
  bridges: Second[];
  rttMs: Distribution;
  lossRatio: Distribution;
  jitterMs: Distribution;
  framesPerSecond: Distribution;
  up: number;
  down: number;
}

class RecordedRun {
  readonly #recorder: RunRecorder;
  readonly #options: RecordedRunOptions;
  readonly #startedAt: string;
  readonly #durationMs: number;
  readonly #strain: number;
  readonly #random: () => number;
  readonly #stages: StagePlan[];
  readonly #people: Person[];
  readonly #maxPacketRatePps: number;
  readonly #counters: { in: number; out: number; relay: number }[];
  readonly #dead = new Set<number>();
  readonly #packetsOf = new Map<string, number>();
  readonly #present: Person[] = [];
  #stageIndex = -1;
  #next = 0;
  #failed = 0;

  constructor(recorder: RunRecorder, options: RecordedRunOptions, startedAt: string) {
    const { participants, rooms, bridges } = options;
    this.#recorder = recorder;
    this.#options = options;
    this.#startedAt = startedAt;
    this.#durationMs = options.durationS * 1000;
    this.#strain = options.strain ?? 1;
    this.#random = randomFrom(options.seed ?? 7);
    this.#stages = stagesOf(this.#durationMs);
    const [warmUpMs, rampMs] = [this.#stages[0]?.endMs ?? 0, this.#stages[1]?.endMs ?? 0];
    this.#people = everybody(
      participants,
      rooms,
      bridges,
      (share) => warmUpMs * 0.2 + share * (rampMs * 0.97),
    );
    this.#maxPacketRatePps =
      options.maxPacketRatePps ?? Math.ceil((participants / bridges) * PARTICIPANT_PPS * 1.6);
    this.#counters = Array.from({ length: bridges }, () => ({ in: 0, out: 0, relay: 0 }));
  }

  async write(): Promise<void> {
    this.#start();
    for (let tMs = 1000; tMs <= this.#durationMs; tMs += 1000) {
      if (tMs > (this.#options.killedAt ?? 1) * this.#durationMs) return this.#die();
      this.#second(tMs);
      if (tMs % 5000 === 0) await new Promise((resolve) => setImmediate(resolve));
      await this.#recorder.drain();
    }
    await this.#finish();
  }

  #start(): void {
    const { bridges, rooms, participants } = this.#options;
    const recorder = this.#recorder;
    recorder.record({
      tMs: 0,
      type: 'run-started',
      startedAt: this.#startedAt,
      planned: participants,
      durationMs: this.#durationMs,
      stages: this.#stages,
    });
    for (let b = 0; b < bridges; b += 1)
      recorder.record({ tMs: 0, type: 'bridge-up', bridgeId: bridgeId(b), software: 'mediasoup 3.27.1' });
    for (let r = 0; r < rooms; r += 1) this.#place(0, r, r % bridges, 'first');
  }

  /** Leaves the folder as SIGKILL would: what was recorded is written, the end is not. */
  async #die(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await this.#recorder.drain();
  }

  #second(tMs: number): void {
    const stage = this.#stageAt(tMs);
    this.#killBridge(tMs);
    this.#joins(tMs);
    const leaving =
      stage.kind === 'ramp-down' ? Math.max(0, 1 - (tMs - stage.startMs) / (stage.endMs - stage.startMs)) : 1;
    const present = this.#present.slice(0, Math.round(this.#present.length * leaving));
    const tick: Tick = {
      tMs,
      stage,
      wave: 1 + 0.06 * Math.sin((tMs / this.#durationMs) * 19) + (tMs % 311_000 < 6000 ? 0.22 : 0),
      bridges: Array.from({ length: this.#options.bridges }, () => ({ in: 0, out: 0, people: 0, load: 0 })),
      rttMs: new Distribution(),
      lossRatio: new Distribution(),
      jitterMs: new Distribution(),
      framesPerSecond: new Distribution(),
      up: 0,
      down: 0,
    };
    for (const person of present) {
      const bridge = tick.bridges[person.bridge];
      if (bridge !== undefined) bridge.load += 1;
    }
    for (const person of present) this.#participant(person, tick);
    for (const [index, second] of tick.bridges.entries()) this.#bridge(index, second, tick);
    this.#hostAndGenerator(tick, present.length);
    this.#quality(tick, present.length, Math.round(this.#next * leaving));
    if (this.#strain > 1.5 && tMs === Math.round(this.#durationMs * 0.5))
      this.#recorder.record({
        tMs,
        type: 'warning',
        code: 'RTCB_ENGINE_FAILED',
        message: 'browser: page crashed (out of memory), 2 participants lost',
      });
  }

  /** Begins stages as their time comes. */
  #stageAt(tMs: number): StagePlan {
    let stage = this.#stages[this.#stageIndex];
    while (stage === undefined || tMs > stage.endMs) {
      this.#stageIndex += 1;
      stage = this.#stages[this.#stageIndex];
      if (stage === undefined) throw new RangeError('the run outlasts its stages');
      this.#recorder.startStage(stage.name, stage.steady, stage.startMs);
    }
    return stage;
  }

  #killBridge(tMs: number): void {
    const death = this.#options.death ?? null;
    if (death === null || tMs < death.at * this.#durationMs || this.#dead.has(death.bridge)) return;
    const { bridges, rooms } = this.#options;
    this.#dead.add(death.bridge);
    this.#recorder.record({
      tMs,
      type: 'bridge-died',
      bridgeId: bridgeId(death.bridge),
      reason: 'exit code 139 (SIGSEGV)',
    });
    const heir = (death.bridge + 1) % bridges;
    for (let r = 0; r < rooms; r += 1)
      if (r % bridges === death.bridge) this.#place(tMs + 200, r, heir, 'bridge-died');
    for (const person of this.#people) if (person.bridge === death.bridge) person.bridge = heir;
  }

  #place(tMs: number, room: number, bridge: number, reason: string): void {
    this.#recorder.record({
      tMs,
      type: 'room-placed',
      roomId: roomId(room),
      bridgeId: bridgeId(bridge),
      reason,
    });
  }

  #joins(tMs: number): void {
    for (
      let person = this.#people[this.#next];
      person !== undefined && person.joinAtMs <= tMs;
      this.#next += 1, person = this.#people[this.#next]
    ) {
      if (person.failed) this.#failToJoin(person, tMs);
      else this.#join(person, tMs);
    }
  }

  #failToJoin(person: Person, tMs: number): void {
    this.#failed += 1;
    this.#recorder.record({
      tMs,
      type: 'participant-failed',
      participantId: person.id,
      roomId: roomId(person.room),
      engine: person.engine,
      endpoint: person.endpoint,
      attempt: 1,
      reason: 'ICE did not connect within 15 s',
    });
    this.#recorder.observe('participant.join_failed_ratio', labelsOf(person), 1);
  }

  #join(person: Person, tMs: number): void {
    const [random, strain, recorder] = [this.#random, this.#strain, this.#recorder];
    const steps = {
      signallingMs: 8 + 4 * random() * strain,
      iceMs: 14 + 9 * random() * strain,
      dtlsMs: 11 + 8 * random() * strain,
      firstPacketMs: 60 + 30 * random(),
      firstFrameMs: 180 + 120 * random() * strain,
    };
    person.joinMs = steps.signallingMs + steps.iceMs + steps.dtlsMs;
    person.joined = true;
    this.#present.push(person);
    recorder.record({
      tMs,
      type: 'participant-joined',
      participantId: person.id,
      roomId: roomId(person.room),
      bridgeId: bridgeId(person.bridge),
      engine: person.engine,
      endpoint: person.endpoint,
      attempt: 1,
      startLagMs: random(),
      joinMs: person.joinMs,
      steps,
    });
    const labels = labelsOf(person);
    recorder.observe('participant.join_ms', labels, person.joinMs);
    recorder.observe('participant.signalling_ms', labels, steps.signallingMs);
    recorder.observe('participant.ice_ms', labels, steps.iceMs);
    recorder.observe('participant.dtls_ms', labels, steps.dtlsMs);
    recorder.observe('participant.first_packet_ms', labels, steps.firstPacketMs);
    recorder.observe('participant.first_frame_ms', labels, steps.firstFrameMs);
    recorder.observe('participant.join_failed_ratio', labels, 0);
    for (const track of person.tracks)
      if (track.kind === 'video' && track.direction === 'down')
        recorder.observe('track.first_frame_ms', track.labels, steps.firstFrameMs - steps.firstPacketMs);
  }

  #participant(person: Person, tick: Tick): void {
    const random = this.#random;
    const bridge = tick.bridges[person.bridge];
    if (bridge === undefined) return;
    const pressure = (bridge.load * PARTICIPANT_PPS * tick.wave) / this.#maxPacketRatePps;
    const over = Math.max(0, pressure * this.#strain - 0.85);
    const rttMs = Math.max(
      0.2,
      1.4 + 0.5 * this.#normal() + 30 * over * random() + (random() < 0.0006 ? 20 * random() : 0),
    );
    tick.rttMs.add(rttMs);
    this.#recorder.observe('participant.rtt_ms', labelsOf(person), rttMs);
    bridge.people += 1;
    const traffic = { up: noTraffic(), down: noTraffic() };
    for (const track of person.tracks) this.#track(person, track, over, traffic, bridge, tick);
    this.#recorder.participantRow(tick.tMs, {
      participantId: person.id,
      group: 'talkers',
      roomId: roomId(person.room),
      bridgeId: bridgeId(person.bridge),
      engine: person.engine,
      endpoint: person.endpoint,
      stage: tick.stage.name,
      steady: tick.stage.steady,
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

  #track(
    person: Person,
    track: Track,
    over: number,
    traffic: Record<'up' | 'down', TrafficByMedium>,
    bridge: Second,
    tick: Tick,
  ): void {
    const packets = Math.round(track.ratePps * tick.wave * (0.94 + 0.12 * this.#random()));
    const bytes = bytesOf(track, packets);
    const key = `${person.id}${track.id}`;
    const total = (this.#packetsOf.get(key) ?? 0) + packets;
    this.#packetsOf.set(key, total);
    traffic[track.direction][track.kind].packets += packets;
    traffic[track.direction][track.kind].bytes += bytes;
    tick[track.direction] += packets;
    bridge[track.direction === 'up' ? 'in' : 'out'] += packets;
    const received = track.direction === 'down' ? this.#received(track, over, tick) : NOT_RECEIVED;
    this.#recorder.observe('track.packet_rate_pps', track.labels, packets);
    this.#recorder.observe('track.bitrate_bps', track.labels, bytes * 8);
    this.#recorder.trackRow(
      tick.tMs,
      trackRowOf(person, track, tick.stage, { packets, total, bytes, ...received }),
    );
  }

  #received(track: Track, over: number, tick: Tick) {
    const [random, recorder] = [this.#random, this.#recorder];
    const lossRatio = random() < 0.004 + over ? 0.03 * random() * (1 + 10 * over) : 0;
    const jitterMs = Math.max(0.05, 2 + 0.7 * this.#normal() + 25 * over * random());
    tick.lossRatio.add(lossRatio);
    tick.jitterMs.add(jitterMs);
    recorder.observe('track.loss_ratio', track.labels, lossRatio);
    recorder.observe('track.jitter_ms', track.labels, jitterMs);
    if (track.kind === 'audio') {
      if (track.labels.receiver === 'chromium')
        recorder.observe('track.audio_decoded_ratio', track.labels, 1 - lossRatio);
      return { lossRatio, jitterMs, framesPerSecond: null };
    }
    const fullRate = track.source === 'screen' ? 5 : 30;
    const framesPerSecond = Math.max(0, fullRate - (random() < 0.02 ? 1 : 0) - 14 * over * random());
    if (track.source === 'camera') tick.framesPerSecond.add(framesPerSecond);
    recorder.observe('track.frames_per_second', track.labels, framesPerSecond);
    const freezeRatio = over > 0.05 && random() < 0.1 ? random() * 0.3 : 0;
    recorder.observe('track.freeze_ratio', track.labels, freezeRatio);
    return { lossRatio, jitterMs, framesPerSecond };
  }

  #bridge(index: number, second: Second, { tMs, stage }: Tick): void {
    const counter = this.#counters[index];
    if (counter === undefined || this.#dead.has(index)) return;
    const relay = Math.round(second.out * 0.12);
    counter.in += second.in;
    counter.out += second.out;
    counter.relay += relay;
    const packetRatePps = second.in + second.out + 2 * relay;
    const stress = packetRatePps / this.#maxPacketRatePps;
    const cpuRatio = Math.max(0.01, stress * 0.72 + 0.02 * this.#normal());
    const row: BridgeRow = {
      bridgeId: bridgeId(index),
      stage: stage.name,
      steady: stage.steady,
      intervalMs: 1000,
      packetRateInPps: second.in,
      packetRateOutPps: second.out,
      relayPacketRateInPps: relay,
      relayPacketRateOutPps: relay,
      packetRatePps,
      bitrateInBps: second.in * 6100,
      bitrateOutBps: second.out * 5600,
      relayBitrateInBps: relay * 5600,
      relayBitrateOutBps: relay * 5600,
      maxPacketRatePps: this.#maxPacketRatePps,
      stress,
      cpuRatio,
      memoryBytes: 58e6 + second.people * 90_000,
      producers: second.people * 2,
      consumers: second.people * 3,
      rooms: Math.ceil(this.#options.rooms / this.#options.bridges),
      participants: second.people,
      nackRatePps: this.#random() * 3,
      pliRatePps: this.#random(),
      packetsIn: counter.in,
      packetsOut: counter.out,
      relayPacketsIn: counter.relay,
      relayPacketsOut: counter.relay,
      readAtMs: tMs,
    };
    this.#recorder.record({ tMs, type: 'bridge', sample: row });
    this.#recorder.bridgeRow(tMs, row);
    const labels = { bridge: row.bridgeId };
    this.#recorder.observe('bridge.stress', labels, stress);
    this.#recorder.observe('bridge.packet_rate_pps', labels, packetRatePps);
    this.#recorder.observe('bridge.packet_rate_in_pps', labels, second.in + relay);
    this.#recorder.observe('bridge.packet_rate_out_pps', labels, second.out + relay);
    this.#recorder.observe('bridge.cpu_ratio', labels, cpuRatio);
  }

  #hostAndGenerator({ tMs, up, down }: Tick, present: number): void {
    const [random, strain, recorder] = [this.#random, this.#strain, this.#recorder];
    const busy = 0.06 + (0.5 * strain * present) / this.#options.participants;
    const cpuRatio = Math.min(1, busy + 0.02 * Math.abs(this.#normal()));
    recorder.record({
      tMs,
      type: 'host',
      sample: {
        cpuRatio,
        stealRatio: 0.001 * random(),
        memoryAvailableBytes: 20e9,
        udpDatagramsInPps: up + down,
        udpDatagramsOutPps: up + down,
        udpReceiveBufferErrors: strain > 1.5 && random() < 0.01 ? 12 : 0,
        udpSendBufferErrors: 0,
        softnetDropped: 0,
      },
    });
    recorder.observe('host.cpu_ratio', {}, cpuRatio);
    const eventLoopDelayMaxMs = 4 + 6 * random() * strain;
    const lateSendRatio = 0.0004 * random() * strain;
    recorder.record({
      tMs,
      type: 'generator',
      sample: {
        engine: 'synthetic',
        cpuRatio: cpuRatio * 0.55,
        memoryBytes: 400e6,
        eventLoopDelayMaxMs,
        eventLoopUtilisationRatio: cpuRatio * 0.8,
        packetsScheduled: up,
        packetsSent: up,
        lateSendRatio,
        lateSendP99Ms: 2 + 3 * random() * strain,
        socketDrops: 0,
      },
    });
    const labels = { engine: 'synthetic' };
    recorder.observe('generator.cpu_ratio', labels, cpuRatio * 0.55);
    recorder.observe('generator.event_loop_delay_ms', labels, eventLoopDelayMaxMs);
    recorder.observe('generator.late_send_ratio', labels, lateSendRatio);
  }

  #quality(tick: Tick, joined: number, target: number): void {
    this.#recorder.record({
      tMs: tick.tMs,
      type: 'quality',
      sample: {
        joined,
        target,
        failed: this.#failed,
        rttMs: quantiles(tick.rttMs),
        lossRatio: quantiles(tick.lossRatio),
        jitterMs: quantiles(tick.jitterMs),
        framesPerSecond: quantiles(tick.framesPerSecond),
        packetRateUpPps: tick.up,
        packetRateDownPps: tick.down,
        controlDatagramRatePps: joined * 8,
      },
    });
  }

  async #finish(): Promise<void> {
    const { participants, bridges, gates = [], verdict = 'pass', trust = TRUSTED } = this.#options;
    const tMs = this.#durationMs;
    for (const person of this.#people) {
      const summary = summaryOf(person, this.#packetsOf, this.#random, this.#strain);
      this.#recorder.record({ tMs, type: 'participant-summary', summary });
    }
    for (const { expression, outcome, value } of gates)
      this.#recorder.record({ tMs, type: 'gate', expression, outcome, value });
    const joined = this.#people.filter((person) => person.joined).length;
    const hold = this.#stages.find((stage) => stage.steady);
    const steadyWindow = { startMs: hold?.startMs ?? 0, endMs: hold?.endMs ?? 0 };
    const known = Array.from({ length: bridges }, (_, b) => ({
      id: bridgeId(b),
      software: 'mediasoup 3.27.1',
      maxPacketRatePps: this.#maxPacketRatePps,
      maxPacketRateSource: 'scenario',
    }));
    await this.#recorder.finish(tMs, {
      status: 'completed',
      endedAt: new Date(Date.parse(this.#startedAt) + tMs).toISOString(),
      verdict,
      exitCode: verdict === 'pass' ? 0 : verdict === 'fail' ? 99 : 4,
      steadyWindow,
      participants: { planned: participants, joined, failed: participants - joined },
      endpoints: [
        { kind: 'chromium', notReported: ['packets duplicated', 'packets out of order'] },
        { kind: 'synthetic', notReported: ['frames decoded (video received)'] },
      ],
      bridges: this.#recorder.bridgeSummaries(known),
      gates,
      trust,
      accounting: this.#accounting(steadyWindow.endMs - steadyWindow.startMs),
      warnings: this.#failed > 0 ? [`${this.#failed} participants never joined`] : [],
    });
  }

  #accounting(windowMs: number): PacketAccounting {
    const sum = (name: 'in' | 'out' | 'relay') => this.#counters.reduce((total, one) => total + one[name], 0);
    const [bridgesIn, bridgesOut, relayPackets] = [sum('in'), sum('out'), sum('relay')];
    const controlDatagrams = this.#options.participants * 80;
    return {
      windowMs,
      bridgesIn,
      bridgesOut,
      participantsSent: bridgesIn + 12,
      participantsReceived: bridgesOut - 41,
      differenceUpRatio: 12 / bridgesIn,
      differenceDownRatio: -41 / bridgesOut,
      relayPackets,
      controlDatagrams,
      kernelDatagramsOut: bridgesIn + bridgesOut + relayPackets + controlDatagrams + 911,
      kernelDifferenceRatio: -911 / (bridgesIn + bridgesOut + relayPackets),
    };
  }

  /** About normal, around 0. */
  #normal(): number {
    const random = this.#random;
    return (random() + random() + random() + random() - 2) * 1.2;
  }
}

const TRUSTED: Manifest['trust'] = { verdict: 'trusted', reasons: [] };
const NOT_RECEIVED = { lossRatio: null, jitterMs: null, framesPerSecond: null };

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
