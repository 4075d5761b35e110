import type { ChalkInstance } from 'chalk';
import { variedGroup } from '../../scenario/calibration-plan.ts';
import type { Scenario } from '../../scenario/load.ts';
import { formatDuration } from '../../scenario/quantities.ts';
import type { ParticipantGroup } from '../../scenario/schema.ts';
import { safeText } from '../../system/safe-text.ts';

/** What a calibration of a scenario is going to do, and how long that may take. */
export interface CalibrationPlan {
  variable: Scenario['calibrate']['variable'];
  /** null: rooms are varied. */
  group: string | null;
  start: number;
  max: number;
  searches: number;
  /** Of one search, at most. */
  maxSteps: number;
  /** Of one step: settle, hold and drain; the joins before it come on top. */
  stepMs: number;
  joinRatePerS: number;
  /** The scenario's own limit for all searches together; null: none. */
  budgetMs: number | null;
  /** All steps together, without joins, and no more than the budget. */
  mostMs: number;
}

/** null: it has more than the one bridge that a calibration loads. */
export function planCalibration(scenario: Scenario): CalibrationPlan | null {
  const { url, bridges } = scenario.target;
  if (url === undefined && bridges !== 1) return null;
  const { variable, start, max, repeats, maxSteps, settleMs, holdMs, drainMs, joinRatePerS, budgetMs } =
    scenario.calibrate;
  const stepMs = settleMs + holdMs + drainMs;
  return {
    variable,
    group: variable === 'rooms' ? null : nameOf(scenario, variedGroup(scenario)),
    ...{ start, max, searches: repeats, maxSteps, stepMs, joinRatePerS, budgetMs },
    mostMs: Math.min(budgetMs ?? Number.POSITIVE_INFINITY, repeats * maxSteps * stepMs),
  };
}

/** As a plan names it. */
function nameOf({ participants }: Scenario, group: ParticipantGroup | null): string | null {
  return group === null ? null : (group.name ?? `group-${participants.indexOf(group) + 1}`);
}

/** How long it may take at most, before anything starts. */
export function renderBudget(plan: CalibrationPlan): string {
  const { searches, maxSteps, stepMs, joinRatePerS, budgetMs, mostMs } = plan;
  const most = `${searches === 1 ? '1 search' : `${searches} searches`} of at most ${maxSteps} steps, each ${formatDuration(stepMs)} and its joins (${joinRatePerS} a second)`;
  return budgetMs === null
    ? `${most}: about ${formatDuration(mostMs)} and the joins at most`
    : `${most}: within ${formatDuration(budgetMs)}, the scenario's budget`;
}

const VARIED: Record<CalibrationPlan['variable'], string> = {
  participants: 'participants',
  rooms: 'rooms',
  publishers: 'publishers',
  bitrate: 'kbit/s of video',
};

/** For `plan`: what `calibrate` would vary and how long that takes. */
export function renderOutlook(plan: CalibrationPlan, paint: ChalkInstance): string {
  const of = plan.group === null ? '' : ` of ${safeText(plan.group)}`;
  return `  varies ${VARIED[plan.variable]}${of}, from ${plan.start} up to ${plan.max} at most\n  ${renderBudget(plan)}\n  ${paint.dim('rtc-bench calibrate does it; a run takes no notice of it')}\n`;
}
