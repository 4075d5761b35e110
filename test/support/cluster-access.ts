import type { RoomAccess } from '../../src/targets/types.ts';
import type { TestCluster } from './cluster.ts';

/** An engine's way into a room of the test's cluster. */
export async function clusterAccess(
  cluster: TestCluster,
  participantId: string,
  room: string,
): Promise<RoomAccess> {
  const { protocol, url, bridgeId } = await cluster.invite({ room, participantId });
  return { protocol, url, roomName: room, bridgeId };
}
