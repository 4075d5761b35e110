import type { KernelLimits } from '../kernel-limits.ts';
import type { DropAttribution } from '../types.ts';

/** The burst that every size is held against. */
export interface BurstSettings {
  /** Packets a second over all senders. */
  ratePps: number;
  sizeBytes: number;
  /** Senders into the one socket, each with its own frames and key frames. */
  senders: number;
  /** The receiver reads nothing for this long … */
  pauseMs: number;
  /** … every so often. */
  pauseEveryMs: number;
  trialMs: number;
}

export interface SizeTrial {
  /** 0: nothing was asked. */
  askedBytes: number;
  /** As read back: the kernel doubles what was asked and clamps it to twice rmem_max (or wmem_max). */
  grantedBytes: number | null;
  /** The kernel gave less than twice what was asked. */
  clamped: boolean;
  sentPackets: number;
  lostPackets: number;
  lossRatio: number;
  drops: DropAttribution;
  /** No packet was lost to this buffer. */
  passed: boolean;
}

export interface SweepResult {
  /** Of the receiving host, but for the send side, which is this one's. */
  limits: KernelLimits;
  /** A socket that asks for nothing, `askedBytes` 0: what most programs get, and what `rmem_default` changes. */
  unasked: SizeTrial;
  receive: SizeTrial[];
  send: SizeTrial[];
  /** Smallest receive buffer asked for that lost nothing, as every larger one; null: none did. */
  smallestReceiveBytes: number | null;
  /** Loss that no counter of either host explains, over all trials; null where the receiver cannot be read. */
  networkLossRatio: number | null;
  notTested: string[];
}

export interface SettingVerdict {
  name: string;
  source: string;
  /** What a socket gets with it. */
  grantedBytes: number | null;
  verdict: 'enough' | 'too small' | 'unknown';
  /** granted / what is needed. */
  ratio: number | null;
}

export interface SysctlLine {
  name: string;
  value: number;
  /** What the host has now; null where it does not tell. */
  current: number | null;
  /** Whose kernel: this one's, or that of the host with `probe serve`. */
  host: 'here' | 'server';
}

export interface Advice {
  /** Smallest size times the margin, or an estimate where nothing passed. */
  recommendedBytes: number;
  isEstimate: boolean;
  marginRatio: number;
  /** A full buffer of every socket. */
  memoryBytes: number;
  sockets: number;
  comparisons: SettingVerdict[];
  sysctl: SysctlLine[];
  /** The SFUs' own settings, each a line to paste. */
  sfuSettings: { sfu: string; setting: string }[];
}

/** The document of `tune udp-buffers --json`. */
export interface TuneResult {
  schemaVersion: 1;
  kind: 'udp-buffer-sweep';
  createdAt: string;
  /** Where the receiver was; null: on this host too. */
  server: { host: string; port: number } | null;
  burst: BurstSettings;
  sweep: SweepResult;
  advice: Advice;
  applied: { dropIn: string; lines: SysctlLine[] } | null;
  /** The sweep again, after the settings were applied. */
  after: SweepResult | null;
  warnings: string[];
}
