import type { BridgeSample } from '../../targets/types.ts';

/** Packets of all directions, local and relay. */
function packets({ local, relay }: BridgeSample): number {
  const parts = [local.packetsIn, local.packetsOut, relay.packetsIn, relay.packetsOut];
  return parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** Stress of each bridge for placement, from whatever two samples came last, at the samples' own times. */
export class StressMeter {
  readonly #maxPacketRatePps: number;
  readonly #last = new Map<string, BridgeSample>();
  readonly #stress = new Map<string, number>();

  constructor(maxPacketRatePps: number) {
    this.#maxPacketRatePps = maxPacketRatePps;
  }

  add(sample: BridgeSample): void {
    const before = this.#last.get(sample.bridgeId);
    this.#last.set(sample.bridgeId, sample);
    if (before === undefined) return;
    const elapsedMs = sample.readAtMs - before.readAtMs;
    if (elapsedMs <= 0) return;
    const packetRatePps = ((packets(sample) - packets(before)) * 1000) / elapsedMs;
    this.#stress.set(sample.bridgeId, packetRatePps / this.#maxPacketRatePps);
  }

  /** 0 before there are two samples. */
  stress(bridgeId: string): number {
    return this.#stress.get(bridgeId) ?? 0;
  }
}
