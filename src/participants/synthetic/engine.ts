import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { environmentError, errorMessage } from '../../errors.ts';
import type { SrtpProfile } from '../../packets/types.ts';
import type { ParticipantPlan } from '../../scenario/plan-types.ts';
import { packageRoot } from '../../setup/package-root.ts';
import { sibling } from '../../system/sibling.ts';
import type { Engine, EngineOptions, GeneratorSample, ParticipantSample } from '../types.ts';
import { latenessP99Ms } from './lateness.ts';
import type { FromShard, ShardData, ShardGeneratorSample, ToShard } from './messages.ts';
import type { RtcpCount } from './rtcp/census.ts';
import { SocketDrops } from './socket-drops.ts';
import { hostClock } from './time.ts';

export interface SyntheticSettings {
  /** All randomness of the participants comes from it. Default 1. */
  seed?: number | undefined;
  /** Worker threads that share the participants. Default: as many as they and the cores ask for. */
  shards?: number | undefined;
  /** Default `auto`: the native packet loop where it is built. */
  packetLoop?: ShardData['packetLoop'] | undefined;
  /** Where the native packet loop was built; null or absent: it was not. */
  packetAddonFile?: string | null | undefined;
  /** SRTP profiles offered, best first. Default: what suits the packet loop. */
  srtpProfiles?: readonly SrtpProfile[] | undefined;
  /** Where the recorded media are. Default: those that come with the package. */
  mediaFolder?: string | undefined;
  /**
   * Whether cameras are sent at the bitrate of their recordings, whatever a browser would send: a benchmark's load
   * that is told in packets. Default: not.
   */
  recordedBitrates?: boolean | undefined;
  /** Whether RTCP is counted by type, for `rtcpCounts`. Default: not. */
  countRtcp?: boolean | undefined;
}

/** Participants that a thread takes before another one is started: about a third of what a core can carry. */
const FILLED = { native: 200, typescript: 80 };
/** A prime, so that neighbouring seeds of runs share no shard's seed. */
const SEED_STEP = 7919;

/**
 * Every datagram of the TypeScript packet loop is a short-lived object: more room means fewer collections. With the
 * native one it would only be memory that joins fill and nothing empties.
 */
const YOUNG_GENERATION_MB = { native: 16, typescript: 64 };

type Answer = Extract<FromShard, { requestId: number }>;

interface ShardHandle {
  worker: Worker;
  participants: Set<string>;
  pending: Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>;
  packetLoop: 'native' | 'typescript';
  dead: boolean;
}

type WithoutId<T> = T extends { requestId: number } ? Omit<T, 'requestId'> : never;

/** Participants without a browser, spread over worker threads; nothing per packet crosses between them. */
export class SyntheticEngine implements Engine {
  readonly kind = 'synthetic';
  readonly #options: EngineOptions;
  readonly #settings: SyntheticSettings;
  readonly #nowMs = hostClock();
  readonly #drops = new SocketDrops();
  readonly #shards: ShardHandle[] = [];
  readonly #wallOffsetMs = Date.now() - this.#nowMs();
  #started = 0;
  /** Signals of joins under way; what comes later is stopped by `close`. */
  readonly #joining = new Map<string, AbortSignal>();
  readonly #end = new AbortController();
  #lastRequestId = 0;
  #closing = false;

  constructor(options: EngineOptions, settings: SyntheticSettings = {}) {
    this.#options = options;
    this.#settings = settings;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const first = Array.from({ length: this.#settings.shards ?? 1 }, () => this.#addShard());
    await Promise.all(first);
  }

  async join(participant: ParticipantPlan, signal: AbortSignal): Promise<void> {
    const shard = this.#leastFilled();
    if (shard === undefined) {
      const reason = 'no thread for synthetic participants is running';
      this.#options.onEvent({ type: 'failed', participantId: participant.id, attempt: 1, reason });
      return;
    }
    shard.participants.add(participant.id);
    const abort = () => void this.leave(participant.id).catch(() => {});
    signal.addEventListener('abort', abort, { once: true });
    this.#joining.set(participant.id, signal);
    try {
      signal.throwIfAborted();
      await this.#ask(shard, { type: 'join', plan: participant });
      signal.throwIfAborted();
    } catch (error) {
      signal.throwIfAborted();
      const reason = errorMessage(error);
      this.#options.onEvent({ type: 'failed', participantId: participant.id, attempt: 1, reason });
    } finally {
      signal.removeEventListener('abort', abort);
      this.#joining.delete(participant.id);
    }
  }

