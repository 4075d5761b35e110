import { environmentError, errorMessage } from '../../errors.ts';
import { coresOfThisProcess, dealCores } from '../../system/cpu-cores.ts';
import { CpuQuota } from '../../system/cpu-quota.ts';
import type { System } from '../../system/types.ts';
import type { BridgeInfo, BridgeSample, PadReading } from '../../targets/types.ts';
import type { BridgeNotifications } from '../bridge/protocol.ts';
import type { ClusterSettings } from '../settings.ts';
import { BridgeProcess } from './bridge-process.ts';
import { StressMeter } from './stress-meter.ts';

/** A bridge that has not answered by then is left out of the sample. */
const SAMPLE_TIMEOUT_MS = 900;
/** When nobody else asks for samples, placement does, this often. */
const OWN_SAMPLE_INTERVAL_MS = 2000;

export interface BridgePoolEvents {
  onNotify<N extends keyof BridgeNotifications>(
    bridge: BridgeProcess,
    name: N,
    params: BridgeNotifications[N],
  ): void;
  onLost(bridge: BridgeProcess, reason: string): void;
}

/** The bridges of the cluster: brought up together, sampled together, and gone one by one. */
export class BridgePool {
  readonly #settings: ClusterSettings;
  readonly #system: System;
  readonly #events: BridgePoolEvents;
  readonly #stress: StressMeter;
  readonly #living = new Map<number, BridgeProcess>();
  readonly #infos: BridgeInfo[] = [];
  #sampledAtMs = Number.NEGATIVE_INFINITY;
  #ownSampling: NodeJS.Timeout | undefined;
  #cpuQuota: CpuQuota | null = null;

  constructor(settings: ClusterSettings, system: System, events: BridgePoolEvents) {
    this.#settings = settings;
    this.#system = system;
    this.#events = events;
    this.#stress = new StressMeter(settings.maxPacketRatePps);
  }

  /** All bridges or none. Throws RtcBenchError RTCB_BRIDGE_START or RTCB_CPU_SHARE. */
  async start(): Promise<void> {
    const { cpuShare } = this.#settings;
    this.#cpuQuota = cpuShare === null ? null : CpuQuota.open(cpuShare);
    const indexes = Array.from({ length: this.#settings.bridges }, (_, index) => index);
    const outcomes = await Promise.allSettled(indexes.map((index) => this.#startBridge(index)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) {
      await this.close();
      throw environmentError('RTCB_BRIDGE_START', `a bridge did not start: ${errorMessage(failed.reason)}`, {
        hint: 'npx rtc-bench doctor',
        cause: failed.reason,
      });
    }
    this.#infos.push(...this.living.map((bridge) => bridge.info));
    this.#ownSampling = setInterval(() => {
      if (this.#system.clock.nowMs() - this.#sampledAtMs >= OWN_SAMPLE_INTERVAL_MS) void this.sample();
    }, OWN_SAMPLE_INTERVAL_MS);
  }

  /** Every bridge that ever was, in order. */
  get infos(): readonly (BridgeInfo & { alive: boolean })[] {
    return this.#infos.map((info, index) => ({ ...info, alive: this.#living.has(index) }));
  }

  /** In order. */
  get living(): BridgeProcess[] {
    return [...this.#living.values()].sort((a, b) => a.index - b.index);
  }

  isLiving(bridge: BridgeProcess): boolean {
    return this.#living.get(bridge.index) === bridge;
  }

  stress(bridge: BridgeProcess): number {
    return this.#stress.stress(bridge.bridgeId);
  }

  /** One reading of every living bridge that answers in time. */
  async sample(): Promise<BridgeSample[]> {
    this.#sampledAtMs = this.#system.clock.nowMs();
    const outcomes = await Promise.allSettled(
      this.living.map((bridge) => bridge.call('sample', null, { timeoutMs: SAMPLE_TIMEOUT_MS })),
    );
    const samples = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    for (const sample of samples) this.#stress.add(sample);
    return samples;
  }

  /** Producers and consumers of every living bridge that answers in time, as they were last read. */
  async pads(): Promise<PadReading[]> {
    const outcomes = await Promise.allSettled(
      this.living.map((bridge) => bridge.call('pads', null, { timeoutMs: SAMPLE_TIMEOUT_MS })),
    );
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  }

  async close(): Promise<void> {
    clearInterval(this.#ownSampling);
    const bridges = this.living;
    this.#living.clear();
    await Promise.all(bridges.map((bridge) => bridge.stop()));
    this.#cpuQuota?.close();
  }

  async #startBridge(index: number): Promise<void> {
    const { host, workerFile, receiveBufferBytes, sendBufferBytes, initialOutgoingBitrateBps } =
      this.#settings;
    const bridge = new BridgeProcess(this.#system.processes, index, {
      onNotify: (name, params) => this.#events.onNotify(bridge, name, params),
      onLost: (reason) => {
        if (this.#living.delete(index)) this.#events.onLost(bridge, reason);
      },
    });
    await bridge.start({
      bridgeId: bridge.bridgeId,
      host,
      workerFile,
      receiveBufferBytes,
      sendBufferBytes,
      initialOutgoingBitrateBps,
    });
    this.#living.set(index, bridge);
    if (bridge.info.pid !== null && this.#cpuQuota !== null)
      await this.#cpuQuota.limit(bridge.info.pid, this.#coreFor(index));
  }

  #coreFor(index: number): number {
    const { bridgeCores, bridges } = this.#settings;
    const cores = bridgeCores ?? dealCores(coresOfThisProcess(), bridges).bridges;
    return cores[index % cores.length] ?? 0;
  }
}
