import type { KernelLimits } from '../kernel-limits.ts';
import { roundUp, truesizeBytes } from './sizes.ts';
import type { Advice, BurstSettings, SettingVerdict, SweepResult, SysctlLine } from './types.ts';

/** On top of the smallest size that held: another host, another burst. */
export const DEFAULT_MARGIN_RATIO = 1.5;

interface KnownSetting {
  name: string;
  source: string;
  /** What a socket gets: twice what a program asks for, but a default is taken as it is (socket(7)). */
  grantedBytes: (limits: KernelLimits) => number | null;
}

const KNOWN: readonly KnownSetting[] = [
  {
    name: 'the receiving host, a program that asks for nothing',
    source: 'net.core.rmem_default',
    grantedBytes: ({ rmemDefault }) => rmemDefault,
  },
  {
    name: 'the receiving host, the most that a program can ask for',
    source: 'net.core.rmem_max',
    grantedBytes: ({ rmemMax }) => (rmemMax === null ? null : rmemMax * 2),
  },
  {
    name: 'Jitsi Videobridge as shipped',
    source: '20-jvb-udp-buffers.conf: rmem_max 10485760; ice4j asks for 10485760',
    grantedBytes: () => 2 * 10_485_760,
  },
  {
    name: 'mediasoup forum, topic 4911',
    source: 'rmem_default and rmem_max 2097152, worker asks for nothing',
    grantedBytes: () => 2_097_152,
  },
  {
    name: 'Kurento post',
    source: 'rmem_default 1048576, rmem_max 33554432, server asks for nothing',
    grantedBytes: () => 1_048_576,
  },
];

/** What to set, from what the sweep found. Pure. */
export function adviseBuffers(
  sweep: SweepResult,
  burst: BurstSettings,
  {
    marginRatio = DEFAULT_MARGIN_RATIO,
    sockets = 1,
    isRemote = false,
  }: { marginRatio?: number; sockets?: number; isRemote?: boolean } = {},
): Advice {
  const smallest = sweep.smallestReceiveBytes;
  // The kernel grants twice what is asked, so half of what the queue will be charged is what to ask for.
  const needed = smallest ?? estimatedNeed(burst) / 2;
  const recommendedBytes = roundUp(needed * marginRatio);
  return {
    recommendedBytes,
    isEstimate: smallest === null,
    marginRatio,
    memoryBytes: recommendedBytes * 2 * sockets,
    sockets,
    comparisons: KNOWN.map((setting) => verdictOf(setting, sweep.limits, needed * 2)),
    sysctl: sysctlLines(sweep, recommendedBytes, isRemote ? 'server' : 'here'),
    sfuSettings: [
      {
        sfu: 'mediasoup',
        setting: `recvBufferSize: ${recommendedBytes} (in each listenInfo of createWebRtcServer or createWebRtcTransport)`,
      },
      {
        sfu: 'Jitsi Videobridge',
        setting: `ice4j.harvest.udp.receive-buffer-size = ${recommendedBytes} (jvb.conf)`,
      },
      {
        sfu: 'Kurento, Janus, LiveKit and others that ask for nothing',
        setting: `net.core.rmem_default = ${recommendedBytes * 2}`,
      },
    ],
  };
}

/** What a socket is charged for everything that comes while it is not read, the key frames of a moment on top. */
export function estimatedNeed({ ratePps, sizeBytes, pauseMs, senders }: BurstSettings): number {
  const packets = (ratePps * pauseMs) / 1000;
  const keyFrame = (ratePps / senders / 30) * 6;
  return (packets + keyFrame) * truesizeBytes(sizeBytes);
}

function verdictOf(setting: KnownSetting, limits: KernelLimits, neededBytes: number): SettingVerdict {
  const { name, source } = setting;
  const grantedBytes = setting.grantedBytes(limits);
  return {
    name,
    source,
    grantedBytes,
    verdict: grantedBytes === null ? 'unknown' : grantedBytes >= neededBytes ? 'enough' : 'too small',
    ratio: grantedBytes === null ? null : grantedBytes / neededBytes,
  };
}

/** JVB's own value: a queue of this many packets a CPU before the stack. */
const BACKLOG_PACKETS = 100_000;

/** Only what has to be raised; nothing is ever lowered. */
function sysctlLines(
  { limits, receive, send }: SweepResult,
  recommendedBytes: number,
  receiver: SysctlLine['host'],
): SysctlLine[] {
  const wanted: SysctlLine[] = [
    { name: 'net.core.rmem_max', value: recommendedBytes, current: limits.rmemMax, host: receiver },
    {
      name: 'net.core.rmem_default',
      value: recommendedBytes * 2,
      current: limits.rmemDefault,
      host: receiver,
    },
  ];
  const sendFailures = send.filter(({ passed }) => !passed);
  const enough = send.find(({ passed }) => passed);
  if (sendFailures.length > 0 && enough !== undefined) {
    wanted.push(
      { name: 'net.core.wmem_max', value: enough.askedBytes, current: limits.wmemMax, host: 'here' },
      {
        name: 'net.core.wmem_default',
        value: enough.askedBytes * 2,
        current: limits.wmemDefault,
        host: 'here',
      },
    );
  }
  if ([...receive, ...send].some(({ drops }) => (drops.backlogDrops ?? 0) > 0))
    wanted.push({
      name: 'net.core.netdev_max_backlog',
      value: BACKLOG_PACKETS,
      current: limits.netdevMaxBacklog,
      host: receiver,
    });
  return wanted.filter(({ value, current }) => current === null || current < value);
}
