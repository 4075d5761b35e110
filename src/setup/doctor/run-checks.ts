import { errorMessage, RtcBenchError } from '../../errors.ts';
import type { Check, CheckResult } from './types.ts';

export interface CheckReport extends CheckResult {
  name: string;
}

/** Runs checks one after the other: some measure the CPU, and would measure each other. */
export async function* runChecks(checks: readonly Check[]): AsyncGenerator<CheckReport> {
  for (const check of checks) {
    let result: CheckResult;
    try {
      result = await check.run();
    } catch (error) {
      const hint = error instanceof RtcBenchError ? error.hint : undefined;
      result = {
        status: 'failure',
        detail: errorMessage(error),
        ...(hint === undefined ? {} : { mend: hint }),
      };
    }
    yield { name: check.name, ...result };
  }
}
