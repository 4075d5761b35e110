import { environmentError, errorMessage } from '../errors.ts';
import type { Engine, EngineOptions, ParticipantEvent, ParticipantSample } from '../participants/types.ts';
import type { PacketAccounting } from '../results/records.ts';
import type { ParticipantPlan, RoomPlan } from '../scenario/plan-types.ts';
import { Scope } from '../system/scope.ts';
import type { System } from '../system/types.ts';
import type { BridgeInfo, BridgeSample, Target, TargetOptions } from '../targets/types.ts';
import { Accounting } from './accounting.ts';
import { BridgeWatch } from './bridge-watch.ts';
import { TrustEvidence } from './evidence.ts';
import { Measurements, type Snapshot } from './measurements.ts';
import { Reader } from './reader.ts';
import { Roster } from './roster.ts';
import { type RunSink, withEvidence } from './sink.ts';

/** Somebody else who wants to see what the rig sees, as the observer does; must not throw. */
export interface RigTap {
  /** The target is up; what else it can tell may be asked of it. */
  onTarget?(target: Target): void;
  onParticipantEvent(event: ParticipantEvent): void;
  onReadings(bridges: readonly BridgeSample[], participants: readonly ParticipantSample[]): void;
}

export interface RigParts {
  system: System;
  rooms: readonly RoomPlan[];
  /** Everybody who may be asked to join. */
  participants: readonly ParticipantPlan[];
  sink: RunSink;
  createTarget(options: TargetOptions): Promise<Target>;
  /** The engines that the participants need, and no others. */
  createEngines(options: EngineOptions): Promise<readonly Engine[]>;
  /** The capacity of a bridge, null when the scenario states none. */
  maxPacketRatePps(bridgeId: string): number | null;
  tap?: RigTap;
}

/** What is known of target, engines and participants once everything is closed. */
export interface RigEnd {
  /** When everything was closed, since the origin. */
  tMs: number;
  participants: { planned: number; joined: number; failed: number };
  endpoints: { kind: string; notReported: string[] }[];
  bridges: BridgeInfo[];
  /** Of these, the ones that died. */
  deadBridges: string[];
  accounting: PacketAccounting | null;
  evidence: ReturnType<TrustEvidence['result']>;
  versions: Record<string, string>;
  target: { kind: string; notOffered: readonly string[] };
  /** Readings that got no answer in time. */
  missedReadings: number;
  lostEngines: string[];
  packetLoop: 'native' | 'typescript' | null;
  /** What could not be closed. */
  leftovers: string[];
}

/**
 * Target, engines and everything that reads them, without a plan: whoever drives it says who joins, who leaves
 * and when everybody is read. A run drives it by its schedule, a calibration by its search.
 */
export class Rig {
  readonly #parts: RigParts;
  readonly #lost = new AbortController();
  /** Aborted when the rig's user says so, or when the target is lost. */
  readonly signal: AbortSignal;
  readonly #scope = new Scope();
  readonly #roster: Roster;
  readonly #accounting = new Accounting();
  readonly #evidence: TrustEvidence;
  /** Everything that is written passes the evidence on its way. */
  readonly #sink: RunSink;
  readonly #bridges: BridgeWatch;
  readonly #engines = new Map<string, Engine>();
  readonly #lostEngines = new Set<string>();
  readonly #measurements: Measurements;
  #reader: Reader | null = null;
  #target: Target | null = null;
  #originMs: number | null = null;
  #missedReadings = 0;
  #packetLoop: RigEnd['packetLoop'] = null;
  /** Who has left since the last tick, with the last reading where there was one. */
  #left: { participantId: string; last: ParticipantSample | null }[] = [];
  #notice: string | null = null;
  #snapshot: Snapshot | null = null;

