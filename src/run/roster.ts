import type { MetricLabels, MetricName } from '../metrics/catalogue.ts';
import type { ParticipantEvent, ParticipantSample } from '../participants/types.ts';
import type { TimelineRecord } from '../results/records.ts';
import { endpointOf } from '../scenario/endpoints.ts';
import type { ParticipantPlan } from '../scenario/plan-types.ts';
import type { TrackRates } from './meters.ts';
import { newEntry, type RosterEntry, summaryOf, withVanishedTracks } from './roster-entry.ts';

/** Where what the roster learns is written; the recorder of the run folder implements it. */
export interface RosterSink {
  record(record: TimelineRecord): void;
  observe(metric: MetricName, labels: MetricLabels, value: number): void;
}

/** Who is planned, joined, failed or gone, and what became of each. One for a run. */
export class Roster {
  readonly #entries = new Map<string, RosterEntry>();
  readonly #sink: RosterSink;

  constructor(participants: readonly ParticipantPlan[], sink: RosterSink) {
    this.#sink = sink;
    for (const participant of participants) this.expect(participant);
  }

  /** Takes one more participant in, or one that left and comes again. */
  expect(participant: ParticipantPlan): void {
    const before = this.#entries.get(participant.id);
    if (before?.leaving === true) this.endLeave(participant.id, before.leftAtMs ?? 0);
    this.#entries.set(participant.id, newEntry(participant));
  }

  get planned(): number {
    return this.#entries.size;
  }

  /** Participants that are in a room now. */
  get present(): number {
    return this.#count((entry) => entry.state === 'joined');
  }

  isPresent(participantId: string): boolean {
    return this.#entries.get(participantId)?.state === 'joined';
  }

  /** Participants that have been in a room at some time. */
  get everJoined(): number {
    return this.#count((entry) => entry.everJoined);
  }

  /** Participants whose join was begun and that never got in. */
  get failed(): number {
    return this.#count((entry) => entry.state === 'failed' && !entry.everJoined);
  }

