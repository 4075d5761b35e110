import type { ParticipantSample } from '../participants/types.ts';
import type { ParticipantSummary } from '../results/records.ts';
import { endpointOf } from '../scenario/endpoints.ts';
import type { ParticipantPlan } from '../scenario/plan-types.ts';
import { Distribution } from '../stats/distribution.ts';
import { ratio, trafficLoad } from './meters.ts';

/** What a run knows of one participant while it goes on. */
export interface RosterEntry {
  plan: ParticipantPlan;
  state: 'planned' | 'joining' | 'joined' | 'failed' | 'left';
  bridgeId: string | null;
  attempts: number;
  startLagMs: number;
  joinMs: number | null;
  joinedAtMs: number | null;
  leftAtMs: number | null;
  everJoined: boolean;
  /** It was told to leave, and its last reading is still to come. */
  leaving: boolean;
  /** The last reading, and where the counters of tracks that are gone stood. */
  lastSample: ParticipantSample | null;
  rttMs: Distribution;
  jitterMaxMs: number | null;
  framesPerSecond: Distribution;
  /** Time of video watched and of it frozen, over every interval of every video track. */
  watchedMs: number;
  frozenMs: number;
  summarised: boolean;
}

export function newEntry(plan: ParticipantPlan): RosterEntry {
  return {
    plan,
    state: 'planned',
    bridgeId: null,
    attempts: 0,
    startLagMs: 0,
    joinMs: null,
    joinedAtMs: null,
    leftAtMs: null,
    everJoined: false,
    leaving: false,
    lastSample: null,
    rttMs: new Distribution(),
    jitterMaxMs: null,
    framesPerSecond: new Distribution(),
    watchedMs: 0,
    frozenMs: 0,
    summarised: false,
  };
}

/** A track that closed is no longer reported, but its packets were sent: its last reading stays in the sum. */
export function withVanishedTracks(
  before: ParticipantSample | null,
  after: ParticipantSample,
): ParticipantSample {
  if (before === null) return after;
  const present = new Set(after.tracks.map((track) => track.trackId));
  const vanished = before.tracks.filter((track) => !present.has(track.trackId));
  return vanished.length === 0 ? after : { ...after, tracks: [...after.tracks, ...vanished] };
}

/** The participant over its whole stay. */
export function summaryOf(entry: RosterEntry): ParticipantSummary {
  const sample = entry.lastSample;
  const down = sample?.tracks.filter((track) => track.direction === 'down') ?? [];
  const received = down.reduce((sum, track) => sum + track.packets, 0);
  const lost = down.some((track) => track.packetsLost !== null)
    ? down.reduce((sum, track) => sum + Math.max(0, track.packetsLost ?? 0), 0)
    : null;
  const load = sample === null ? null : trafficLoad(null, sample);
  const nothing = {
    audio: { packets: 0, bytes: 0 },
    video: { packets: 0, bytes: 0 },
    data: { packets: 0, bytes: 0 },
  };
  return {
    participantId: entry.plan.id,
    group: entry.plan.group,
    roomId: entry.plan.roomId,
    bridgeId: entry.bridgeId,
    engine: entry.plan.engine,
    endpoint: endpointOf(entry.plan),
    joinedAtMs: entry.joinedAtMs,
    leftAtMs: entry.leftAtMs,
    attempts: entry.attempts,
    joinMs: entry.joinMs,
    rttMsMean: entry.rttMs.mean,
    lossRatio: lost === null ? null : ratio(lost, received + lost),
    jitterMsMax: entry.jitterMaxMs,
    framesPerSecondMean: entry.framesPerSecond.mean,
    freezeRatio: ratio(entry.frozenMs, entry.watchedMs),
    up: load?.up ?? nothing,
    down: load?.down ?? nothing,
  };
}
