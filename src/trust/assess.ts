import type {
  GeneratorRow,
  HostRow,
  KernelDrops,
  PacketAccounting,
  TrustReason,
  TrustVerdict,
} from '../results/records.ts';
import {
  busiestMean,
  difference,
  inequality,
  largest,
  mean,
  ms,
  percent,
  product,
  share,
  sumOfMeans,
  total,
  worstButFewest,
} from './arithmetic.ts';
import { TRUST_BOUNDS, type TrustBoundName, type TrustBounds } from './bounds.ts';

/** What the generator and its host showed. Rows are those of the steady window; joins those of the whole run. */
export interface TrustInput {
  bounds: TrustBounds;
  /** One row an engine and interval. */
  generator: readonly GeneratorRow[];
  host: readonly HostRow[];
  /** Readings in the steady window, one number a bridge that lived to see it. */
  readingsPerBridge: readonly number[];
  accounting: PacketAccounting | null;
  /** What the kernel of this host dropped in the steady window, and at whose sockets. */
  kernelDrops: KernelDrops | null;
  /** How late each join was begun. */
  startLagsMs: readonly number[];
  /** Largest step of the wall clock against the monotonic one; null: not watched. */
  clockJumpMs: number | null;
  /** Whether bridges and generator share this host, so that no network lies between them. */
  sharedHost: boolean;
  /** Packets received a second, by participants from whom the same is expected (one group, one room). */
  likeParticipantsPps: readonly (readonly number[])[];
}

interface Finding {
  bound: TrustBoundName;
  code: string;
  value: number | null;
  /** What happened, without the bound. */
  told: string;
}

/** Was the generator, or its host, the bottleneck? Every reason is told, the decisive ones first. */
export function assessTrust(input: TrustInput): TrustVerdict {
  const findings = [...generatorFindings(input), ...hostFindings(input), ...runFindings(input)];
  const judged = findings.map((finding) => ({ finding, degree: degreeOf(finding, input.bounds) }));
  const reasonsOf = (degree: Degree) =>
    judged.filter((entry) => entry.degree === degree).map(({ finding }) => reason(finding, input.bounds));
  const saturated = [...reasonsOf('saturated'), ...tooFewReadings(input)];
  const suspect = [...reasonsOf('suspect'), ...notMeasured(input)];
  return {
    verdict: saturated.length > 0 ? 'saturated' : suspect.length > 0 ? 'suspect' : 'trusted',
    reasons: [...saturated, ...suspect],
  };
}

type Degree = 'fine' | 'suspect' | 'saturated';

function degreeOf({ bound: name, value }: Finding, bounds: TrustBounds): Degree {
  const { suspectShare, decides } = TRUST_BOUNDS[name];
  if (value === null || value <= bounds[name] * suspectShare) return 'fine';
  return decides && value > bounds[name] ? 'saturated' : 'suspect';
}

function reason({ bound: name, code, value, told }: Finding, bounds: TrustBounds): TrustReason {
  const bound = show(name, bounds[name]);
  const place = value !== null && value <= bounds[name] ? `near the bound of ${bound}` : `bound ${bound}`;
  return { code, message: `${told} (${place})`, value, bound: bounds[name] };
}

function generatorFindings({ generator, accounting }: TrustInput): Finding[] {
  const sent = total(generator.map((row) => row.packetsSent));
  const late = total(generator.map((row) => product(row.lateSendRatio, row.packetsSent)));
  const scheduled = total(generator.map((row) => row.packetsScheduled));
  const drops = total(generator.map((row) => row.socketDrops));
  const lateness = worstButFewest(generator.map((row) => row.lateSendP99Ms));
  const delay = worstButFewest(generator.map((row) => row.eventLoopDelayMaxMs));
  const cpu = sumOfMeans(generator, (row) => row.cpuRatio);
  const busy = busiestMean(generator, (row) => row.eventLoopUtilisationRatio);
  const lateRatio = share(late, sent);
  const shortfall = sent === null ? null : share(difference(scheduled, sent), scheduled);
  const dropRatio = share(drops, accounting?.participantsReceived ?? null);
  return [
    {
      bound: 'lateSendRatio',
      code: 'late-sends',
      value: lateRatio,
      told: `${percent(lateRatio)} of the packets left more than 20 ms late`,
    },
    {
      bound: 'lateSendP99Ms',
      code: 'late-sends',
      value: lateness,
      told: `one packet in a hundred left ${ms(lateness)} late or more`,
    },
    {
      bound: 'offeredShortfallRatio',
      code: 'offered-less-than-scheduled',
      value: shortfall,
      told: `${percent(shortfall)} of the scheduled packets were never sent`,
    },
    {
      bound: 'eventLoopDelayMs',
      code: 'event-loop-delay',
      value: delay,
      told: `the generator's event loop stood still for ${ms(delay)}`,
    },
    {
      bound: 'eventLoopUtilisationRatio',
      code: 'event-loop-busy',
      value: busy?.mean ?? null,
      told: `the event loop of ${busy?.engine ?? 'the generator'} was busy ${percent(busy?.mean ?? null)} of the time`,
    },
    {
      bound: 'generatorCpuRatio',
      code: 'generator-cpu',
      value: cpu,
      told: `the generator used ${percent(cpu)} of the host's CPU`,
    },
    {
      bound: 'socketDropRatio',
      code: 'socket-drops',
      value: dropRatio,
      told: `the generator's own full sockets dropped ${drops ?? 0} datagrams, ${percent(dropRatio)} of what it received`,
    },
  ];
}