  /** Participants that should be in a room at `tMs`. */
  dueAt(tMs: number): number {
    return this.#count(
      ({ plan }) => plan.joinAtMs <= tMs && (plan.leaveAtMs === null || plan.leaveAtMs > tMs),
    );
  }

  plan(participantId: string): ParticipantPlan | null {
    return this.#entries.get(participantId)?.plan ?? null;
  }

  bridgeOf(participantId: string): string | null {
    return this.#entries.get(participantId)?.bridgeId ?? null;
  }

  beginJoin(participantId: string, startLagMs: number): void {
    const entry = this.#entries.get(participantId);
    if (entry === undefined) return;
    entry.state = 'joining';
    entry.startLagMs = startLagMs;
  }

  /** What became of it is summarised when its last reading is in. */
  beginLeave(participantId: string): void {
    const entry = this.#entries.get(participantId);
    if (entry !== undefined) entry.leaving = true;
  }

  endLeave(participantId: string, tMs: number): void {
    const entry = this.#entries.get(participantId);
    if (entry === undefined) return;
    entry.leaving = false;
    if (entry.state === 'left') this.#summarise(entry, tMs);
  }

  /** Takes what an engine tells and writes it down. Events of unknown participants are ignored. */
  onEvent(event: ParticipantEvent, tMs: number): void {
    if (event.type === 'engine-failed') {
      this.#sink.record({
        tMs,
        type: 'warning',
        code: 'RTCB_ENGINE_FAILED',
        message: `${event.engine}: ${event.reason}`,
      });
      return;
    }
    const entry = this.#entries.get(event.participantId);
    if (entry === undefined) return;
    const labels = this.#labels(entry);
    switch (event.type) {
      case 'joined':
        this.#joined(entry, event, tMs);
        return;
      case 'steps':
        if (event.steps.firstPacketMs !== null)
          this.#sink.observe('participant.first_packet_ms', labels, event.steps.firstPacketMs);
        if (event.steps.firstFrameMs !== null)
          this.#sink.observe('participant.first_frame_ms', labels, event.steps.firstFrameMs);
        this.#sink.record({
          tMs,
          type: 'participant-steps',
          participantId: entry.plan.id,
          steps: event.steps,
        });
        return;
      case 'failed':
        entry.state = 'failed';
        entry.attempts = event.attempt;
        this.#sink.observe('participant.join_failed_ratio', labels, 1);
        this.#sink.record({
          tMs,
          type: 'participant-failed',
          participantId: entry.plan.id,
          roomId: entry.plan.roomId,
          engine: entry.plan.engine,
          endpoint: endpointOf(entry.plan),
          attempt: event.attempt,
          reason: event.reason,
        });
        return;
      case 'left':
        entry.state = 'left';
        entry.leftAtMs = tMs;
        this.#sink.record({
          tMs,
          type: 'participant-left',
          participantId: entry.plan.id,
          reason: event.reason,
        });
        if (!entry.leaving) this.#summarise(entry, tMs);
        return;
      case 'published': {
        const { type: _, ...published } = event;
        this.#sink.record({ tMs, type: 'track-published', ...published });
        this.#sink.observe('participant.publish_ms', { ...labels, ...trackLabels(event) }, event.durationMs);
        return;
      }
      case 'subscribed': {
        const { type: _, ...subscribed } = event;
        this.#sink.record({ tMs, type: 'track-subscribed', ...subscribed });
        this.#sink.observe(
          'participant.subscribe_ms',
          { ...labels, ...trackLabels(event) },
          event.durationMs,
        );
        return;
      }
    }
  }

  /** Keeps what the summary of a participant needs of one reading. */
  onSample(sample: ParticipantSample): void {
    const entry = this.#entries.get(sample.participantId);
    if (entry === undefined) return;
    if (sample.roundTripTimeMs !== null && sample.roundTripTimeMs >= 0)
      entry.rttMs.add(sample.roundTripTimeMs);
    for (const track of sample.tracks) {
      if (track.direction === 'down' && track.jitterMs !== null)
        entry.jitterMaxMs = Math.max(entry.jitterMaxMs ?? 0, track.jitterMs);
    }
    entry.lastSample = withVanishedTracks(entry.lastSample, sample);
  }

  /** Keeps what the summary needs of one interval of one received video track. */
  onVideoInterval(participantId: string, rates: TrackRates): void {
    const entry = this.#entries.get(participantId);
    if (entry === undefined) return;
    if (rates.framesPerSecond !== null) entry.framesPerSecond.add(rates.framesPerSecond);
    if (rates.freezeRatio === null) return;
    entry.watchedMs += rates.intervalMs;
    entry.frozenMs += rates.freezeRatio * rates.intervalMs;
  }

  /** Writes the summaries that are still owed, at the run's end. */
  summariseAll(tMs: number): void {
    for (const entry of this.#entries.values()) this.#summarise(entry, tMs);
  }

  #joined(entry: RosterEntry, event: Extract<ParticipantEvent, { type: 'joined' }>, tMs: number): void {
    entry.state = 'joined';
    entry.everJoined = true;
    entry.bridgeId = event.bridgeId;
    entry.attempts = event.attempt;
    entry.joinedAtMs ??= tMs;
    // What began late is measured from when it was due; a rejoin has no due time of its own.
    const joinMs = event.joinMs + (event.attempt === 1 ? entry.startLagMs : 0);
    entry.joinMs ??= joinMs;
    const labels = this.#labels(entry);
    this.#sink.observe('participant.join_ms', labels, joinMs);
    this.#sink.observe('participant.join_failed_ratio', labels, 0);
    const { signallingMs, iceMs, dtlsMs } = event.steps;
    if (signallingMs !== null) this.#sink.observe('participant.signalling_ms', labels, signallingMs);
    if (iceMs !== null) this.#sink.observe('participant.ice_ms', labels, iceMs);
    if (dtlsMs !== null) this.#sink.observe('participant.dtls_ms', labels, dtlsMs);
    this.#sink.record({
      tMs,
      type: 'participant-joined',
      participantId: entry.plan.id,
      roomId: entry.plan.roomId,
      bridgeId: event.bridgeId,
      engine: entry.plan.engine,
      endpoint: endpointOf(entry.plan),
      attempt: event.attempt,
      startLagMs: entry.startLagMs,
      joinMs,
      steps: event.steps,
    });
  }

  #labels(entry: RosterEntry): MetricLabels {
    return {
      engine: entry.plan.engine,
      endpoint: endpointOf(entry.plan),
      room: entry.plan.roomId,
      ...(entry.bridgeId === null ? {} : { bridge: entry.bridgeId }),
    };
  }

  #summarise(entry: RosterEntry, tMs: number): void {
    if (entry.summarised) return;
    entry.summarised = true;
    this.#sink.record({ tMs, type: 'participant-summary', summary: summaryOf(entry) });
  }

  #count(predicate: (entry: RosterEntry) => boolean): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (predicate(entry)) count += 1;
    return count;
  }
}

/** The first attempt is apart from later ones: what came after a migration waits for others too. */
function trackLabels({ source, attempt }: { source: string; attempt: number }): MetricLabels {
  return { source, attempt: attempt === 1 ? 'first' : 'later' };
}
