export interface TrustBound {
  default: number;
  unit: 'ratio' | 'ms' | 'count';
  /** A value beyond this share of the bound makes the run suspect already. */
  suspectShare: number;
  /** false: beyond the bound the run is suspect, never saturated, because the SFU may be the cause as well. */
  decides: boolean;
  description: string;
}

/**
 * What a generator may show and still be believed. The table of `docs/trust.md` is held to this one; a scenario
 * changes a bound under `trust:`.
 */
export const TRUST_BOUNDS = {
  lateSendRatio: {
    default: 0.05,
    unit: 'ratio',
    suspectShare: 0.2,
    decides: true,
    description: 'Packets sent over 20 ms after they were due, over packets sent',
  },
  lateSendP99Ms: {
    default: 100,
    unit: 'ms',
    suspectShare: 0.2,
    decides: true,
    description: 'How late packets left: the p99 of an interval, p95 over the intervals',
  },
  offeredShortfallRatio: {
    default: 0.05,
    unit: 'ratio',
    suspectShare: 0.4,
    decides: true,
    description: 'Packets scheduled and not sent, over packets scheduled',
  },
  eventLoopDelayMs: {
    default: 500,
    unit: 'ms',
    suspectShare: 0.2,
    decides: true,
    description: 'Longest event-loop delay of an interval, p95 over the intervals',
  },
  eventLoopUtilisationRatio: {
    default: 0.95,
    unit: 'ratio',
    suspectShare: 0.9,
    decides: true,
    description: 'Share of the time that an event loop was not idle, mean of the busiest engine',
  },
  generatorCpuRatio: {
    default: 0.9,
    unit: 'ratio',
    suspectShare: 0.9,
    decides: true,
    description: 'CPU time of all generator processes over wall time and cores, mean',
  },
  hostCpuRatio: {
    default: 0.97,
    unit: 'ratio',
    suspectShare: 1,
    decides: false,
    description: 'Busy CPU time of the whole host over wall time and cores, mean',
  },
  socketDropRatio: {
    default: 0.005,
    unit: 'ratio',
    suspectShare: 0.02,
    decides: true,
    description:
      "Datagrams dropped at the generator's own full sockets, over packets that participants received",
  },
  hostDropRatio: {
    default: 0.005,
    unit: 'ratio',
    suspectShare: 0.1,
    decides: false,
    description:
      "Datagrams that this host's kernel dropped at full sockets of browsers and other programs, or because a CPU's backlog was full, each over packets that participants received",
  },
  unexplainedLossRatio: {
    default: 0.03,
    unit: 'ratio',
    suspectShare: 0.4,
    decides: true,
    description:
      'Packets that the SFU says it sent, nobody received and the kernel did not drop, over packets that the SFU sent',
  },
  stealRatio: {
    default: 0.1,
    unit: 'ratio',
    suspectShare: 0.2,
    decides: true,
    description: 'CPU time that the hypervisor gave to others, mean',
  },
  clockJumpMs: {
    default: 1000,
    unit: 'ms',
    suspectShare: 0.2,
    decides: true,
    description: 'Largest step of the wall clock against the monotonic clock between two readings',
  },
  startLagMs: {
    default: 2000,
    unit: 'ms',
    suspectShare: 0.1,
    decides: true,
    description: 'How late joins were begun, p95',
  },
  unequalRatio: {
    default: 0.5,
    unit: 'ratio',
    suspectShare: 1,
    decides: false,
    description:
      'How far the slowest twentieth of like participants is below their median, in packets received',
  },
  minSteadySamples: {
    default: 3,
    unit: 'count',
    suspectShare: 1,
    decides: true,
    description: 'Readings of every bridge in the steady window, at least',
  },
} as const satisfies Record<string, TrustBound>;

export type TrustBoundName = keyof typeof TRUST_BOUNDS;
export type TrustBounds = Record<TrustBoundName, number>;

export const DEFAULT_TRUST_BOUNDS = Object.fromEntries(
  Object.entries(TRUST_BOUNDS).map(([name, bound]) => [name, bound.default]),
) as TrustBounds;