  constructor(parts: RigParts, signal: AbortSignal) {
    this.#parts = parts;
    this.signal = AbortSignal.any([signal, this.#lost.signal]);
    this.#evidence = new TrustEvidence(parts.system.clock);
    this.#sink = withEvidence(parts.sink, this.#evidence);
    this.#roster = new Roster(parts.participants, this.#sink);
    this.#measurements = new Measurements(this.#sink, this.#roster, parts.maxPacketRatePps);
    this.#bridges = new BridgeWatch({
      record: (record) => this.#sink.record(record),
      nowMs: () => (this.#originMs === null ? null : this.tMs()),
      onNotice: (notice) => {
        this.#notice = notice;
      },
      onLost: (reason) => this.#onTargetLost(reason),
    });
  }

  /** The newest thing worth a line: a bridge that died, an engine that failed. */
  get notice(): string | null {
    return this.#notice;
  }

  /** What the last tick read. */
  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  /** Participants that are in a room now. */
  get present(): number {
    return this.#roster.present;
  }

  isPresent(participantId: string): boolean {
    return this.#roster.isPresent(participantId);
  }

  /** Milliseconds since the origin, to the microsecond; 0 before it. */
  tMs(): number {
    return this.#originMs === null
      ? 0
      : Math.round((this.#parts.system.clock.nowMs() - this.#originMs) * 1000) / 1000;
  }

  /** Brings target and engines up. Throws environmentError; `close` is owed either way. */
  async start(): Promise<void> {
    const target = await this.#parts.createTarget({ onEvent: (event) => this.#bridges.onEvent(event) });
    this.#target = target;
    this.#scope.defer(`target ${target.kind}`, () => target.close());
    await target.start(this.signal);
    this.#parts.tap?.onTarget?.(target);
    const engines = await this.#parts.createEngines({
      onEvent: (event) => this.#onParticipantEvent(event),
      access: (participant, _attempt, signal) => this.#access(target, participant, signal),
    });
    for (const engine of engines) {
      this.#engines.set(engine.kind, engine);
      this.#scope.defer(`engine ${engine.kind}`, () => engine.close());
    }
    await Promise.all(engines.map((engine) => engine.start(this.signal)));
    this.signal.throwIfAborted();
    const reader = new Reader({
      system: this.#parts.system,
      target,
      engines,
      onMissed: (source, reason) => this.#onMissed(source, reason),
    });
    this.#reader = reader;
    this.#scope.defer('reader', () => reader.close());
  }

  /** Sets the origin, on the system's clock: now, or that of the record that this rig goes on with. */
  begin(originMs: number = this.#parts.system.clock.nowMs()): number {
    this.#originMs = originMs;
    this.#bridges.begin(this.#target?.bridges() ?? [], this.tMs());
    return originMs;
  }

  enterStage(name: string, steady: boolean, tMs: number): void {
    this.#sink.startStage(name, steady, tMs);
  }

  /** Takes a participant in who was not planned from the beginning, or who comes again. */
  expect(participant: ParticipantPlan): void {
    this.#roster.expect(participant);
  }

  /**
   * Begins a join that was due `lagMs` ago; what becomes of it is recorded. Resolves when that is known, and
   * never rejects.
   */
  async join(participant: ParticipantPlan, lagMs: number): Promise<void> {
    this.#roster.beginJoin(participant.id, lagMs);
    try {
      await this.#engines.get(participant.engine)?.join(participant, this.signal);
    } catch (error) {
      if (this.signal.aborted) return;
      const reason = errorMessage(error);
      this.#onParticipantEvent({ type: 'failed', participantId: participant.id, attempt: 1, reason });
    }
  }

  /** Resolves when the participant is gone; never rejects. */
  async leave(participant: ParticipantPlan): Promise<void> {
    const { id: participantId, engine } = participant;
    this.#roster.beginLeave(participantId);
    let last: ParticipantSample | null = null;
    try {
      last = (await this.#engines.get(engine)?.leave(participantId)) ?? null;
    } catch (error) {
      this.#warn('RTCB_LEAVE_FAILED', `${participantId}: ${errorMessage(error)}`);
    }
    this.#left.push({ participantId, last });
  }

  /** Forgets account and evidence until now: what comes is judged by itself. */
  restartWindow(): void {
    this.#accounting.restart();
    this.#evidence.restart();
  }

  /** Account and evidence since the last `restartWindow`, or since the origin. */
  window(): Pick<RigEnd, 'accounting' | 'evidence' | 'bridges' | 'deadBridges'> {
    const { bridges, dead: deadBridges } = this.#bridges;
    return {
      bridges,
      deadBridges,
      accounting: this.#accounting.result(bridges),
      evidence: this.#evidence.result(deadBridges, bridges),
    };
  }

  /** Reads everybody; the interval that ends now lies in `stage`. The first reading, at the origin, ends none. */
  async tick(stage: { name: string; steady: boolean }, isFirst = false): Promise<Snapshot | null> {
    if (this.#reader === null) return null;
    const missedBefore = this.#missedReadings;
    const readings = await this.#reader.read();
    const living = this.#bridges.bridges.length - this.#bridges.dead.length;
    const isComplete = this.#missedReadings === missedBefore && readings.bridges.length >= living;
    const tMs = this.tMs();
    const steady = stage.steady && !isFirst;
    const gone = this.#left.splice(0);
    const left = gone.flatMap(({ last }) => last ?? []);
    // Who left while the others were read may have been read as well, a little earlier.
    const participants = readings.participants.filter(
      (sample) => !left.some((last) => precedes(sample, last)),
    );
    const snapshot = this.#measurements.tick({ ...readings, participants, left, tMs, stage });
    for (const { participantId } of gone) this.#roster.endLeave(participantId, tMs);
    this.#snapshot = snapshot;
    this.#bridges.observeUp((bridge, up) => this.#sink.observe('bridge.up_ratio', { bridge }, up));
    this.#evidence.tick(snapshot, steady);
    this.#parts.tap?.onReadings(readings.bridges, participants);
    const { bridges, host } = readings;
    this.#accounting.tick(tMs, steady, bridges, [...left, ...participants], host.counters, isComplete);
    for (const { packetLoop } of readings.generators) this.#packetLoop = packetLoop ?? this.#packetLoop;
    await this.#sink.drain();
    return snapshot;
  }

  /** Everybody leaves, engines and target end. Idempotent in effect; tells what it came to. */
  async close(): Promise<RigEnd> {
    const versions = [...this.#engines.values()].map((engine) => engine.versions());
    const leftovers = await this.#scope.close();
    const tMs = this.tMs();
    for (const { last } of this.#left) if (last !== null) this.#roster.onSample(last);
    this.#roster.summariseAll(tMs);
    return {
      tMs,
      participants: {
        planned: this.#roster.planned,
        joined: this.#roster.everJoined,
        failed: this.#roster.failed,
      },
      endpoints: this.#measurements.endpoints,
      ...this.window(),
      versions: Object.assign({}, this.#target?.versions(), ...versions),
      target: { kind: this.#target?.kind ?? 'none', notOffered: this.#target?.notOffered ?? [] },
      missedReadings: this.#missedReadings,
      lostEngines: [...this.#lostEngines],
      packetLoop: this.#packetLoop,
      leftovers,
    };
  }

  #access(target: Target, participant: ParticipantPlan, signal: AbortSignal) {
    const room = this.#parts.rooms.find(({ id }) => id === participant.roomId);
    return target.access(
      {
        roomId: participant.roomId,
        roomName: room?.name ?? participant.roomId,
        participantId: participant.id,
        pinnedBridge: participant.pinnedBridge ?? room?.pinnedBridge ?? null,
      },
      signal,
    );
  }

  #onParticipantEvent(event: ParticipantEvent): void {
    this.#roster.onEvent(event, this.tMs());
    this.#parts.tap?.onParticipantEvent(event);
    if (event.type !== 'engine-failed') return;
    this.#lostEngines.add(event.engine);
    this.#notice = `engine ${event.engine} failed: ${event.reason}`;
  }

  #onTargetLost(reason: string): void {
    this.#lost.abort(
      environmentError('RTCB_TARGET_LOST', `the target was lost: ${reason}`, {
        hint: 'What was measured up to then is kept; the report shows when it happened.',
      }),
    );
  }

  #onMissed(source: string, reason: string): void {
    if (this.signal.aborted) return;
    this.#missedReadings += 1;
    this.#warn('RTCB_READING_MISSED', `${source}: ${reason}`);
  }

  #warn(code: string, message: string): void {
    this.#sink.record({ tMs: this.tMs(), type: 'warning', code, message });
  }
}

function precedes(sample: ParticipantSample, last: ParticipantSample): boolean {
  return sample.participantId === last.participantId && sample.readAtMs <= last.readAtMs;
}
