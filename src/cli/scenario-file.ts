import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type CapacityFile, parseCapacityFile } from '../capacity/capacity-file.ts';
import { errorMessage, usageError } from '../errors.ts';
import { loadScenario, type Scenario } from '../scenario/load.ts';
import { MAX_SCENARIO_BYTES } from '../scenario/source.ts';

/** A capacity file is small; what is larger than this is something else. */
const MAX_CAPACITY_BYTES = 16 * 1024 * 1024;

export interface LoadedScenario {
  scenario: Scenario;
  /** As it was given. */
  path: string;
  sha256: string;
  /** What a bridge carries, resolved; null when the scenario does not say. */
  maxPacketRatePps: number | null;
  /** `scenario`, or the path of the capacity file; null when the scenario does not say. */
  maxPacketRateSource: string | null;
  /** The capacity file itself, to hold against machine, version and traffic. */
  capacity: CapacityFile | null;
}

/** Reads and checks a scenario and the capacity file it names. Every failure is exit 2: nothing was started. */
export async function readScenarioFile(path: string, cwd: string): Promise<LoadedScenario> {
  const absolute = resolve(cwd, path);
  const text = await readLimited(absolute, path, MAX_SCENARIO_BYTES, 'RTCB_SCENARIO_UNREADABLE');
  const scenario = withAbsoluteSecretFile(loadScenario(text, path), dirname(absolute));
  const sha256 = createHash('sha256').update(text).digest('hex');
  const stated = scenario.target.maxPacketRatePps ?? null;
  const loaded = { scenario, path, sha256 };
  if (typeof stated !== 'string') {
    const maxPacketRateSource = stated === null ? null : 'scenario';
    return { ...loaded, maxPacketRatePps: stated, maxPacketRateSource, capacity: null };
  }
  const capacityPath = resolve(dirname(absolute), stated);
  const capacityText = await readLimited(
    capacityPath,
    stated,
    MAX_CAPACITY_BYTES,
    'RTCB_CAPACITY_UNREADABLE',
  );
  const capacity = parseCapacityFile(capacityText, stated);
  if (capacity.maxPacketRatePps === null) {
    const hint = 'its calibration was inconclusive: calibrate again, or state a number';
    throw usageError('RTCB_CAPACITY_INVALID', `${stated} has no maxPacketRatePps`, hint);
  }
  return { ...loaded, maxPacketRatePps: capacity.maxPacketRatePps, maxPacketRateSource: stated, capacity };
}

function withAbsoluteSecretFile(scenario: Scenario, folder: string): Scenario {
  const { adminSecretFile } = scenario.target;
  if (adminSecretFile === undefined) return scenario;
  return { ...scenario, target: { ...scenario.target, adminSecretFile: resolve(folder, adminSecretFile) } };
}

async function readLimited(
  absolute: string,
  shown: string,
  maxBytes: number,
  code: `RTCB_${string}`,
): Promise<string> {
  try {
    const { size } = await stat(absolute);
    if (size > maxBytes) throw usageError(code, `${shown} is larger than ${maxBytes} bytes`);
    return await readFile(absolute, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error) throw error;
    throw usageError(
      code,
      `cannot read ${basename(shown)}: ${errorMessage(error)}`,
      '`rtc-bench init` writes a scenario',
    );
  }
}
