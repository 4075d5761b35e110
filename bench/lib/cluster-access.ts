import type { ParticipantPlan } from '../../src/scenario/plan-types.ts';
import { ClusterClient } from '../../src/targets/mediasoup/cluster-client.ts';
import type { RoomAccess } from '../../src/targets/types.ts';

/** A participant's way into its room of a cluster; `through` says by which address it goes to the signalling. */
export async function accessTo(
  clusterUrl: string,
  { roomId, id: participantId, pinnedBridge }: ParticipantPlan,
  signal: AbortSignal,
  through: (url: string) => string = (url) => url,
): Promise<RoomAccess> {
  const client = new ClusterClient(clusterUrl);
  const { room, url, ...access } = await client.access({ room: roomId, participantId, pinnedBridge }, signal);
  return { ...access, url: through(url), roomName: room };
}
