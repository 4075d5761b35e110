import type { JoinRequest } from '../page-api.ts';
import { ClusterLink } from './cluster/link.ts';
import { JanusLink } from './janus/link.ts';
import type { LinkListener, RoomLink } from './link.ts';
import type { Studio } from './media/studio.ts';

export function createLink(request: JoinRequest, studio: Studio, listener: LinkListener): RoomLink {
  const { access, participant } = request;
  switch (access.protocol) {
    case 'rtc-bench-v1':
      return new ClusterLink(access, participant, studio, listener);
    case 'janus-videoroom':
      return new JanusLink(access, participant, studio, listener);
  }
}
