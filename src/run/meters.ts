import type { GeneratorSample, ParticipantSample, TrackSample } from '../participants/types.ts';
import type { BridgeRow, GeneratorRow, HostRow, TrackRow, TrafficByMedium } from '../results/records.ts';
import type { HostCounters } from '../system/host-counters.ts';
import type { BridgeSample } from '../targets/types.ts';

/**
 * Counters become rates here and nowhere else: the change of a counter over the time between that counter's own
 * two readings, by the clock of whoever read it. A first reading gives no rate, and neither does a counter that
 * fell (its source began anew): null or no row, never 0.
 */

/** Change of a cumulative counter; null when either reading is missing or the counter fell. */
export function change(before: number | null, after: number | null): number | null {
  if (before === null || after === null || after < before) return null;
  return after - before;
}

/** Change a second over `intervalMs`; null when it cannot be known. */
export function ratePerSecond(
  before: number | null,
  after: number | null,
  intervalMs: number,
): number | null {
  const delta = change(before, after);
  return delta === null || intervalMs <= 0 ? null : (delta * 1000) / intervalMs;
}

/** `part / whole`, null for 0 / 0 and for what is missing. */
export function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole;
}

function sum(...values: (number | null)[]): number | null {
  return values.some((value) => value === null)
    ? null
    : values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

export type BridgeRates = Omit<BridgeRow, 'stage' | 'steady' | 'maxPacketRatePps' | 'stress'>;

/** The rates of one bridge between two of its readings, or null when they tell none. */
export function bridgeRates(before: BridgeSample, after: BridgeSample): BridgeRates | null {
  const intervalMs = after.readAtMs - before.readAtMs;
  const localIn = ratePerSecond(before.local.packetsIn, after.local.packetsIn, intervalMs);
  const localOut = ratePerSecond(before.local.packetsOut, after.local.packetsOut, intervalMs);
  const relayIn = ratePerSecond(before.relay.packetsIn ?? 0, after.relay.packetsIn ?? 0, intervalMs);
  const relayOut = ratePerSecond(before.relay.packetsOut ?? 0, after.relay.packetsOut ?? 0, intervalMs);
  if (localIn === null || localOut === null || relayIn === null || relayOut === null) return null;
  const bitsPerSecond = (traffic: 'local' | 'relay', direction: 'bytesIn' | 'bytesOut') => {
    // A bridge that pipes nothing may not tell of it: that is none, where local traffic untold is unknown.
    const counted = (sample: BridgeSample) => sample[traffic][direction] ?? (traffic === 'relay' ? 0 : null);
    const bytes = ratePerSecond(counted(before), counted(after), intervalMs);
    return bytes === null ? null : bytes * 8;
  };
  const relayBitrateInBps = bitsPerSecond('relay', 'bytesIn');
  const relayBitrateOutBps = bitsPerSecond('relay', 'bytesOut');
  const cpuIntervalMs = (after.cpuReadAtMs ?? 0) - (before.cpuReadAtMs ?? 0);
  return {
    bridgeId: after.bridgeId,
    intervalMs,
    packetRateInPps: localIn,
    packetRateOutPps: localOut,
    relayPacketRateInPps: relayIn,
    relayPacketRateOutPps: relayOut,
    packetRatePps: localIn + localOut + relayIn + relayOut,
    bitrateInBps: sum(bitsPerSecond('local', 'bytesIn'), relayBitrateInBps),
    bitrateOutBps: sum(bitsPerSecond('local', 'bytesOut'), relayBitrateOutBps),
    relayBitrateInBps,
    relayBitrateOutBps,
    cpuRatio: ratePerSecond(before.cpuSeconds, after.cpuSeconds, cpuIntervalMs),
    memoryBytes: after.rssBytes,
    producers: after.producers,
    consumers: after.consumers,
    rooms: after.rooms,
    participants: after.participants,
    nackRatePps: ratePerSecond(before.nackCount, after.nackCount, intervalMs),
    pliRatePps: ratePerSecond(before.pliCount, after.pliCount, intervalMs),
    socketDrops: change(before.socketDrops ?? null, after.socketDrops ?? null),
    relaySocketDrops: change(before.relaySocketDrops ?? null, after.relaySocketDrops ?? null),
    packetsIn: after.local.packetsIn ?? 0,
    packetsOut: after.local.packetsOut ?? 0,
    relayPacketsIn: after.relay.packetsIn ?? 0,
    relayPacketsOut: after.relay.packetsOut ?? 0,
    readAtMs: after.readAtMs,
  };
}

/** What a track's two readings tell; the row's identity is added by whoever knows it. */
export type TrackRates = Pick<
  TrackRow,
  | 'intervalMs'
  | 'packetRatePps'
  | 'bitrateBps'
  | 'lossRatio'
  | 'lossBeforeRepairRatio'
  | 'outOfOrderRatio'
  | 'framesPerSecond'
  | 'audioDecodedRatio'
  | 'freezeRatio'
>;

export function trackRates(before: TrackSample, after: TrackSample): TrackRates | null {
  const intervalMs = after.readAtMs - before.readAtMs;
  const packets = change(before.packets, after.packets);
  const payloadBytes = change(before.payloadBytes, after.payloadBytes);
  if (intervalMs <= 0 || packets === null || payloadBytes === null) return null;
  // Late packets can take back what had been counted as lost: that is no loss, not a negative one.
  const lost =
    before.packetsLost === null || after.packetsLost === null
      ? null
      : Math.max(0, after.packetsLost - before.packetsLost);
  const missing = change(before.packetsLostBeforeRepair, after.packetsLostBeforeRepair);
  const frames = after.framesDecoded ?? after.frames;
  const framesBefore = before.framesDecoded ?? before.frames;
  const frozenMs = change(before.totalFreezesDurationMs, after.totalFreezesDurationMs);
  return {
    intervalMs,
    packetRatePps: (packets * 1000) / intervalMs,
    bitrateBps: (payloadBytes * 8000) / intervalMs,
    lossRatio: lost === null ? null : ratio(lost, packets + lost),
    lossBeforeRepairRatio: missing === null ? null : ratio(missing, packets + missing),
    outOfOrderRatio: ratio(change(before.packetsOutOfOrder, after.packetsOutOfOrder), packets),
    framesPerSecond: ratePerSecond(framesBefore, frames, intervalMs),
    // A jitter buffer that catches up plays more than the time that passes.
    audioDecodedRatio: ratio(change(before.audioDecodedMs, after.audioDecodedMs), intervalMs),
    // A freeze is counted when it ends, so one interval can be told more frozen time than it lasted.
    freezeRatio: frozenMs === null ? null : Math.min(1, frozenMs / intervalMs),
  };
}

function emptyTraffic(): TrafficByMedium {
  return { audio: { packets: 0, bytes: 0 }, video: { packets: 0, bytes: 0 }, data: { packets: 0, bytes: 0 } };
}

/**
 * A participant's traffic in an interval: up and down by audio, video and data, packets and payload bytes with
 * retransmissions (LiveKit's traffic load). With `before` null it is everything since the participant began.
 */
export function trafficLoad(
  before: ParticipantSample | null,
  after: ParticipantSample,
): { up: TrafficByMedium; down: TrafficByMedium } {
  const load = { up: emptyTraffic(), down: emptyTraffic() };
  const earlier = new Map(before?.tracks.map((track) => [track.trackId, track]));
  for (const track of after.tracks) {
    const previous = earlier.get(track.trackId);
    const medium = load[track.direction][track.kind];
    medium.packets += Math.max(0, track.packets - (previous?.packets ?? 0));
    medium.bytes += Math.max(0, track.payloadBytes - (previous?.payloadBytes ?? 0));
  }
  load.up.data.packets = change(before?.dataMessagesSent ?? 0, after.dataMessagesSent ?? 0) ?? 0;
  load.up.data.bytes = change(before?.dataBytesSent ?? 0, after.dataBytesSent ?? 0) ?? 0;
  load.down.data.packets = change(before?.dataMessagesReceived ?? 0, after.dataMessagesReceived ?? 0) ?? 0;
  load.down.data.bytes = change(before?.dataBytesReceived ?? 0, after.dataBytesReceived ?? 0) ?? 0;
  return load;
}

/** Host counters are read together, at the caller's time. */
export function hostRow(before: HostCounters, after: HostCounters, intervalMs: number): HostRow {
  const busy = change(before.cpu?.busy ?? null, after.cpu?.busy ?? null);
  const steal = change(before.cpu?.steal ?? null, after.cpu?.steal ?? null);
  const idle = change(before.cpu?.idle ?? null, after.cpu?.idle ?? null);
  const total = sum(busy, steal, idle);
  return {
    cpuRatio: ratio(busy, total),
    stealRatio: ratio(steal, total),
    memoryAvailableBytes: after.memoryAvailableBytes,
    udpDatagramsInPps: ratePerSecond(
      before.udp?.inDatagrams ?? null,
      after.udp?.inDatagrams ?? null,
      intervalMs,
    ),
    udpDatagramsOutPps: ratePerSecond(
      before.udp?.outDatagrams ?? null,
      after.udp?.outDatagrams ?? null,
      intervalMs,
    ),
    udpReceiveBufferErrors: change(before.udp?.rcvbufErrors ?? null, after.udp?.rcvbufErrors ?? null),
    udpSendBufferErrors: change(before.udp?.sndbufErrors ?? null, after.udp?.sndbufErrors ?? null),
    softnetDropped: change(before.softnetDropped, after.softnetDropped),
  };
}

export function generatorRow(before: GeneratorSample, after: GeneratorSample, cores: number): GeneratorRow {
  const intervalMs = after.readAtMs - before.readAtMs;
  const sent = change(before.packetsSent, after.packetsSent);
  const cpuCores = ratePerSecond(before.cpuSeconds, after.cpuSeconds, intervalMs);
  return {
    engine: after.engine,
    cpuRatio: cpuCores === null ? null : cpuCores / cores,
    memoryBytes: after.rssBytes,
    eventLoopDelayMaxMs: after.eventLoopDelayMaxMs,
    eventLoopUtilisationRatio: after.eventLoopUtilisationRatio,
    packetsScheduled: change(before.packetsScheduled, after.packetsScheduled),
    packetsSent: sent,
    lateSendRatio: ratio(change(before.packetsSentLate, after.packetsSentLate), sent),
    lateSendP99Ms: after.lateSendP99Ms,
    socketDrops: change(before.socketDrops, after.socketDrops),
  };
}
