import { environmentError, errorMessage } from '../errors.ts';
import type { Engine, EngineOptions, ParticipantEvent } from '../participants/types.ts';
import type { PacketAccounting, RunStatus } from '../results/records.ts';
import type { ParticipantPlan, RunPlan, StagePlan } from '../scenario/plan-types.ts';
import { Scope } from '../system/scope.ts';
import type { System } from '../system/types.ts';
import type { BridgeInfo, Target, TargetOptions } from '../targets/types.ts';
import { Accounting } from './accounting.ts';
import { BridgeWatch } from './bridge-watch.ts';
import { TrustEvidence } from './evidence.ts';
import { type MeasurementSink, Measurements, type Snapshot } from './measurements.ts';
import { Reader } from './reader.ts';
import { Roster } from './roster.ts';
import { beginWhenDue, type DueTask, tickThrough } from './schedule.ts';

/** Where a run is written; the recorder of the run folder implements it. */
export interface RunSink extends MeasurementSink {
  /** Begins a stage: before anything of it is observed. */
  startStage(stage: string, steady: boolean, tMs: number): void;
  /** Resolves when the disk has caught up. */
  drain(): Promise<void>;
}

export interface RunParts {
  system: System;
  plan: RunPlan;
  sink: RunSink;
  samplingIntervalMs: number;
  createTarget(options: TargetOptions): Promise<Target>;
  /** The engines that the plan needs, and no others. */
  createEngines(options: EngineOptions): Promise<readonly Engine[]>;
  /** The capacity of a bridge, null when the scenario states none. */
  maxPacketRatePps(bridgeId: string): number | null;
  /** Once before the origin, then after every tick. */
  onProgress(progress: RunProgress): void;
}

export interface RunProgress {
  phase: 'starting' | 'running' | 'draining';
  tMs: number;
  stage: StagePlan | null;
  snapshot: Snapshot | null;
  notice: string | null;
}

/** How a run ended, and what is known only then. */
export interface RunEnd {
  /** When everything was closed, since the origin. */
  tMs: number;
  status: Exclude<RunStatus, 'running'>;
  /** What stopped it before its plan was over; rethrown by the command line when it is an error of ours. */
  cause: unknown;
  participants: { planned: number; joined: number; failed: number };
  bridges: BridgeInfo[];
  accounting: PacketAccounting | null;
  evidence: ReturnType<TrustEvidence['result']>;
  versions: Record<string, string>;
  target: { kind: string; notOffered: readonly string[] };
  /** Ticks at which a source did not answer. */
  missedReadings: number;
  lostEngines: string[];
  packetLoop: 'native' | 'typescript' | null;
  /** What could not be closed. */
  leftovers: string[];
}

/** The reason with which a run is stopped from outside. */
export class Interrupted extends Error {
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP';
  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.signal = signal;
  }
}

/**
 * Executes a plan: brings target and engines up, begins joins and leaves when they are due, reads everything at
 * every tick, closes what was opened. It never throws for what happens to the run: that is in the `RunEnd`.
 */
export async function executeRun(parts: RunParts, signal: AbortSignal): Promise<RunEnd> {
  return new Run(parts, signal).execute();
}

class Run {
  readonly #parts: RunParts;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #scope = new Scope();
  readonly #roster: Roster;
  readonly #accounting = new Accounting();
  readonly #evidence: TrustEvidence;
  /** Everything that is written passes the evidence on its way. */
  readonly #sink: RunSink;
  readonly #bridges: BridgeWatch;
  readonly #engines = new Map<string, Engine>();
  readonly #lostEngines = new Set<string>();
  #target: Target | null = null;
  #originMs: number | null = null;
  #missedReadings = 0;
  #packetLoop: RunEnd['packetLoop'] = null;
  #notice: string | null = null;
  #snapshot: Snapshot | null = null;
  #versions: Record<string, string> = {};