  async leave(participantId: string): Promise<ParticipantSample | null> {
    const shard = this.#shards.find(({ participants }) => participants.has(participantId));
    if (shard === undefined) return null;
    shard.participants.delete(participantId);
    if (shard.dead) return null;
    const answer = await this.#ask(shard, { type: 'leave', participantId, reason: 'left as planned' });
    return answer.type === 'left' ? answer.last : null;
  }

  async sample(): Promise<ParticipantSample[]> {
    const answers = await this.#askAll({ type: 'sample' });
    return answers.flatMap((answer) => (answer.type === 'samples' ? answer.samples : []));
  }

  async sampleGenerator(): Promise<GeneratorSample> {
    const answers = await this.#askAll({ type: 'sample-generator' });
    const samples = answers.flatMap((answer) => (answer.type === 'generator' ? [answer.sample] : []));
    return {
      engine: 'synthetic',
      readAtMs: this.#nowMs(),
      ...mergeSamples(samples),
      rssBytes: process.memoryUsage.rss(),
      socketDrops: await this.#drops.read(samples.flatMap(({ localPorts }) => localPorts)),
      packetLoop: this.#shards[0]?.packetLoop ?? null,
    };
  }

  /** RTCP of all participants by type, cumulative; empty unless the settings ask for it. */
  async rtcpCounts(): Promise<RtcpCount[]> {
    const answers = await this.#askAll({ type: 'rtcp' });
    return answers.flatMap((answer) => (answer.type === 'rtcp' ? answer.counts : []));
  }

  versions(): Record<string, string> {
    return { 'packet loop': this.#shards[0]?.packetLoop ?? 'not started' };
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#end.abort(new Error('the run ended'));
    await Promise.allSettled(this.#shards.map((shard) => this.#ask(shard, { type: 'close' })));
    await Promise.allSettled(this.#shards.map(({ worker }) => worker.terminate()));
  }

  /** Where the next participant goes. Another thread is started, for later ones, when all are well filled. */
  #leastFilled(): ShardHandle | undefined {
    let least: ShardHandle | undefined;
    for (const shard of this.#shards) {
      if (!shard.dead && (least === undefined || shard.participants.size < least.participants.size))
        least = shard;
    }
    if (this.#settings.shards === undefined && least !== undefined) {
      const isFull = least.participants.size >= FILLED[least.packetLoop];
      // A core stays for the runner, and on one host for the SFU.
      if (isFull && this.#started < availableParallelism() - 1) this.#addShard().catch(() => {});
    }
    return least;
  }

  async #addShard(): Promise<void> {
    const {
      seed = 1,
      packetLoop = 'auto',
      packetAddonFile,
      srtpProfiles,
      mediaFolder = join(packageRoot(), 'media'),
      recordedBitrates = false,
      countRtcp = false,
    } = this.#settings;
    const index = this.#started;
    this.#started += 1;
    const shard = await this.#startShard({
      seed: seed + SEED_STEP * index,
      packetLoop,
      packetAddonFile: packetAddonFile ?? null,
      srtpProfiles: srtpProfiles ?? null,
      mediaFolder,
      recordedBitrates,
      countRtcp,
      wallOffsetMs: this.#wallOffsetMs,
    });
    this.#shards.push(shard);
  }

