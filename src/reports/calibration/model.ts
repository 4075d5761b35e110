import { type CapacityFile, type CurveStep, parseCapacityFile } from '../../capacity/capacity-file.ts';
import { parseGate } from '../../gates/expression.ts';
import type { MetricName } from '../../metrics/catalogue.ts';
import { RunReader } from '../../results/reader.ts';
import type { Manifest } from '../../results/records.ts';
import { readSideFile, SIDE_FILES } from '../../results/side-file.ts';
import type { StepKind } from '../html/chart/dots.ts';
import { parseSwept, type SweptBuffers } from '../model/buffers.ts';

/** What a calibration left in its folder. */
export interface CalibrationReport {
  dir: string;
  capacity: CapacityFile;
  manifest: Manifest;
  /** Why there is no number; null when there is one. */
  problem: string | null;
  /** A sweep of UDP buffers that somebody put into the folder; null: none, or none that can be read. */
  buffers: SweptBuffers | null;
}

/** null for the folder of an ordinary run, or of a calibration that came to nothing. */
export async function readCalibration(dir: string): Promise<CalibrationReport | null> {
  const { text } = await readSideFile(dir, SIDE_FILES.capacity);
  if (text === null) return null;
  const capacity = parseCapacityFile(text, SIDE_FILES.capacity);
  const { manifest } = await RunReader.open(dir);
  return {
    dir,
    capacity,
    manifest,
    problem:
      capacity.maxPacketRatePps === null ? (manifest.statusReason ?? 'no packet rate was found') : null,
    buffers: await readBuffers(dir),
  };
}

async function readBuffers(dir: string): Promise<SweptBuffers | null> {
  const { text } = await readSideFile(dir, SIDE_FILES.tune);
  try {
    return text === null ? null : parseSwept(text);
  } catch {
    return null;
  }
}

export function kindOf({ holds }: CurveStep): StepKind {
  if (holds === null) return 'doubted';
  return holds ? 'held' : 'broke';
}

/** What the objective allows of that metric; null when it says nothing of it. */
export function boundOf(objective: readonly string[], metric: MetricName): number | null {
  for (const expression of objective) {
    const parsed = parseGate(expression);
    if (parsed.ok && parsed.gate.metric === metric && parsed.gate.operator.startsWith('<'))
      return parsed.gate.bound;
  }
  return null;
}
