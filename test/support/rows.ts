import type { GeneratorRow, HostRow } from '../../src/results/records.ts';

/** A healthy interval of an engine. */
export function generatorRow(part: Partial<GeneratorRow> = {}): GeneratorRow {
  return {
    engine: 'synthetic',
    cpuRatio: 0.2,
    memoryBytes: 1e8,
    eventLoopDelayMaxMs: 5,
    eventLoopUtilisationRatio: 0.3,
    packetsScheduled: 1000,
    packetsSent: 1000,
    lateSendRatio: 0,
    lateSendP99Ms: 2,
    socketDrops: 0,
    ...part,
  };
}

/** A healthy interval of a host. */
export function hostRow(part: Partial<HostRow> = {}): HostRow {
  return {
    cpuRatio: 0.5,
    stealRatio: 0,
    memoryAvailableBytes: 1e9,
    udpDatagramsInPps: 1000,
    udpDatagramsOutPps: 1000,
    udpReceiveBufferErrors: 0,
    udpSendBufferErrors: 0,
    softnetDropped: 0,
    ...part,
  };
}
