/** What a bridge carries now and what it could: packets a second, in and out, local and inter-bridge. */
export interface BridgeUse {
  bridgeId: string;
  packetRatePps: number;
  participants: number;
}

/**
 * Packet rate over the maximum packet rate: ordinary division, not clamped, so 1.2 is a fifth too much (the stress
 * of jitsi-videobridge's `PacketRateLoadSampler.kt`).
 */
export function stress(packetRatePps: number, maxPacketRatePps: number): number {
  return packetRatePps / maxPacketRatePps;
}

export interface Headroom {
  bridgeId: string;
  stress: number;
  /** Packets a second until `targetStress`; negative when it is beyond. */
  sparePps: number;
  /** Participants of this kind that still fit; null while nobody is there to tell what one costs. */
  spareParticipants: number | null;
}

export interface ClusterHeadroom {
  bridges: Headroom[];
  spareParticipants: number | null;
  /** Whether the others can carry what one bridge carries, for the loss of the fullest. */
  survivesLossOfOne: boolean;
  /** Mean stress of the others after that loss; null for a single bridge. */
  stressAfterLoss: number | null;
}

/** Beyond this a bridge takes nobody any more: jicofo's `stress-threshold`. */
export const TARGET_STRESS = 0.8;

/**
 * How many more participants of the same kind fit, and whether the cluster survives the loss of its fullest bridge
 * (N-1). Loss is survived when what is left fits below `limitStress` on every bridge that remains; what is relayed
 * between bridges today is counted as it is, so this errs on the careful side.
 */
export function clusterHeadroom(
  bridges: readonly BridgeUse[],
  maxPacketRatePps: number,
  targetStress: number = TARGET_STRESS,
  limitStress = 1,
): ClusterHeadroom {
  const participants = bridges.reduce((sum, bridge) => sum + bridge.participants, 0);
  const total = bridges.reduce((sum, bridge) => sum + bridge.packetRatePps, 0);
  const perParticipant = participants > 0 && total > 0 ? total / participants : null;
  const headrooms = bridges.map((bridge) => {
    const sparePps = targetStress * maxPacketRatePps - bridge.packetRatePps;
    return {
      bridgeId: bridge.bridgeId,
      stress: stress(bridge.packetRatePps, maxPacketRatePps),
      sparePps,
      spareParticipants: perParticipant === null ? null : Math.max(0, Math.floor(sparePps / perParticipant)),
    };
  });
  const stressAfterLoss = bridges.length < 2 ? null : stress(total / (bridges.length - 1), maxPacketRatePps);
  const fullest = Math.max(0, ...bridges.map((bridge) => bridge.packetRatePps));
  const spareOfOthers = bridges
    .toSorted((a, b) => b.packetRatePps - a.packetRatePps)
    .slice(1)
    .reduce((sum, bridge) => sum + Math.max(0, limitStress * maxPacketRatePps - bridge.packetRatePps), 0);
  return {
    bridges: headrooms,
    spareParticipants:
      perParticipant === null ? null : headrooms.reduce((sum, one) => sum + (one.spareParticipants ?? 0), 0),
    survivesLossOfOne: bridges.length > 1 && fullest <= spareOfOthers,
    stressAfterLoss,
  };
}
