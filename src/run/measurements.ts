import type { MetricLabels, MetricName } from '../metrics/catalogue.ts';
import type { GeneratorSample, ParticipantSample, TrackSample } from '../participants/types.ts';
import type {
  BridgeRow,
  GeneratorRow,
  HostRow,
  ParticipantRow,
  QualityRow,
  TimelineRecord,
  TrackRow,
} from '../results/records.ts';
import { endpointOf } from '../scenario/endpoints.ts';
import type { HostCounters } from '../system/host-counters.ts';
import type { BridgeSample } from '../targets/types.ts';
import { IntervalQuality } from './interval-quality.ts';
import { bridgeRates, generatorRow, hostRow, type TrackRates, trackRates, trafficLoad } from './meters.ts';
import { Reported } from './reported.ts';
import type { Roster } from './roster.ts';
import { MERGE_TICKS_MS } from './schedule.ts';

/** Where measurements are written; the recorder of the run folder implements it. */
export interface MeasurementSink {
  record(record: TimelineRecord): void;
  bridgeRow(tMs: number, row: BridgeRow): void;
  participantRow(tMs: number, row: ParticipantRow): void;
  trackRow(tMs: number, row: TrackRow): void;
  observe(metric: MetricName, labels: MetricLabels, value: number): void;
}

/** Everything that was read at one tick. */
export interface Readings {
  tMs: number;
  /** The stage in which the interval that ends now lies. */
  stage: { name: string; steady: boolean };
  bridges: readonly BridgeSample[];
  participants: readonly ParticipantSample[];
  /** Last readings of those who have left since the tick before, taken as they left. */
  left: readonly ParticipantSample[];
  generators: readonly GeneratorSample[];
  host: { readAtMs: number; counters: HostCounters };
}

/** What a live view shows of the last tick. */
export interface Snapshot {
  tMs: number;
  bridges: BridgeRow[];
  quality: QualityRow;
  host: HostRow | null;
  generators: GeneratorRow[];
}

/**
 * Turns two readings of everything into rows, observations and the second's quality. Keeps the last reading of
 * each source; a source that is new, or began anew, yields its first row at its second reading.
 */
export class Measurements {
  readonly #bridges = new Map<string, BridgeSample>();
  readonly #participants = new Map<string, ParticipantSample>();
  readonly #generators = new Map<string, GeneratorSample>();
  readonly #reported = new Reported();
  #host: Readings['host'] | null = null;
  readonly #sink: MeasurementSink;
  readonly #roster: Roster;
  readonly #maxPacketRatePps: (bridgeId: string) => number | null;

  constructor(sink: MeasurementSink, roster: Roster, maxPacketRatePps: (bridgeId: string) => number | null) {
    this.#sink = sink;
    this.#roster = roster;
    this.#maxPacketRatePps = maxPacketRatePps;
  }

  /** Every kind of endpoint that was read, and what it does not report. */
  get endpoints(): { kind: string; notReported: string[] }[] {
    return this.#reported.endpoints;
  }

  tick(readings: Readings): Snapshot {
    const bridges = readings.bridges.flatMap((sample) => this.#bridge(sample, readings) ?? []);
    const host = this.#takeHost(readings);
    const generators = readings.generators.flatMap((sample) => this.#generator(sample, readings) ?? []);
    const quality = this.#quality(readings);
    return { tMs: readings.tMs, bridges, quality, host, generators };
  }

  #bridge(sample: BridgeSample, { tMs, stage }: Readings): BridgeRow | null {
    const before = this.#bridges.get(sample.bridgeId);
    this.#bridges.set(sample.bridgeId, sample);
    const rates = before === undefined ? null : bridgeRates(before, sample);
    if (rates === null) return null;
    const maxPacketRatePps = this.#maxPacketRatePps(sample.bridgeId);
    const row: BridgeRow = {
      ...rates,
      stage: stage.name,
      steady: stage.steady,
      maxPacketRatePps,
      stress: maxPacketRatePps === null ? null : rates.packetRatePps / maxPacketRatePps,
    };
    this.#sink.record({ tMs, type: 'bridge', sample: row });
    this.#sink.bridgeRow(tMs, row);
    const labels = { bridge: row.bridgeId };
    this.#observe('bridge.stress', labels, row.stress);
    this.#observe('bridge.packet_rate_pps', labels, row.packetRatePps);
    this.#observe('bridge.packet_rate_in_pps', labels, row.packetRateInPps + row.relayPacketRateInPps);
    this.#observe('bridge.packet_rate_out_pps', labels, row.packetRateOutPps + row.relayPacketRateOutPps);
    this.#observe(
      'bridge.relay_packet_rate_pps',
      labels,
      row.relayPacketRateInPps + row.relayPacketRateOutPps,
    );
    this.#observe('bridge.bitrate_in_bps', labels, row.bitrateInBps);
    this.#observe('bridge.bitrate_out_bps', labels, row.bitrateOutBps);
    this.#observe('bridge.cpu_ratio', labels, row.cpuRatio);
    this.#observe('bridge.memory_bytes', labels, row.memoryBytes);
    this.#observe('bridge.socket_drops', labels, row.socketDrops ?? null);
    this.#observe('bridge.consumers', labels, row.consumers);
    this.#observe('bridge.producers', labels, row.producers);
    return row;
  }

