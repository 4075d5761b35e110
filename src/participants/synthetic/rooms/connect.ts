import type { RoomAccess } from '../../../targets/types.ts';
import { ClusterRoomClient } from './cluster.ts';
import { JanusRoomClient } from './janus.ts';
import type { RoomClient } from './types.ts';

/** The client that speaks what the access says. */
export function connectRoom(
  access: RoomAccess,
  participantId: string,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<RoomClient> {
  switch (access.protocol) {
    case 'rtc-bench-v1':
      return ClusterRoomClient.connect(access.url, nowMs, signal);
    case 'janus-videoroom':
      return JanusRoomClient.connect(access, participantId, nowMs, signal);
  }
}
