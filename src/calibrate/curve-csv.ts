import { stringify } from 'csv-stringify/sync';
import type { CurveStep } from '../capacity/capacity-file.ts';

const COLUMNS: Record<string, (step: CurveStep) => string | number | boolean | null> = {
  repeat: (step) => step.repeat,
  phase: (step) => step.phase,
  load: (step) => step.load,
  participants: (step) => step.participants,
  packet_rate_in_pps: (step) => step.packetRateInPps,
  packet_rate_out_pps: (step) => step.packetRateOutPps,
  packet_rate_pps: (step) => step.packetRatePps,
  bridge_cpu_ratio: (step) => step.bridgeCpuRatio,
  bridge_cpu_wait_ratio: (step) => step.bridgeCpuWaitRatio ?? null,
  delay_p95_ms: (step) => step.delayP95Ms,
  loss_ratio: (step) => step.lossRatio,
  freeze_ratio: (step) => step.freezeRatio,
  nack_rate_pps: (step) => step.nackRatePps ?? null,
  trust: (step) => step.trust?.verdict ?? null,
  holds: (step) => step.holds,
  reason: (step) => step.reason,
};

/** `curve.csv`: one row a step, in the order in which they were taken; empty for what was not measured. */
export function curveCsv(curve: readonly CurveStep[]): string {
  const rows = curve.map((step) => Object.values(COLUMNS).map((of) => of(step)));
  return stringify([Object.keys(COLUMNS), ...rows], {
    escape_formulas: true,
    cast: { number: (value) => ({ value: String(value), escape_formulas: false }), boolean: String },
  });
}
