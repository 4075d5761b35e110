import type { ObserverState } from '../model/types.ts';
import type { Report } from '../reports/types.ts';
import type { EvaluationSettings } from './settings.ts';

/** Why a sample or a report went no further. */
export type DropReason =
  | 'duplicate-sample'
  | 'call-id-missing'
  | 'call-replaced'
  | 'not-accepted'
  | 'unmatched'
  | 'extension-not-json';

/** What the evaluators work with; time is an argument of theirs, so nothing here knows what time it is. */
export interface EvaluationContext {
  readonly state: ObserverState;
  readonly settings: EvaluationSettings;
  emit(report: Report): void;
  drop(reason: DropReason): void;
  newCallId(): string;
}
