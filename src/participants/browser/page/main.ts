import type { PageApi } from '../page-api.ts';
import { observePeerConnections } from './cluster/peer-connections.ts';
import { EventQueue } from './event-queue.ts';
import { LoopDelay } from './loop-delay.ts';
import { Studio } from './media/studio.ts';
import { Session } from './session.ts';

declare global {
  var rtcBench: PageApi;
}

function createPageApi(): PageApi {
  observePeerConnections();
  const sessions = new Map<string, Session>();
  const events = new EventQueue();
  const studio = new Studio();
  const loopDelay = new LoopDelay();
  loopDelay.start();
  return {
    join(request) {
      const session = new Session(request, studio, (event) => events.push(event));
      sessions.set(request.participant.id, session);
      void session.run();
    },
    async leave(participantId) {
      const session = sessions.get(participantId);
      sessions.delete(participantId);
      return (await session?.leave()) ?? null;
    },
    nextEvents: (waitMs) => events.next(waitMs),
    async sample() {
      const samples = await Promise.all([...sessions.values()].map((session) => session.sample()));
      return { participants: samples.filter((sample) => sample !== null), loopDelay: loopDelay.take() };
    },
  };
}

globalThis.rtcBench = createPageApi();
