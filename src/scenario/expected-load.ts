import { layerRates } from './packet-rates.ts';
import { place } from './placement.ts';
import type { ExpectedBridgeLoad, ParticipantPlan, RoomPlan } from './plan-types.ts';
import type { TargetConfig } from './schema.ts';

/**
 * The packet rate to expect of each bridge once everybody is there, by the model of `docs/scenarios.md`:
 * in = what its participants publish; out = what they receive; relay = every layer of a publication, once for each
 * further bridge on which somebody wants it. `packetRateInPps` and `packetRateOutPps` include the relayed packets.
 */
export function expectedLoad(
  participants: readonly ParticipantPlan[],
  rooms: readonly RoomPlan[],
  target: Pick<TargetConfig, 'bridges' | 'placement' | 'maxParticipantsPerBridgeAndRoom'>,
): ExpectedBridgeLoad[] {
  const bridges = place(participants, rooms, target);
  const loads = Array.from({ length: target.bridges }, (_, bridge) => ({
    bridge,
    participants: 0,
    packetRateInPps: 0,
    packetRateOutPps: 0,
    relayPacketRatePps: 0,
  }));
  const byRoom = Map.groupBy(participants, (participant) => participant.roomId);
  for (const members of byRoom.values()) addRoom(members, bridges, loads);
  return loads;
}

function addRoom(
  members: readonly ParticipantPlan[],
  bridges: ReadonlyMap<string, number>,
  loads: ExpectedBridgeLoad[],
): void {
  const on = Map.groupBy(members, (member) => bridges.get(member.id) ?? 0);
  const rates = members.map((member) => ({ member, rates: layerRates(member.publish) }));
  const total = rates.reduce(
    (sum, { rates: { audioPps, cameraLayersPps, screenPps } }) => ({
      audioPps: sum.audioPps + audioPps,
      cameras: sum.cameras + (cameraLayersPps.length > 0 ? 1 : 0),
      cameraPps: sum.cameraPps + (cameraLayersPps.at(-1) ?? 0),
      screens: sum.screens + (screenPps > 0 ? 1 : 0),
      screenPps: sum.screenPps + screenPps,
    }),
    { audioPps: 0, cameras: 0, cameraPps: 0, screens: 0, screenPps: 0 },
  );
  for (const [bridge, local] of on) {
    const load = loads[bridge];
    if (load === undefined) continue;
    load.participants += local.length;
    for (const member of local) {
      load.packetRateInPps += layerRates(member.publish).totalPps;
      load.packetRateOutPps += receivedPps(member, rates, total);
    }
    const wantsAudio = (others: readonly ParticipantPlan[]) =>
      others.some((m) => m.subscribe.audio === 'all');
    const wantsVideo = (others: readonly ParticipantPlan[]) =>
      others.some((m) => m.subscribe.video !== 'none' && m.subscribe.video !== 0);
    for (const [other, remote] of on) {
      const into = loads[other];
      if (other === bridge || into === undefined) continue;
      const relayed = local.reduce((sum, member) => {
        const own = layerRates(member.publish);
        const video = own.totalPps - own.audioPps;
        return sum + (wantsAudio(remote) ? own.audioPps : 0) + (wantsVideo(remote) ? video : 0);
      }, 0);
      load.packetRateOutPps += relayed;
      load.relayPacketRatePps += relayed;
      into.packetRateInPps += relayed;
      into.relayPacketRatePps += relayed;
    }
  }
}

interface Totals {
  audioPps: number;
  cameras: number;
  cameraPps: number;
  screens: number;
  screenPps: number;
}

/** What one participant receives: everybody's audio, and of the video tracks as many as it asked for. */
function receivedPps(
  member: ParticipantPlan,
  all: readonly { member: ParticipantPlan; rates: ReturnType<typeof layerRates> }[],
  total: Totals,
): number {
  const own = layerRates(member.publish);
  const audio = member.subscribe.audio === 'all' ? total.audioPps - own.audioPps : 0;
  const { video } = member.subscribe;
  if (video === 'none') return audio;
  const layer = member.subscribe.preferredSpatialLayer;
  const cameras = total.cameras - (own.cameraLayersPps.length > 0 ? 1 : 0);
  const screens = total.screens - (own.screenPps > 0 ? 1 : 0);
  const cameraPps =
    layer === null
      ? total.cameraPps - (own.cameraLayersPps.at(-1) ?? 0)
      : all.reduce(
          (sum, other) => sum + (other.member === member ? 0 : layerPps(other.rates.cameraLayersPps, layer)),
          0,
        );
  const screenPps = total.screenPps - own.screenPps;
  const limit = video === 'all' ? Number.POSITIVE_INFINITY : video;
  const screenShare = screens === 0 ? 0 : Math.min(1, limit / screens);
  const cameraShare = cameras === 0 ? 0 : Math.min(1, Math.max(0, limit - screens) / cameras);
  return audio + screenPps * screenShare + cameraPps * cameraShare;
}

function layerPps(layers: readonly number[], preferred: number): number {
  return layers[Math.min(preferred, layers.length - 1)] ?? 0;
}
