import type { CalibrationDriver, StepMeasurement } from '../capacity/calibrate.ts';
import type { SearchPhase } from '../capacity/search.ts';
import type { DistributionQuery, GateSpec } from '../gates/types.ts';
import type { Snapshot } from '../run/measurements.ts';
import { Rig, type RigParts } from '../run/rig.ts';
import { planLoad } from '../scenario/calibration-plan.ts';
import type { Scenario } from '../scenario/load.ts';
import type { ParticipantPlan } from '../scenario/plan-types.ts';
import { readCpuWaitSeconds } from '../system/cpu-wait.ts';
import { assessTrust } from '../trust/assess.ts';
import { measureStep } from './measure-step.ts';

/** Longer than this nobody is waited for who should join or leave: who is still missing then counts as failed. */
const MOVE_TIMEOUT_MS = 8_000;

export interface CalibrationProgress {
  repeat: number;
  phase: SearchPhase | 'drain' | 'fresh';
  load: number;
  snapshot: Snapshot | null;
}

export interface CalibrationParts extends Omit<RigParts, 'rooms' | 'participants'> {
  scenario: Scenario;
  objective: readonly GateSpec[];
  /** Everything that was recorded until now. */
  query(): DistributionQuery;
  onProgress(progress: CalibrationProgress): void;
}

/** Carries out the steps of a search on real parts: one rig a repeat, everything written to one record. */
export class RigDriver implements CalibrationDriver {
  readonly #parts: CalibrationParts;
  readonly #signal: AbortSignal;
  readonly #originMs: number;
  #rig: Rig | null = null;
  #repeat = 0;
  #steps = 0;
  /** Who is in a room, in the order of joining. */
  #present: ParticipantPlan[] = [];
  #software = '';
  #versions: Record<string, string> = {};

  constructor(parts: CalibrationParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#originMs = parts.system.clock.nowMs();
  }

  nowMs(): number {
    return this.#parts.system.clock.nowMs();
  }

  /** Since the calibration began. */
  get tMs(): number {
    return this.nowMs() - this.#originMs;
  }

  /** Of the bridge that is calibrated, e.g. `mediasoup 3.27.1`; empty before the first repeat. */
  get software(): string {
    return this.#software;
  }

  get versions(): Record<string, string> {
    return this.#versions;
  }