  constructor(parts: RunParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#evidence = new TrustEvidence(parts.system.clock);
    this.#sink = withEvidence(parts.sink, this.#evidence);
    this.#roster = new Roster(parts.plan, this.#sink);
    this.#bridges = new BridgeWatch({
      record: (record) => this.#sink.record(record),
      nowMs: () => (this.#originMs === null ? null : this.#tMs()),
      onNotice: (notice) => {
        this.#notice = notice;
      },
      onLost: (reason) => this.#onTargetLost(reason),
    });
  }

  async execute(): Promise<RunEnd> {
    let cause: unknown = null;
    try {
      this.#progress('starting');
      const target = await this.#start();
      await this.#drive(target);
    } catch (error) {
      cause = this.#signal.aborted ? this.#signal.reason : error;
    }
    // Joins that are still under way have nowhere to arrive.
    this.#stop.abort(cause ?? new Error('the run is over'));
    this.#progress('draining');
    this.#versions = this.#collectVersions();
    const { bridges } = this.#bridges;
    const leftovers = await this.#scope.close();
    const tMs = this.#tMs();
    this.#roster.summariseAll(tMs);
    const status = cause === null ? 'completed' : cause instanceof Interrupted ? 'interrupted' : 'failed';
    return {
      tMs,
      status,
      cause,
      participants: {
        planned: this.#roster.planned,
        joined: this.#roster.everJoined,
        failed: this.#roster.failed,
      },
      bridges,
      accounting: this.#accounting.result(bridges),
      evidence: this.#evidence.result(),
      versions: this.#versions,
      target: { kind: this.#target?.kind ?? 'none', notOffered: this.#target?.notOffered ?? [] },
      missedReadings: this.#missedReadings,
      lostEngines: [...this.#lostEngines],
      packetLoop: this.#packetLoop,
      leftovers,
    };
  }

  async #start(): Promise<Target> {
    const { plan, createTarget, createEngines } = this.#parts;
    const target = await createTarget({ onEvent: (event) => this.#bridges.onEvent(event) });
    this.#target = target;
    this.#scope.defer(`target ${target.kind}`, () => target.close());
    await target.start(this.#signal);
    const rooms = new Map(plan.rooms.map((room) => [room.id, room]));
    const engines = await createEngines({
      onEvent: (event) => this.#onParticipantEvent(event),
      access: (participant, _attempt, signal) => {
        const room = rooms.get(participant.roomId);
        return target.access(
          {
            roomId: participant.roomId,
            roomName: room?.name ?? participant.roomId,
            participantId: participant.id,
            pinnedBridge: participant.pinnedBridge ?? room?.pinnedBridge ?? null,
          },
          signal,
        );
      },
    });
    for (const engine of engines) {
      this.#engines.set(engine.kind, engine);
      this.#scope.defer(`engine ${engine.kind}`, () => engine.close());
    }
    await Promise.all(engines.map((engine) => engine.start(this.#signal)));
    this.#signal.throwIfAborted();
    return target;
  }

  /** From the origin to the end of the plan: joins and leaves on one side, ticks on the other. */
  async #drive(target: Target): Promise<void> {
    const { plan, system } = this.#parts;
    const sink = this.#sink;
    this.#originMs = system.clock.nowMs();
    sink.record({
      tMs: 0,
      type: 'run-started',
      startedAt: new Date(system.clock.wallMs()).toISOString(),
      planned: plan.participants.length,
      durationMs: plan.durationMs,
      stages: plan.stages,
    });
    this.#bridges.begin(target.bridges());
    const tasks: DueTask[] = plan.participants.flatMap((participant) => [
      { dueMs: participant.joinAtMs, begin: (lagMs: number) => this.#beginJoin(participant, lagMs) },
      ...(participant.leaveAtMs === null
        ? []
        : [{ dueMs: participant.leaveAtMs, begin: () => this.#beginLeave(participant) }]),
    ]);
    const schedule = beginWhenDue(tasks, this.#originMs, system.clock, this.#signal);
    await Promise.all([schedule, this.#tickThrough(this.#originMs, target)]);
  }

  async #tickThrough(originMs: number, target: Target): Promise<void> {
    const { plan, system, samplingIntervalMs } = this.#parts;
    const sink = this.#sink;
    const reader = new Reader({
      system,
      target,
      engines: [...this.#engines.values()],
      onMissed: (source, reason) => this.#onMissed(source, reason),
    });
    const measurements = new Measurements(this.#sink, this.#roster, this.#parts.maxPacketRatePps);
    const take = async (stage: StagePlan | null, isFirst: boolean) => {
      const readings = await reader.read();
      const tMs = this.#tMs();
      const where = { name: stage?.name ?? '', steady: stage?.steady ?? false };
      const snapshot = measurements.tick({ ...readings, tMs, stage: where });
      this.#snapshot = snapshot;
      this.#bridges.observeUp((bridge, up) => sink.observe('bridge.up_ratio', { bridge }, up));
      this.#evidence.tick(snapshot, where.steady && !isFirst);
      const { bridges, participants, host } = readings;
      this.#accounting.tick(tMs, where.steady && !isFirst, bridges, participants, host.counters);
      for (const { packetLoop } of readings.generators) this.#packetLoop = packetLoop ?? this.#packetLoop;
      this.#progress('running', stage);
      await sink.drain();
    };
    try {
      await tickThrough({
        clock: system.clock,
        originMs,
        stages: plan.stages,
        durationMs: plan.durationMs,
        intervalMs: samplingIntervalMs,
        enterStage: (stage, tMs) => sink.startStage(stage.name, stage.steady, tMs),
        take,
        signal: this.#signal,
      });
    } finally {
      reader.close();
    }
  }

  #beginJoin(participant: ParticipantPlan, lagMs: number): void {
    this.#roster.beginJoin(participant.id, lagMs);
    const engine = this.#engines.get(participant.engine);
    engine?.join(participant, this.#signal).catch((error: unknown) => {
      if (this.#signal.aborted) return;
      this.#onParticipantEvent({
        type: 'failed',
        participantId: participant.id,
        attempt: 1,
        reason: errorMessage(error),
      });
    });
  }

  #beginLeave(participant: ParticipantPlan): void {
    this.#engines
      .get(participant.engine)
      ?.leave(participant.id)
      .catch((error: unknown) =>
        this.#warn('RTCB_LEAVE_FAILED', `${participant.id}: ${errorMessage(error)}`),
      );
  }

  #onParticipantEvent(event: ParticipantEvent): void {
    this.#roster.onEvent(event, this.#tMs());
    if (event.type !== 'engine-failed') return;
    this.#lostEngines.add(event.engine);
    this.#notice = `engine ${event.engine} failed: ${event.reason}`;
  }

  #onTargetLost(reason: string): void {
    this.#stop.abort(
      environmentError('RTCB_TARGET_LOST', `the target was lost: ${reason}`, {
        hint: 'What was measured up to then is kept; the report shows when it happened.',
      }),
    );
  }

  #onMissed(source: string, reason: string): void {
    if (this.#signal.aborted) return;
    this.#missedReadings += 1;
    this.#warn('RTCB_READING_MISSED', `${source}: ${reason}`);
  }

  #warn(code: string, message: string): void {
    this.#sink.record({ tMs: this.#tMs(), type: 'warning', code, message });
  }

  #collectVersions(): Record<string, string> {
    const versions = [...this.#engines.values()].map((engine) => engine.versions());
    return Object.assign({}, this.#target?.versions(), ...versions);
  }

  /** Milliseconds since the origin, to the microsecond; 0 before it. */
  #tMs(): number {
    return this.#originMs === null
      ? 0
      : Math.round((this.#parts.system.clock.nowMs() - this.#originMs) * 1000) / 1000;
  }

  #progress(phase: RunProgress['phase'], stage: StagePlan | null = null): void {
    this.#parts.onProgress({
      phase,
      tMs: this.#tMs(),
      stage,
      snapshot: this.#snapshot,
      notice: this.#notice,
    });
  }
}

function withEvidence(sink: RunSink, evidence: TrustEvidence): RunSink {
  return {
    record(record) {
      evidence.record(record);
      sink.record(record);
    },
    bridgeRow(tMs, row) {
      evidence.bridgeRow(row);
      sink.bridgeRow(tMs, row);
    },
    participantRow(tMs, row) {
      evidence.participantRow(row);
      sink.participantRow(tMs, row);
    },
    trackRow: (tMs, row) => sink.trackRow(tMs, row),
    observe: (metric, labels, value) => sink.observe(metric, labels, value),
    startStage: (stage, steady, tMs) => sink.startStage(stage, steady, tMs),
    drain: () => sink.drain(),
  };
}
