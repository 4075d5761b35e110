/** What a generator may show and still be believed; the table of `docs/trust.md` is held to this one. */
export const TRUST_BOUNDS = {
  lateSendRatio: {
    default: 0.01,
    unit: 'ratio',
    description: 'Packets sent over 20 ms after they were due, over packets sent',
  },
  lateSendP99Ms: {
    default: 20,
    unit: 'ms',
    description: 'p99 of how late packets left, worst interval but 5 %',
  },
  eventLoopDelayMs: {
    default: 250,
    unit: 'ms',
    description: 'Longest event-loop delay of an interval, worst interval but 5 %',
  },
  generatorCpuRatio: {
    default: 0.9,
    unit: 'ratio',
    description: 'Share of the time that the busiest event loop was not idle, mean',
  },
  hostCpuRatio: { default: 0.97, unit: 'ratio', description: 'Busy CPU of the whole host, mean' },
  socketDropRatio: {
    default: 0.001,
    unit: 'ratio',
    description: 'Datagrams dropped at our own full sockets, over packets that participants received',
  },
  offeredShortfallRatio: {
    default: 0.02,
    unit: 'ratio',
    description: 'Packets scheduled but not sent, over packets scheduled',
  },
  unexplainedLossRatio: {
    default: 0.02,
    unit: 'ratio',
    description: 'Packets that the SFU says it sent and nobody received while the kernel dropped none',
  },
  stealRatio: {
    default: 0.1,
    unit: 'ratio',
    description: 'CPU time that the hypervisor gave to others, mean',
  },
  clockJumpMs: {
    default: 1000,
    unit: 'ms',
    description: 'Wall clock against monotonic clock over the run',
  },
  startLagMs: {
    default: 1000,
    unit: 'ms',
    description: 'How late joins were begun, worst join but 5 %',
  },
  minSteadySamples: {
    default: 5,
    unit: 'count',
    description: 'Readings of each bridge in the steady window',
  },
} as const;

export type TrustBounds = Record<keyof typeof TRUST_BOUNDS, number>;

export const DEFAULT_TRUST_BOUNDS = Object.fromEntries(
  Object.entries(TRUST_BOUNDS).map(([name, bound]) => [name, bound.default]),
) as TrustBounds;
