import { z } from 'zod';

const maybe = z.number().nullable();
const flow = z.looseObject({
  bytes: z.number(),
  averageBitrateBps: maybe,
  peakBitrateBps: maybe,
});
const flows = z.looseObject({ audio: flow, video: flow, data: flow });

/** As much of `observer/summary.json` (`ObserverSummary` in src/observer/summary.ts) as a report shows. */
const summarySchema = z.looseObject({
  calls: z.array(
    z.looseObject({
      roomId: z.string(),
      startedMs: z.number(),
      endedMs: maybe,
      clients: z.array(
        z.looseObject({
          clientId: z.string(),
          matchedTracks: z.number(),
          unmatchedTracks: z.number(),
          up: flows,
          down: flows,
        }),
      ),
      events: z.array(z.looseObject({ timestampMs: z.number(), name: z.string() })),
    }),
  ),
});

export type ObservedFlows = z.infer<typeof flows>;

/** Times are milliseconds since the origin of the run. */
export interface ObservedCall {
  roomId: string;
  startMs: number;
  /** null: it was still going on. */
  endMs: number | null;
  clients: number;
  joinsMs: number[];
  leavesMs: number[];
  matchedTracks: number;
  unmatchedTracks: number;
}

export interface ObservedClient {
  clientId: string;
  roomId: string;
  matchedTracks: number;
  unmatchedTracks: number;
  up: ObservedFlows;
  down: ObservedFlows;
}

/** What the observer made of the samples of a run. */
export interface Observed {
  /** Most clients first. */
  calls: ObservedCall[];
  /** Most traffic first. */
  clients: ObservedClient[];
}

/** Reads the observer's summary; `originMs` is the run's origin in Unix milliseconds. Throws for what is none. */
export function parseObserved(text: string, originMs: number): Observed {
  const { calls } = summarySchema.parse(JSON.parse(text));
  const origin = Number.isFinite(originMs) ? originMs : Math.min(...calls.map((call) => call.startedMs));
  const clients = calls.flatMap((call) =>
    call.clients.map(({ clientId, matchedTracks, unmatchedTracks, up, down }) => ({
      clientId,
      roomId: call.roomId,
      matchedTracks,
      unmatchedTracks,
      up,
      down,
    })),
  );
  return {
    calls: calls
      .map((call): ObservedCall => {
        const times = (name: string) =>
          call.events
            .filter((event) => event.name === name)
            .map((event) => Math.max(0, event.timestampMs - origin))
            .sort((a, b) => a - b);
        return {
          roomId: call.roomId,
          startMs: Math.max(0, call.startedMs - origin),
          endMs: call.endedMs === null ? null : Math.max(0, call.endedMs - origin),
          clients: call.clients.length,
          joinsMs: times('CLIENT_JOINED'),
          leavesMs: times('CLIENT_LEFT'),
          matchedTracks: sum(call.clients, (client) => client.matchedTracks),
          unmatchedTracks: sum(call.clients, (client) => client.unmatchedTracks),
        };
      })
      .sort((a, b) => b.clients - a.clients || a.startMs - b.startMs),
    clients: clients.sort((a, b) => bytesOf(b) - bytesOf(a)),
  };
}

function bytesOf({ up, down }: ObservedClient): number {
  return sum([up, down], ({ audio, video, data }) => audio.bytes + video.bytes + data.bytes);
}

export function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}
