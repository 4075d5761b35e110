import type { StepMeasurement } from '../capacity/calibrate.ts';
import { BUSY_CORE, judgeStep, type StepJudgement } from '../capacity/step.ts';
import { evaluateGate } from '../gates/evaluate.ts';
import type { DistributionQuery, GateSpec } from '../gates/types.ts';
import type { KernelDrops, TrustVerdict } from '../results/records.ts';
import type { Snapshot } from '../run/measurements.ts';

export interface StepReadings {
  /** Names of the stages in which participants joined and in which the load was held. */
  stages: { joining: string; hold: string };
  objective: readonly GateSpec[];
  query: DistributionQuery;
  trust: TrustVerdict;
  failedJoins: number;
  /** Readings of the hold to which the bridge gave no answer in time. */
  unansweredReadings: number;
  participants: number;
  /** The readings of the hold. */
  snapshots: readonly Snapshot[];
  /** Over the hold. */
  kernelDrops: KernelDrops | null;
  /** Share of the hold in which the media process was ready and had no core; null where it is not told. */
  bridgeCpuWaitRatio: number | null;
  /** Cores that the media process may use. */
  bridgeCpuLimit: number;
}

/** What one step of a calibration showed, and whether quality held. Pure. */
export function measureStep(readings: StepReadings): StepMeasurement {
  const measured = measuredIn(readings);
  const { objective, query, stages, trust, failedJoins, unansweredReadings } = readings;
  const own = unansweredReadings > 0 ? withoutTooFew(trust) : trust;
  const judgement = judgeStep({
    objective: objective.map((gate) =>
      evaluateGate({ ...gate, window: { stage: isOfJoining(gate) ? stages.joining : stages.hold } }, query),
    ),
    trust: own,
    bridgeCpuRatio: measured.bridgeCpuRatio,
    bridgeCpuWaitRatio: measured.bridgeCpuWaitRatio,
    bridgeCpuLimit: readings.bridgeCpuLimit,
    bridgeCpuFullRatio: fullRatio(readings),
    kernelDrops: dropsOfTheBridge(readings.kernelDrops),
  });
  return { ...measured, trust: own, ...withSilence(withFailedJoins(judgement, failedJoins), readings) };
}

/** How often the bridge was at the end of its CPU: quality may break by a few seconds that a mean does not show. */
function fullRatio({ snapshots, bridgeCpuLimit }: StepReadings): number | null {
  const ratios = snapshots.flatMap(({ bridges }) => bridges.flatMap(({ cpuRatio }) => cpuRatio ?? []));
  if (ratios.length === 0) return null;
  return ratios.filter((ratio) => ratio >= BUSY_CORE * bridgeCpuLimit).length / ratios.length;
}

/** Joins happen before the hold. */
function isOfJoining({ metric }: GateSpec): boolean {
  return metric.startsWith('participant.') && metric !== 'participant.rtt_ms';
}

/** Who could not join is not in the hold to suffer: a load that not everybody can join does not hold. */
function withFailedJoins(judgement: StepJudgement, failedJoins: number): StepJudgement {
  if (failedJoins === 0 || judgement.verdict === 'saturated') return judgement;
  const reason = [
    `${failedJoins} could not join`,
    ...(judgement.reason === null ? [] : [judgement.reason]),
  ].join('; ');
  return { ...judgement, verdict: 'breaks', reason };
}

/** That the bridge was read too seldom says nothing of the generator when the bridge itself did not answer. */
function withoutTooFew(trust: TrustVerdict): TrustVerdict {
  const reasons = trust.reasons.filter(({ code }) => code !== 'too-few-samples');
  const only = trust.verdict === 'saturated' && trust.reasons[0]?.code === 'too-few-samples';
  return { verdict: only ? 'suspect' : trust.verdict, reasons };
}

/**
 * A bridge too busy to tell its counters is too busy: a load at which it falls silent most of the time does not hold.
 * A reading that went missing now and then is told nowhere in the objective, so quality decides.
 */
function withSilence(
  judgement: StepJudgement,
  { unansweredReadings, snapshots }: StepReadings,
): StepJudgement {
  if (2 * unansweredReadings <= snapshots.length || judgement.verdict === 'saturated') return judgement;
  const silence = `the bridge left ${unansweredReadings} of ${snapshots.length} readings unanswered`;
  const reason = [silence, ...(judgement.reason === null ? [] : [judgement.reason])].join('; ');
  const isKnown = judgement.verdict === 'breaks' && judgement.limitedBy !== 'unknown';
  const limitedBy = isKnown ? judgement.limitedBy : 'bridge-cpu';
  return { verdict: 'breaks', limitedBy, reason };
}

/** At the bridge's own sockets and in the CPUs' backlogs; at any socket where it is not told at whose. */
function dropsOfTheBridge(drops: KernelDrops | null): number {
  if (drops === null) return 0;
  const own = drops.bridges.flatMap(({ socketDrops }) => socketDrops ?? []);
  const atSockets =
    own.length > 0 ? own.reduce((sum, dropped) => sum + dropped, 0) : (drops.receiveBufferErrors ?? 0);
  return atSockets + (drops.backlogDrops ?? 0);
}

function measuredIn({ query, stages, snapshots, participants, bridgeCpuWaitRatio }: StepReadings) {
  const hold = { stage: stages.hold };
  const rows = snapshots.flatMap(({ bridges }) => bridges);
  const perTick = (of: (row: (typeof rows)[number]) => number | null) => {
    const values = rows.flatMap((row) => of(row) ?? []);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return {
    participants,
    packetRateInPps: perTick((row) => row.packetRateInPps + row.relayPacketRateInPps),
    packetRateOutPps: perTick((row) => row.packetRateOutPps + row.relayPacketRateOutPps),
    packetRatePps: perTick((row) => row.packetRatePps),
    bridgeCpuRatio: perTick((row) => row.cpuRatio),
    bridgeCpuWaitRatio,
    consumers: perTick((row) => row.consumers),
    nackRatePps: perTick((row) => row.nackRatePps),
    delayP95Ms: query.query('track.one_way_delay_ms', {}, hold).quantile(0.95),
    lossRatio: query.query('track.loss_ratio', {}, hold).mean,
    freezeRatio: query.query('track.freeze_ratio', {}, hold).mean,
  };
}
