import type { CapacityFile } from './capacity-file.ts';

/** Where and with what a run is made; what is not known is left out. */
export interface RunSetting {
  cpuModel?: string;
  cores?: number;
  /** e.g. `mediasoup 3.27.1` */
  software?: string;
  /** Share of one core that its bridges are held to; null: to none; absent: somebody else started them. */
  cpuShare?: number | null;
  /** As `describeTraffic` tells it. */
  traffic?: readonly string[];
}

/** Why a capacity may not hold for a run: another machine, another version, another kind of traffic. */
export function capacityMismatches(capacity: CapacityFile, run: RunSetting): string[] {
  const { cpuModel, cores } = capacity.machine;
  return [
    differs('on', cpuModel ?? null, 'this is', run.cpuModel),
    differs(
      'with',
      cores === undefined || cores === null ? null : `${cores} cores`,
      'this host has',
      coresOf(run),
    ),
    differs('with', capacity.bridge.software, 'this run uses', run.software),
    differs('with', coreOf(capacity.bridge.cpuShare) ?? null, 'this run has', coreOf(run.cpuShare)),
    ...trafficDifference(capacity.traffic, run.traffic),
  ].filter((problem) => problem !== null);
}

function coresOf({ cores }: RunSetting): string | undefined {
  return cores === undefined ? undefined : `${cores} cores`;
}

function coreOf(cpuShare: number | null | undefined): string | undefined {
  if (cpuShare === undefined) return undefined;
  return cpuShare === null ? 'a whole core for a bridge' : `${cpuShare} of a core for a bridge`;
}

function differs(
  how: string,
  measured: string | number | null,
  but: string,
  now: string | undefined,
): string | null {
  if (measured === null || now === undefined || String(measured) === now) return null;
  return `the capacity was measured ${how} ${measured}, ${but} ${now}`;
}

/** Capacity in packets depends on their kind: sizes, layers and how often each is forwarded. */
function trafficDifference(measured: readonly string[], now: readonly string[] | undefined): string[] {
  if (now === undefined) return [];
  const unlike = now.filter((line) => !measured.includes(line));
  return unlike.length === 0
    ? []
    : [
        `the capacity was measured with other traffic: ${measured.join('; ')}; this run has ${unlike.join('; ')}`,
      ];
}
