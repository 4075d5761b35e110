import { usageError } from '../errors.ts';
import type { CapacityFile } from './capacity-file.ts';

/** One CPU is worth this many points, whatever runs on it (elasticRTC, NUBOMEDIA). */
export const POINTS_PER_CPU = 100;

/** What one element costs when a CPU carries `maxPerCpu` of them. */
export function costOf(maxPerCpu: number): number {
  return POINTS_PER_CPU / maxPerCpu;
}

/** LOAD = sum of the costs / number of CPUs: 100 is every CPU used up. */
export function loadOf(costs: readonly number[], cpus: number): number {
  return costs.reduce((sum, cost) => sum + cost, 0) / cpus;
}

/** Reads `WebRtcEndpoint=1,WebRtcSfu=25` (decimals allowed). Throws RTCB_BAD_COST_MAP (exit 2). */
export function parseCostMap(text: string): Map<string, number> {
  const costs = new Map<string, number>();
  for (const part of text.split(',')) {
    const [, name, cost] = /^\s*([\w.-]+)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    if (name === undefined || cost === undefined) {
      throw usageError('RTCB_BAD_COST_MAP', `"${part}" is no cost`, 'as in WebRtcEndpoint=1,WebRtcSfu=25');
    }
    costs.set(name, Number(cost));
  }
  return costs;
}

/**
 * Points of one participant, measured and not guessed: the CPU that it took on the bridge at the maximum; where CPU
 * was not measured, its share of the maximum packet rate. null when the file tells neither.
 */
export function participantCost(capacity: CapacityFile): number | null {
  const { perParticipant, maxPacketRatePps } = capacity;
  if (perParticipant === null) return null;
  if (perParticipant.bridgeCpuRatio !== null) return perParticipant.bridgeCpuRatio * POINTS_PER_CPU;
  return maxPacketRatePps === null
    ? null
    : (perParticipant.packetRatePps / maxPacketRatePps) * POINTS_PER_CPU;
}
