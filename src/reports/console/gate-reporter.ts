import type { ChalkInstance } from 'chalk';
import type { RunReport } from '../model/types.ts';
import type { Reporter } from '../reporter.ts';
import { gateLines, verdictLines } from './gates.ts';

/** What `rtc-bench gate` says: the verdict and every gate, nothing else. */
export class GateReporter implements Reporter {
  readonly #paint: ChalkInstance;

  constructor(paint: ChalkInstance) {
    this.#paint = paint;
  }

  render(report: RunReport): string {
    const gates = gateLines(report.manifest.gates, this.#paint);
    return `${verdictLines(report, this.#paint)}\n${gates === '' ? '' : `${gates}\n`}`;
  }
}
