import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Engine, GeneratorSample, ParticipantSample } from '../participants/types.ts';
import type { System } from '../system/types.ts';
import type { BridgeSample, Target } from '../targets/types.ts';
import { BridgeDrops } from './bridge-drops.ts';
import type { Readings } from './measurements.ts';

/** A source that does not answer within this is left out of the tick, and said to be. */
const ANSWER_WITHIN_MS = 3_000;
const EVENT_LOOP_RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

export interface ReadingSources {
  system: System;
  target: Target;
  engines: readonly Engine[];
  /** Called with the name of a source that did not answer or failed, and why. */
  onMissed(source: string, reason: string): void;
}

/**
 * Reads bridges, participants, generators and host at one tick, all at once. Each reading carries its own
 * source's time, so that one slow source does not bend the rates of the others.
 */
export class Reader {
  readonly #sources: ReadingSources;
  readonly #delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  readonly #bridgeDrops = new BridgeDrops();
  #utilisation = performance.eventLoopUtilization();

  constructor(sources: ReadingSources) {
    this.#sources = sources;
    this.#delay.enable();
  }

  async read(): Promise<Omit<Readings, 'tMs' | 'stage' | 'left'>> {
    const { system, target, engines } = this.#sources;
    const counters = system.readHostCounters();
    const host = { readAtMs: system.clock.nowMs(), counters };
    const runner = this.#runnerSample(counters.processRssBytes);
    const [bridges, participants, generators] = await Promise.all([
      this.#orMissed<BridgeSample[]>(
        `target ${target.kind}`,
        target.sampleBridges().then((samples) => this.#bridgeDrops.complete(samples, target.bridges())),
      ),
      Promise.all(
        engines.map((engine) =>
          this.#orMissed<ParticipantSample[]>(`engine ${engine.kind}`, engine.sample()),
        ),
      ),
      Promise.all(
        engines.map((engine) =>
          this.#orMissed<GeneratorSample | null>(`generator ${engine.kind}`, engine.sampleGenerator()),
        ),
      ),
    ]);
    return {
      host,
      bridges: bridges ?? [],
      participants: participants.flatMap((samples) => samples ?? []),
      generators: [runner, ...generators.filter((sample) => sample !== null)],
    };
  }

  close(): void {
    this.#delay.disable();
  }

  /** This thread itself: signalling answers, sampling and writing happen here. */
  #runnerSample(rssBytes: number): GeneratorSample {
    const usage = process.threadCpuUsage();
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilisation);
    this.#utilisation = now;
    // The histogram measures its own timer of `resolution` ms: what is beyond that is delay.
    const beyondTimer = (ns: number) => Math.max(0, ns / NS_PER_MS - EVENT_LOOP_RESOLUTION_MS);
    const measured = this.#delay.count > 0;
    const sample: GeneratorSample = {
      engine: 'runner',
      readAtMs: this.#sources.system.clock.nowMs(),
      cpuSeconds: (usage.user + usage.system) / 1e6,
      rssBytes,
      eventLoopDelayMeanMs: measured ? beyondTimer(this.#delay.mean) : null,
      eventLoopDelayMaxMs: measured ? beyondTimer(this.#delay.max) : null,
      eventLoopUtilisationRatio: utilization,
      packetsScheduled: null,
      packetsSent: null,
      packetsSentLate: null,
      lateSendP99Ms: null,
      socketDrops: null,
      packetLoop: null,
    };
    this.#delay.reset();
    return sample;
  }

  async #orMissed<T>(source: string, reading: Promise<T>): Promise<T | null> {
    const limit = new AbortController();
    const tooLate = this.#sources.system.clock
      .sleep(ANSWER_WITHIN_MS, limit.signal)
      .then(() => Promise.reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)));
    try {
      return await Promise.race([reading, tooLate]);
    } catch (error) {
      this.#sources.onMissed(source, error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      tooLate.catch(() => {});
      limit.abort();
    }
  }
}
