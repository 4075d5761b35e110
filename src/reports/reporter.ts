import type { RunReport } from './model/types.ts';

/** One way to tell a run. Pure: from what was gathered to a text; who calls it writes it where it belongs. */
export interface Reporter {
  render(report: RunReport): string;
}