  async fresh(repeat: number): Promise<void> {
    this.#repeat = repeat;
    this.#tell('fresh', 0, null);
    await this.close();
    const { scenario } = this.#parts;
    const { rooms } = planLoad(scenario, scenario.calibrate.max);
    const rig = new Rig({ ...this.#parts, rooms, participants: [] }, this.#signal);
    this.#rig = rig;
    await rig.start();
    rig.begin(this.#originMs);
    this.#software = rig.window().bridges[0]?.software ?? '';
    await rig.tick({ name: '', steady: false }, true);
  }

  async measure(load: number, phase: SearchPhase): Promise<StepMeasurement> {
    const { scenario, sink, query, objective } = this.#parts;
    const { settleMs, holdMs } = scenario.calibrate;
    const rig = this.#running();
    this.#steps += 1;
    const name = `${this.#repeat}.${this.#steps} ${phase} ${load}`;
    const joining = { name: `${name} joining`, steady: false };
    rig.enterStage(joining.name, false, rig.tMs());
    const failed = await this.#move(load, joining, phase);
    await this.#tickFor(settleMs, joining, load, phase);
    rig.enterStage(name, true, rig.tMs());
    rig.restartWindow();
    const waited = this.#cpuWait();
    const held = await this.#tickFor(holdMs, { name, steady: true }, load, phase);
    const { accounting, evidence, bridges, deadBridges } = rig.window();
    const unanswered = held.length - Math.min(held.length, ...evidence.readingsPerBridge);
    const trust = assessTrust({
      bounds: scenario.trust,
      ...evidence,
      // With readings missing, the two ends were not counted over the same time.
      accounting: deadBridges.length > 0 || unanswered > 0 ? null : accounting,
      sharedHost: bridges.length > 0 && bridges.every((bridge) => bridge.pid !== null),
    });
    const step = measureStep({
      stages: { joining: joining.name, hold: name },
      objective,
      query: query(),
      trust,
      failedJoins: failed,
      unansweredReadings: evidence.readingsPerBridge.length === 0 ? held.length : unanswered,
      participants: this.#present.length,
      snapshots: held,
      kernelDrops: evidence.kernelDrops,
      bridgeCpuWaitRatio: waited(),
      bridgeCpuLimit: scenario.target.cpuShare ?? 1,
    });
    sink.record({
      tMs: rig.tMs(),
      type: 'calibration-step',
      step: { repeat: this.#repeat, phase, load, verdict: step.verdict, reason: step.reason },
    });
    return step;
  }

  async drain(load: number): Promise<void> {
    const { scenario } = this.#parts;
    const rig = this.#running();
    const stage = { name: `${this.#repeat}.${this.#steps} drain`, steady: false };
    rig.enterStage(stage.name, false, rig.tMs());
    await this.#keepOnly(planLoad(scenario, Math.max(1, load)).participants);
    await this.#tickFor(scenario.calibrate.drainMs, stage, load, 'drain');
  }

  /** Begins to watch how long the bridge's process waits for a core; tells its share of the time since. */
  #cpuWait(): () => number | null {
    const pid = this.#running().window().bridges[0]?.pid ?? null;
    const [beforeMs, before] = [this.nowMs(), readCpuWaitSeconds(pid)];
    return () => {
      const after = readCpuWaitSeconds(pid);
      return before === null || after === null ? null : ((after - before) * 1000) / (this.nowMs() - beforeMs);
    };
  }

  /** Ends what the last repeat started. Idempotent. */
  async close(): Promise<void> {
    const rig = this.#rig;
    this.#rig = null;
    this.#present = [];
    if (rig !== null) this.#versions = (await rig.close()).versions;
  }

  /** Brings the rooms to what `load` asks for; returns how many could not join. */
  async #move(load: number, stage: { name: string; steady: boolean }, phase: SearchPhase): Promise<number> {
    const { scenario } = this.#parts;
    const rig = this.#running();
    const wanted = planLoad(scenario, load).participants;
    await this.#keepOnly(wanted);
    const here = new Set(this.#present.map(({ id }) => id));
    const missing = wanted.filter(({ id }) => !here.has(id));
    const beginMs = this.nowMs();
    const joins: Promise<void>[] = [];
    let done = false;
    const ticking = this.#tickUntil(() => done, stage, load, phase);
    try {
      for (const [n, participant] of missing.entries()) {
        const dueMs = beginMs + (n * 1000) / scenario.calibrate.joinRatePerS;
        const waitMs = dueMs - this.nowMs();
        if (waitMs > 0) await this.#parts.system.clock.sleep(waitMs, this.#signal);
        const plan: ParticipantPlan = { ...participant, joinAtMs: 0, leaveAtMs: null };
        rig.expect(plan);
        this.#present.push(plan);
        joins.push(rig.join(plan, Math.max(0, this.nowMs() - dueMs)));
      }
      await this.#withinMoveTimeout(Promise.all(joins));
    } finally {
      done = true;
      await ticking;
    }
    const failed = this.#present.filter(({ id }) => !rig.isPresent(id));
    this.#present = this.#present.filter(({ id }) => rig.isPresent(id));
    return failed.length;
  }

  /** Whoever is not among these leaves. */
  async #keepOnly(participants: readonly { id: string }[]): Promise<void> {
    const ids = new Set(participants.map(({ id }) => id));
    await this.#leave(this.#present.filter(({ id }) => !ids.has(id)));
    this.#present = this.#present.filter(({ id }) => ids.has(id));
  }

  async #leave(participants: readonly ParticipantPlan[]): Promise<void> {
    const rig = this.#running();
    await this.#withinMoveTimeout(Promise.all(participants.map((participant) => rig.leave(participant))));
  }

  async #withinMoveTimeout(moves: Promise<unknown>): Promise<void> {
    const limit = new AbortController();
    const timeout = this.#parts.system.clock
      .sleep(MOVE_TIMEOUT_MS, AbortSignal.any([limit.signal, this.#signal]))
      .catch((error: unknown) => {
        if (!limit.signal.aborted) throw error;
      });
    try {
      await Promise.race([moves, timeout]);
    } finally {
      limit.abort();
    }
    this.#signal.throwIfAborted();
  }

  /** Reads every second for that long; at least at its end. */
  async #tickFor(
    durationMs: number,
    stage: { name: string; steady: boolean },
    load: number,
    phase: CalibrationProgress['phase'],
  ): Promise<Snapshot[]> {
    const endMs = this.nowMs() + durationMs;
    return this.#tickUntil(() => this.nowMs() >= endMs - 1, stage, load, phase, endMs);
  }

  async #tickUntil(
    isOver: () => boolean,
    stage: { name: string; steady: boolean },
    load: number,
    phase: CalibrationProgress['phase'],
    endMs = Number.POSITIVE_INFINITY,
  ): Promise<Snapshot[]> {
    const { intervalMs } = this.#parts.scenario.sampling;
    const { clock } = this.#parts.system;
    const rig = this.#running();
    const taken: Snapshot[] = [];
    const beginMs = this.nowMs();
    for (let n = 1; !isOver(); n += 1) {
      const waitMs = Math.min(beginMs + n * intervalMs, endMs) - this.nowMs();
      if (waitMs > 0) await clock.sleep(waitMs, rig.signal);
      rig.signal.throwIfAborted();
      const snapshot = await rig.tick(stage);
      if (snapshot !== null) taken.push(snapshot);
      this.#tell(phase, load, snapshot);
    }
    return taken;
  }

  #tell(phase: CalibrationProgress['phase'], load: number, snapshot: Snapshot | null): void {
    this.#parts.onProgress({ repeat: this.#repeat, phase, load, snapshot });
  }

  #running(): Rig {
    if (this.#rig === null) throw new Error(`no repeat has begun: call fresh first`);
    return this.#rig;
  }
}
