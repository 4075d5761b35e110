import type { BridgeRow, GeneratorRow, HostRow, QualityRow, QuantileRow } from '../../results/records.ts';
import { numberOrNull } from './number-or-null.ts';
import type { BridgeSeries, GeneratorSeries, HostSeries, QualitySeries, QuantileSeries } from './types.ts';

export function newBridgeSeries(id: string): BridgeSeries {
  return {
    id,
    tMs: [],
    stress: [],
    packetRateInPps: [],
    packetRateOutPps: [],
    relayPacketRatePps: [],
    packetRatePps: [],
    consumers: [],
    cpuRatio: [],
    memoryBytes: [],
    socketDrops: [],
  };
}

export function addBridgeRow(series: BridgeSeries, tMs: number, row: BridgeRow): void {
  series.tMs.push(tMs);
  series.stress.push(numberOrNull(row.stress));
  series.packetRateInPps.push(numberOrNull(row.packetRateInPps));
  series.packetRateOutPps.push(numberOrNull(row.packetRateOutPps));
  series.relayPacketRatePps.push(numberOrNull(row.relayPacketRateInPps + row.relayPacketRateOutPps));
  series.packetRatePps.push(numberOrNull(row.packetRatePps));
  series.consumers.push(numberOrNull(row.consumers));
  series.cpuRatio.push(numberOrNull(row.cpuRatio));
  series.memoryBytes.push(numberOrNull(row.memoryBytes));
  series.socketDrops.push(numberOrNull(row.socketDrops));
}

function newQuantiles(): QuantileSeries {
  return { p50: [], p95: [], max: [], p5: [], min: [] };
}

export function newQualitySeries(): QualitySeries {
  return {
    tMs: [],
    joined: [],
    target: [],
    failed: [],
    rttMs: newQuantiles(),
    lossRatio: newQuantiles(),
    jitterMs: newQuantiles(),
    framesPerSecond: newQuantiles(),
    oneWayDelayMs: newQuantiles(),
    packetRateUpPps: [],
    packetRateDownPps: [],
  };
}

export function addQualityRow(series: QualitySeries, tMs: number, row: QualityRow): void {
  series.tMs.push(tMs);
  series.joined.push(numberOrNull(row.joined));
  series.target.push(numberOrNull(row.target));
  series.failed.push(numberOrNull(row.failed));
  addQuantiles(series.rttMs, row.rttMs);
  addQuantiles(series.lossRatio, row.lossRatio);
  addQuantiles(series.jitterMs, row.jitterMs);
  addQuantiles(series.framesPerSecond, row.framesPerSecond);
  addQuantiles(series.oneWayDelayMs, row.oneWayDelayMs);
  series.packetRateUpPps.push(numberOrNull(row.packetRateUpPps));
  series.packetRateDownPps.push(numberOrNull(row.packetRateDownPps));
}

function addQuantiles(series: QuantileSeries, row: QuantileRow | null | undefined): void {
  series.p50.push(numberOrNull(row?.p50));
  series.p95.push(numberOrNull(row?.p95));
  series.max.push(numberOrNull(row?.max));
  series.p5.push(numberOrNull(row?.p5));
  series.min.push(numberOrNull(row?.min));
}

export function newHostSeries(): HostSeries {
  return { tMs: [], cpuRatio: [], stealRatio: [], udpReceiveBufferErrors: [] };
}

export function addHostRow(series: HostSeries, tMs: number, row: HostRow): void {
  series.tMs.push(tMs);
  series.cpuRatio.push(numberOrNull(row.cpuRatio));
  series.stealRatio.push(numberOrNull(row.stealRatio));
  series.udpReceiveBufferErrors.push(numberOrNull(row.udpReceiveBufferErrors));
}

export function newGeneratorSeries(engine: string): GeneratorSeries {
  return { engine, tMs: [], cpuRatio: [], eventLoopDelayMaxMs: [], lateSendRatio: [] };
}

export function addGeneratorRow(series: GeneratorSeries, tMs: number, row: GeneratorRow): void {
  series.tMs.push(tMs);
  series.cpuRatio.push(numberOrNull(row.cpuRatio));
  series.eventLoopDelayMaxMs.push(numberOrNull(row.eventLoopDelayMaxMs));
  series.lateSendRatio.push(numberOrNull(row.lateSendRatio));
}
