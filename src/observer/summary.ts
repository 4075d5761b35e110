import { averageBitrateBps, type Flow, MEDIA, type Medium, sumOfFlows } from './model/traffic.ts';
import type { Call, Client, Track } from './model/types.ts';
import type { Report } from './reports/types.ts';

/** What a run's report shows of what the observer found; plain data, written as `observer/summary.json`. */
export interface ObserverSummary {
  schemaVersion: 1;
  calls: CallSummary[];
}

export interface CallSummary {
  serviceId: string;
  roomId: string;
  callId: string;
  /** Unix milliseconds. */
  startedMs: number;
  /** null: it was still going on. */
  endedMs: number | null;
  clients: ClientSummary[];
  /** Joins, leaves, connections and tracks in the order they were found; beyond `MAX_EVENTS` only joins and leaves. */
  events: CallEventSummary[];
  /** Events beyond that many. */
  eventsLeftOut: number;
}

export interface CallEventSummary {
  timestampMs: number;
  name: string;
  clientId: string | null;
  trackId: string | null;
}

export interface ClientSummary {
  clientId: string;
  userId: string | null;
  joinedMs: number;
  lastSeenMs: number;
  /** Inbound tracks whose sender was found, and those whose was not. */
  matchedTracks: number;
  unmatchedTracks: number;
  up: Record<Medium, FlowSummary>;
  down: Record<Medium, FlowSummary>;
}

export interface FlowSummary {
  bytes: number;
  /** Over the intervals between the client's own samples; null before there were two. */
  averageBitrateBps: number | null;
  peakBitrateBps: number | null;
}

/** Timeline entries kept a call. */
const MAX_EVENTS = 20_000;

function flowSummary(flow: Flow): FlowSummary {
  return {
    bytes: flow.bytes,
    averageBitrateBps: averageBitrateBps(flow),
    peakBitrateBps: flow.peakBitrateBps,
  };
}

function flowSummaries(stays: readonly Record<Medium, Flow>[]): Record<Medium, FlowSummary> {
  const whole = (medium: Medium): Flow => sumOfFlows(stays.map((flows) => flows[medium]));
  return Object.fromEntries(MEDIA.map((medium) => [medium, flowSummary(whole(medium))])) as Record<
    Medium,
    FlowSummary
  >;
}

interface KeptClient {
  /** Its stays in the call, the latest last: one that left and came again is the same client. */
  stays: Client[];
  matched: Set<string>;
  unmatched: Set<string>;
}

function clientSummary(clientId: string, { stays, matched, unmatched }: KeptClient): ClientSummary {
  return {
    clientId,
    userId: stays.at(-1)?.userId ?? null,
    joinedMs: Math.min(...stays.map(({ joinedMs }) => joinedMs)),
    lastSeenMs: Math.max(...stays.map(({ sampleMs }) => sampleMs)),
    matchedTracks: matched.size,
    unmatchedTracks: unmatched.size,
    up: flowSummaries(stays.map(({ traffic }) => traffic.up)),
    down: flowSummaries(stays.map(({ traffic }) => traffic.down)),
  };
}

interface KeptCall {
  call: Call;
  clients: Map<string, KeptClient>;
  events: CallEventSummary[];
  eventsLeftOut: number;
}

/**
 * Keeps what a summary needs while calls come and go. Meant for a run, whose calls are few and whose end is near; a
 * service that runs for weeks does without one.
 */
export class SummaryKeeper {
  readonly #calls = new Map<string, KeptCall>();

  /** Looks at every report; only events matter. */
  see(report: Report): void {
    if (report.type !== 'call-event') return;
    const { callId, name, timestamp, clientId, mediaTrackId } = {
      ...report.stat,
      ...report.base,
      ...report.own,
    };
    const kept = this.#calls.get(String(callId));
    if (kept === undefined) return;
    // Who came and went is told of every client: the timeline of the call is made of it.
    if (kept.events.length >= MAX_EVENTS && !String(name).startsWith('CLIENT_')) {
      kept.eventsLeftOut += 1;
      return;
    }
    kept.events.push({
      timestampMs: Number(timestamp),
      name: String(name),
      clientId: typeof clientId === 'string' ? clientId : null,
      trackId: typeof mediaTrackId === 'string' ? mediaTrackId : null,
    });
  }

  /** Called as soon as a call is known, before its first event. */
  begin(call: Call): void {
    if (this.#calls.has(call.callId)) return;
    this.#calls.set(call.callId, { call, clients: new Map(), events: [], eventsLeftOut: 0 });
  }

  /** Takes in a client that was heard, and which of its tracks are matched; called after each evaluation. */
  update(client: Client): void {
    const kept = this.#calls.get(client.call.callId);
    if (kept === undefined) return;
    let entry = kept.clients.get(client.clientId);
    if (entry === undefined) {
      entry = { stays: [client], matched: new Set(), unmatched: new Set() };
      kept.clients.set(client.clientId, entry);
    } else if (entry.stays.at(-1) !== client) entry.stays.push(client);
    for (const connection of client.peerConnections.values()) {
      for (const track of connection.tracks.values()) this.#updateTrack(entry, track);
    }
  }

  #updateTrack(entry: KeptClient, track: Track): void {
    if (track.direction !== 'inbound') return;
    const key = `${track.peerConnection.peerConnectionId} ${track.trackId}`;
    if (track.matched) {
      entry.matched.add(key);
      entry.unmatched.delete(key);
    } else if (!entry.matched.has(key)) entry.unmatched.add(key);
  }

  summary(): ObserverSummary {
    return {
      schemaVersion: 1,
      calls: [...this.#calls.values()].map(({ call, clients, events, eventsLeftOut }) => ({
        serviceId: call.room.service.serviceId,
        roomId: call.room.roomId,
        callId: call.callId,
        startedMs: call.startedMs,
        endedMs: call.endedMs,
        clients: [...clients].map(([clientId, client]) => clientSummary(clientId, client)),
        events,
        eventsLeftOut,
      })),
    };
  }
}
