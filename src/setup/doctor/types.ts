/**
 * `ok`: as it should be. `note`: fine, but worth knowing. `warning`: runs work, their numbers may suffer.
 * `failure`: runs cannot work.
 */
export type CheckStatus = 'ok' | 'note' | 'warning' | 'failure';

export interface CheckResult {
  status: CheckStatus;
  /** What was found, with its unit. */
  detail: string;
  /** What to do about it, as a command where there is one. */
  mend?: string;
}

/** One thing about this host that a run depends on. */
export interface Check {
  readonly name: string;
  /** Must end by itself within seconds; what it throws is reported as its failure. */
  run(): Promise<CheckResult>;
}