  #takeHost({ tMs, host }: Readings): HostRow | null {
    const before = this.#host;
    this.#host = host;
    if (before === null) return null;
    const row = hostRow(before.counters, host.counters, host.readAtMs - before.readAtMs);
    this.#sink.record({ tMs, type: 'host', sample: row });
    this.#observe('host.cpu_ratio', {}, row.cpuRatio);
    this.#observe('host.steal_ratio', {}, row.stealRatio);
    this.#observe('host.udp_datagrams_out_pps', {}, row.udpDatagramsOutPps);
    this.#observe('host.udp_receive_buffer_errors', {}, row.udpReceiveBufferErrors);
    this.#observe('host.udp_send_buffer_errors', {}, row.udpSendBufferErrors);
    this.#observe('host.backlog_drops', {}, row.softnetDropped);
    return row;
  }

  #generator(sample: GeneratorSample, { tMs, host }: Readings): GeneratorRow | null {
    const before = this.#generators.get(sample.engine);
    this.#generators.set(sample.engine, sample);
    if (before === undefined) return null;
    const row = generatorRow(before, sample, host.counters.cores);
    this.#sink.record({ tMs, type: 'generator', sample: row });
    const labels = { engine: row.engine };
    this.#observe('generator.cpu_ratio', labels, row.cpuRatio);
    this.#observe('generator.event_loop_delay_ms', labels, row.eventLoopDelayMaxMs);
    this.#observe('generator.late_send_ratio', labels, row.lateSendRatio);
    this.#observe('generator.late_send_ms', labels, row.lateSendP99Ms);
    this.#observe('generator.socket_drops', labels, row.socketDrops);
    return row;
  }

  #quality(readings: Readings): QualityRow {
    const second = new IntervalQuality();
    for (const sample of readings.left) {
      this.#participant(sample, readings, null);
      this.#participants.delete(sample.participantId);
    }
    for (const sample of readings.participants) this.#participant(sample, readings, second);
    const row: QualityRow = {
      joined: this.#roster.present,
      target: this.#roster.dueAt(readings.tMs),
      failed: this.#roster.failed,
      ...second.row(),
    };
    this.#sink.record({ tMs: readings.tMs, type: 'quality', sample: row });
    return row;
  }

  /** `second` is that of those who are there: null for who has left within it. */
  #participant(sample: ParticipantSample, readings: Readings, second: IntervalQuality | null): void {
    const plan = this.#roster.plan(sample.participantId);
    if (plan === null) return;
    const before = this.#participants.get(sample.participantId) ?? null;
    this.#participants.set(sample.participantId, sample);
    this.#roster.onSample(sample);
    const bridgeId = this.#roster.bridgeOf(sample.participantId);
    const endpoint = endpointOf(plan);
    this.#reported.take(endpoint, sample);
    const where: MetricLabels = {
      engine: plan.engine,
      room: plan.roomId,
      ...(bridgeId === null ? {} : { bridge: bridgeId }),
    };
    const labels = { ...where, endpoint };
    if (sample.roundTripTimeMs !== null) {
      this.#observe('participant.rtt_ms', labels, sample.roundTripTimeMs);
      second?.rttMs.add(sample.roundTripTimeMs);
    }
    const earlier = new Map(before?.tracks.map((track) => [track.trackId, track]));
    for (const track of sample.tracks) {
      // Most tracks have it by their first reading, when there are no rates yet.
      if (track.firstFrameMs !== null && (earlier.get(track.trackId)?.firstFrameMs ?? null) === null)
        this.#observe('track.first_frame_ms', this.#trackLabels(track, endpoint, where), track.firstFrameMs);
    }
    const intervalMs = before === null ? 0 : sample.readAtMs - before.readAtMs;
    if (before === null || intervalMs <= 0) return;
    const who = { id: sample.participantId, endpoint };
    const isJudged = second !== null || intervalMs >= MERGE_TICKS_MS;
    for (const track of sample.tracks) {
      const previous = earlier.get(track.trackId);
      const rates = previous === undefined ? null : trackRates(previous, track);
      if (previous === undefined || rates === null) continue;
      // What somebody did not want to see for part of the interval says nothing of quality.
      const isPaused = previous.paused || track.paused;
      if (isJudged) this.#judge(track, rates, isPaused, who.id, this.#trackLabels(track, endpoint, where));
      second?.track(track, rates, isPaused);
      this.#trackRow(track, rates, who, where, readings);
    }
    second?.control(before, sample, intervalMs);
    this.#sink.participantRow(readings.tMs, {
      participantId: sample.participantId,
      group: plan.group,
      roomId: plan.roomId,
      bridgeId,
      engine: plan.engine,
      endpoint,
      stage: readings.stage.name,
      steady: readings.stage.steady,
      intervalMs,
      rttMs: sample.roundTripTimeMs,
      ...trafficLoad(before, sample),
      tracksUp: sample.tracks.filter((track) => track.direction === 'up').length,
      tracksDown: sample.tracks.filter((track) => track.direction === 'down').length,
      controlDatagramsSent: sample.controlDatagramsSent,
      controlDatagramsReceived: sample.controlDatagramsReceived,
      availableOutgoingBitrateBps: sample.availableOutgoingBitrateBps,
    });
  }

  #trackLabels(track: TrackSample, endpoint: string, where: MetricLabels): MetricLabels {
    return {
      ...where,
      kind: track.kind,
      source: track.source,
      direction: track.direction,
      ...(track.codec === null ? {} : { codec: track.codec }),
      ...this.#ends(track, endpoint),
    };
  }

  #judge(
    track: TrackSample,
    rates: TrackRates,
    isPaused: boolean,
    participantId: string,
    labels: MetricLabels,
  ): void {
    this.#observe('track.packet_rate_pps', labels, rates.packetRatePps);
    this.#observe('track.bitrate_bps', labels, rates.bitrateBps);
    if (track.direction === 'down' && !isPaused) {
      this.#observe('track.loss_ratio', labels, rates.lossRatio);
      this.#observe('track.loss_before_repair_ratio', labels, rates.lossBeforeRepairRatio);
      this.#observe('track.out_of_order_ratio', labels, rates.outOfOrderRatio);
      this.#observe('track.jitter_ms', labels, track.jitterMs);
      this.#observe('track.one_way_delay_ms', labels, track.oneWayDelayMs);
      if (track.kind === 'video') {
        this.#observe('track.frames_per_second', labels, rates.framesPerSecond);
        this.#observe('track.freeze_ratio', labels, rates.freezeRatio);
        this.#roster.onVideoInterval(participantId, rates);
      } else this.#observe('track.audio_decoded_ratio', labels, rates.audioDecodedRatio);
    }
  }

  #ends(track: TrackSample, own: string): MetricLabels {
    if (track.direction === 'up') return { sender: own };
    const publisher = track.publisherId === null ? null : this.#roster.plan(track.publisherId);
    return publisher === null ? { receiver: own } : { sender: endpointOf(publisher), receiver: own };
  }

  #trackRow(
    track: TrackSample,
    rates: TrackRates,
    who: { id: string; endpoint: string },
    where: MetricLabels,
    { tMs, stage }: Readings,
  ): void {
    this.#sink.trackRow(tMs, {
      participantId: who.id,
      roomId: where.room ?? '',
      bridgeId: where.bridge ?? null,
      engine: where.engine ?? '',
      endpoint: who.endpoint,
      trackId: track.trackId,
      direction: track.direction,
      kind: track.kind,
      source: track.source,
      codec: track.codec,
      firstFrameMs: track.firstFrameMs,
      publisherId: track.publisherId,
      producerId: track.producerId,
      consumerId: track.consumerId,
      stage: stage.name,
      steady: stage.steady,
      ...rates,
      packets: track.packets,
      payloadBytes: track.payloadBytes,
      retransmittedPackets: track.retransmittedPackets,
      packetsLost: track.packetsLost,
      packetsDuplicated: track.packetsDuplicated,
      jitterMs: track.jitterMs,
      freezeCount: track.freezeCount,
      frameWidth: track.frameWidth,
      frameHeight: track.frameHeight,
      spatialLayer: track.spatialLayer,
      layerSwitches: track.layerSwitches,
      nackCount: track.nackCount,
      pliCount: track.pliCount,
      firCount: track.firCount,
      oneWayDelayMs: track.oneWayDelayMs,
    });
  }

  #observe(metric: MetricName, labels: MetricLabels, value: number | null): void {
    if (value !== null && Number.isFinite(value) && value >= 0) this.#sink.observe(metric, labels, value);
  }
}
