import type { SignallingClient } from '../cluster/signalling/client.ts';
import type { RoomEventSource, RoomEvents } from './room-events.ts';

/** What the embedded cluster tells of a room, as any SFU's client tells it. */
export function clusterEvents(signalling: SignallingClient): RoomEventSource {
  return {
    on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): void {
      if (name !== 'lost') {
        const told: Exclude<keyof RoomEvents, 'lost'> = name;
        signalling.on(told, (event) => listener(event as RoomEvents[N]));
        return;
      }
      const lost = (reason: string) => listener({ reason } as RoomEvents[N]);
      signalling.on('bridgeLost', ({ bridgeId, reason }) => lost(`bridge ${bridgeId} is gone: ${reason}`));
      void signalling.closed.then(({ code }) => lost(`the signalling connection ended (${code})`));
    },
  };
}