  #startShard(data: ShardData): Promise<ShardHandle> {
    const likelyLoop =
      data.packetLoop === 'typescript' || data.packetAddonFile === null ? 'typescript' : 'native';
    const worker = new Worker(sibling(import.meta.url, './shard-thread'), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB[likelyLoop] },
    });
    const shard: ShardHandle = {
      worker,
      participants: new Set(),
      pending: new Map(),
      packetLoop: 'typescript',
      dead: false,
    };
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromShard) => {
        if (message.type === 'ready') {
          shard.packetLoop = message.packetLoop;
          resolve(shard);
        } else {
          this.#receive(shard, message);
        }
      });
      let failure: unknown = new Error('the thread ended');
      worker.on('error', (error) => {
        failure = error;
      });
      worker.on('exit', () => {
        this.#died(shard, errorMessage(failure));
        reject(
          environmentError(
            'RTCB_SYNTHETIC_START',
            `cannot start synthetic participants: ${errorMessage(failure)}`,
            {
              cause: failure,
            },
          ),
        );
      });
    });
  }

  #receive(shard: ShardHandle, message: Exclude<FromShard, { type: 'ready' }>): void {
    if (message.type === 'event') {
      const { event } = message;
      this.#options.onEvent(event);
      if (event.type === 'left') shard.participants.delete(event.participantId);
    } else if (message.type === 'access') {
      void this.#access(shard, message);
    } else {
      shard.pending.get(message.requestId)?.resolve(message);
      shard.pending.delete(message.requestId);
    }
  }

  async #access(
    shard: ShardHandle,
    { requestId, plan, attempt }: Extract<FromShard, { type: 'access' }>,
  ): Promise<void> {
    const tell = (message: ToShard) => shard.worker.postMessage(message);
    const signal = this.#joining.get(plan.id) ?? this.#end.signal;
    try {
      const access = await this.#options.access(plan, attempt, signal);
      tell({ type: 'access', requestId, access });
    } catch (error) {
      tell({ type: 'access-failed', requestId, reason: errorMessage(error) });
    }
  }

  #ask(shard: ShardHandle, message: WithoutId<ToShard>): Promise<Answer> {
    this.#lastRequestId += 1;
    const requestId = this.#lastRequestId;
    return new Promise((resolve, reject) => {
      if (shard.dead) {
        reject(new Error('the thread of these participants has ended'));
        return;
      }
      shard.pending.set(requestId, { resolve, reject });
      shard.worker.postMessage({ ...message, requestId } as ToShard);
    });
  }

  async #askAll(message: WithoutId<ToShard>): Promise<Answer[]> {
    const alive = this.#shards.filter(({ dead }) => !dead);
    const settled = await Promise.allSettled(alive.map((shard) => this.#ask(shard, message)));
    return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  #died(shard: ShardHandle, reason: string): void {
    shard.dead = true;
    const error = new Error(`the thread of these participants has ended: ${reason}`);
    for (const { reject } of shard.pending.values()) reject(error);
    shard.pending.clear();
    if (this.#closing) return;
    const participantIds = [...shard.participants];
    shard.participants.clear();
    this.#options.onEvent({ type: 'engine-failed', engine: 'synthetic', reason, participantIds });
  }
}

type Merged = Omit<GeneratorSample, 'engine' | 'readAtMs' | 'rssBytes' | 'socketDrops' | 'packetLoop'>;

/** Counters add up; of delays and utilisation the worst shard counts. */
function mergeSamples(samples: readonly ShardGeneratorSample[]): Merged {
  const sum = (of: (sample: ShardGeneratorSample) => number) =>
    samples.length === 0 ? null : samples.reduce((total, sample) => total + of(sample), 0);
  const worst = (of: (sample: ShardGeneratorSample) => number | null) => {
    const values = samples.map(of).filter((value) => value !== null);
    return values.length === 0 ? null : Math.max(...values);
  };
  return {
    cpuSeconds: samples.some(({ cpuSeconds }) => cpuSeconds === null)
      ? null
      : sum(({ cpuSeconds }) => cpuSeconds ?? 0),
    eventLoopDelayMeanMs: worst(({ eventLoopDelayMeanMs }) => eventLoopDelayMeanMs),
    eventLoopDelayMaxMs: worst(({ eventLoopDelayMaxMs }) => eventLoopDelayMaxMs),
    eventLoopUtilisationRatio: worst(({ eventLoopUtilisationRatio }) => eventLoopUtilisationRatio),
    packetsScheduled: sum(({ packetsScheduled }) => packetsScheduled),
    packetsSent: sum(({ packetsSent }) => packetsSent),
    packetsSentLate: sum(({ packetsSentLate }) => packetsSentLate),
    lateSendP99Ms: latenessP99Ms(samples.map(({ lateness }) => lateness)),
  };
}