function hostFindings({ host, kernelDrops, accounting, sharedHost }: TrustInput): Finding[] {
  const cpu = mean(host.map((row) => row.cpuRatio));
  const steal = mean(host.map((row) => row.stealRatio));
  const received = accounting?.participantsReceived ?? null;
  const others = kernelDrops?.otherSocketDrops ?? null;
  const backlog = kernelDrops?.backlogDrops ?? null;
  const lost = sharedHost ? unexplainedLoss(accounting, kernelDrops, host) : null;
  return [
    {
      bound: 'hostCpuRatio',
      code: 'host-cpu',
      value: cpu,
      told: `the host was busy ${percent(cpu)} of the time`,
    },
    {
      bound: 'stealRatio',
      code: 'host-steal',
      value: steal,
      told: `the hypervisor gave ${percent(steal)} of the CPU to others`,
    },
    {
      bound: 'unexplainedLossRatio',
      code: 'received-less-than-sent',
      value: lost,
      told: `participants counted ${percent(lost)} fewer packets than the SFU sent, beyond what the kernel dropped: they were lost inside the generator`,
    },
    {
      bound: 'hostDropRatio',
      code: 'other-socket-drops',
      value: share(others, received),
      told: `full sockets that are neither a bridge's nor a synthetic participant's (a browser's, another program's) dropped ${others ?? 0} datagrams, ${percent(share(others, received))} of what participants received`,
    },
    {
      bound: 'hostDropRatio',
      code: 'backlog-drops',
      value: share(backlog, received),
      told: `a CPU's queue of this host was full and dropped ${backlog ?? 0} packets, ${percent(share(backlog, received))} of what participants received (net.core.netdev_max_backlog)`,
    },
  ];
}

/**
 * Share of what the SFU sent that no participant counted and no counter of the kernel explains. What a bridge's own
 * sockets dropped was on its way to the SFU, not from it. Who dropped being unknown, a single drop explains all. What
 * the kernel sent and neither handed over nor dropped at a socket was lost on the path: a policer, a queue.
 */
function unexplainedLoss(
  accounting: PacketAccounting | null,
  drops: KernelDrops | null,
  host: readonly HostRow[],
): number | null {
  const down = accounting?.differenceDownRatio ?? null;
  if (accounting === null || drops === null || down === null) return null;
  const { generatorSocketDrops, otherSocketDrops, receiveBufferErrors, backlogDrops } = drops;
  if (otherSocketDrops === null && (receiveBufferErrors ?? 0) > 0) return null;
  const sent = mean(host.map((row) => row.udpDatagramsOutPps));
  const delivered = mean(host.map((row) => row.udpDatagramsInPps));
  const missing = ((difference(sent, delivered) ?? 0) * accounting.windowMs) / 1000;
  const onThePath = Math.max(0, missing - (receiveBufferErrors ?? 0) - (backlogDrops ?? 0));
  const explained = (generatorSocketDrops ?? 0) + (otherSocketDrops ?? 0) + (backlogDrops ?? 0) + onThePath;
  return share(Math.max(0, -down * accounting.bridgesOut - explained), accounting.bridgesOut);
}

function runFindings({ startLagsMs, clockJumpMs, likeParticipantsPps }: TrustInput): Finding[] {
  const lag = worstButFewest(startLagsMs);
  const unequal = largest(likeParticipantsPps.map(inequality));
  return [
    { bound: 'startLagMs', code: 'late-joins', value: lag, told: `joins were begun ${ms(lag)} late` },
    {
      bound: 'clockJumpMs',
      code: 'clock-jump',
      value: clockJumpMs,
      told: `the wall clock stepped by ${ms(clockJumpMs)}`,
    },
    {
      bound: 'unequalRatio',
      code: 'unequal-participants',
      value: unequal,
      told: `some participants received ${percent(unequal)} fewer packets than others like them`,
    },
  ];
}

function tooFewReadings({ readingsPerBridge, bounds }: TrustInput): TrustReason[] {
  const fewest = readingsPerBridge.length === 0 ? 0 : Math.min(...readingsPerBridge);
  if (fewest >= bounds.minSteadySamples) return [];
  const message = `only ${fewest} readings of a bridge in the steady window, ${bounds.minSteadySamples} are needed`;
  return [{ code: 'too-few-samples', message, value: fewest, bound: bounds.minSteadySamples }];
}

function notMeasured({ generator }: TrustInput): TrustReason[] {
  if (generator.length > 0) return [];
  return [
    { code: 'generator-not-measured', message: 'the generator was not measured', value: null, bound: null },
  ];
}

function show(name: TrustBoundName, value: number): string {
  switch (TRUST_BOUNDS[name].unit) {
    case 'ratio':
      return percent(value);
    case 'ms':
      return ms(value);
    case 'count':
      return String(value);
  }
}
