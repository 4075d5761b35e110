import { environmentError, errorMessage, RtcBenchError } from '../errors.ts';
import type { Clock } from '../system/types.ts';
import { type Counters, createCounters } from './counters.ts';
import { reportClientSample } from './evaluate/client-reports.ts';
import { type SightedClient, sightClientSample } from './evaluate/clients.ts';
import type { EvaluationContext } from './evaluate/context.ts';
import { closeClient, closeEverything, expireIdle } from './evaluate/expiry.ts';
import type { EvaluationSettings } from './evaluate/settings.ts';
import { reportSfuSample } from './evaluate/sfu-reports.ts';
import { sightSfuSample } from './evaluate/sfus.ts';
import { countState, createState } from './model/state.ts';
import type { SampleSource, Sfu } from './model/types.ts';
import type { Obfuscator } from './obfuscate.ts';
import type { Report } from './reports/types.ts';
import type { ClientSample, SfuSample } from './schema/samples.ts';
import { createDispatcher, type SinkRoute } from './sinks/route.ts';
import { type ObserverSummary, SummaryKeeper } from './summary.ts';

export interface ObserverOptions {
  clock: Clock;
  settings: EvaluationSettings;
  routes: readonly SinkRoute[];
  /** Samples that are evaluated together: at most this many, and none waits longer than that. */
  collector: { maxItems: number; maxTimeMs: number };
  obfuscator: Obfuscator | null;
  newCallId(): string;
  /** Keeps what `summary` needs; for a run, not for a service that lives long. Default false. */
  keepSummary?: boolean;
}

/** How often idle entities are looked for, in milliseconds. */
const EXPIRY_INTERVAL_MS = 1000;

interface Waiting<Sample> {
  source: SampleSource;
  sample: Sample;
  arrivedMs: number;
}

/** Who a sample was about, enough to say later that it left. */
export interface ClientReference {
  roomId: string;
  clientId: string;
}

/**
 * Samples in, reports out. Samples are gathered for a moment and evaluated as a batch in two halves: first
 * everything in it is made known, then it is matched and reported, so the order of arrival within a batch does not
 * matter. Nothing in here waits: sinks have their own buffers.
 */
export class Observer {
  readonly counters: Counters = createCounters();
  readonly #options: ObserverOptions;
  readonly #context: EvaluationContext;
  readonly #keeper: SummaryKeeper | null;
  readonly #stop = new AbortController();
  #clients: Waiting<ClientSample>[] = [];
  #sfus: Waiting<SfuSample>[] = [];
  #running: Promise<unknown> | undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#keeper = options.keepSummary === true ? new SummaryKeeper() : null;
    const dispatch = createDispatcher(options.routes);
    this.#context = {
      state: createState(),
      settings: options.settings,
      newCallId: options.newCallId,
      drop: (reason) => this.counters.add('dropped', reason),
      emit: (report) => {
        this.counters.add('reports', report.type);
        this.#keep(report);
        dispatch(report);
      },
    };
  }

  /** Takes one sample of a client; it may be changed and is kept until it is evaluated. */
  addClientSample(source: SampleSource, sample: ClientSample): void {
    if (!this.#accepts('client', this.#options.settings.acceptClientSamples)) return;
    const arrivedMs = this.#stamp(sample);
    this.#options.obfuscator?.client(sample);
    this.#clients.push({ source, sample, arrivedMs });
    this.#flushWhenFull();
  }

  /** Takes one sample of an SFU; it may be changed and is kept until it is evaluated. */
  addSfuSample(source: SampleSource, sample: SfuSample): void {
    if (!this.#accepts('sfu', this.#options.settings.acceptSfuSamples)) return;
    const arrivedMs = this.#stamp(sample);
    this.#options.obfuscator?.sfu(sample);
    this.#sfus.push({ source, sample, arrivedMs });
    this.#flushWhenFull();
  }

  /**
   * Somebody says that clients left. Only the connection that a client spoke through last can say so: a late word
   * of the one before its reconnect ends nothing. Room ids are those of the samples as they were sent.
   */
  endClients(source: SampleSource, references: readonly ClientReference[]): void {
    this.flush();
    const service = this.#context.state.services.get(source.serviceId);
    const nowMs = this.#options.clock.wallMs();
    for (const reference of references) {
      for (const call of service?.rooms.get(this.#roomId(reference.roomId))?.calls.values() ?? []) {
        const client = call.clients.get(reference.clientId);
        if (client !== undefined && client.connectionId === source.connectionId) {
          closeClient(this.#context, client, nowMs);
        }
      }
    }
  }

  /** Evaluates what was gathered. */
  flush(): void {
    if (this.#clients.length + this.#sfus.length === 0) return;
    const clients = this.#clients;
    const sfus = this.#sfus;
    this.#clients = [];
    this.#sfus = [];
    // A client's own samples in their own order, however they arrived.
    clients.sort((a, b) => a.sample.timestamp - b.sample.timestamp);
    const heardClients: SightedClient[] = [];
    for (const { source, sample, arrivedMs } of clients) {
      const sighted = sightClientSample(this.#context, source, sample, arrivedMs);
      if (sighted !== null) heardClients.push(sighted);
    }
    const heardSfus = sfus.map(({ source, sample, arrivedMs }): [Sfu, SfuSample] => [
      sightSfuSample(this.#context, source, sample, arrivedMs),
      sample,
    ]);
    for (const sighted of heardClients) reportClientSample(this.#context, sighted);
    for (const [sfu, sample] of heardSfus) reportSfuSample(this.#context, sfu, sample);
    for (const { client } of heardClients) this.#keeper?.update(client);
  }

  /** Evaluates what was gathered and closes what has been idle for too long. */
  tick(): void {
    this.flush();
    expireIdle(this.#context, this.#options.clock.wallMs());
  }

  /** Opens every sink. Throws environmentError for one that can never work; a server that is down is no reason. */
  async prepare(): Promise<void> {
    for (const { queue } of this.#options.routes) {
      try {
        await queue.prepare();
      } catch (error) {
        if (error instanceof RtcBenchError) throw error;
        throw environmentError('RTCB_OBSERVER_SINK', `sink ${queue.name}: ${errorMessage(error)}`, {
          cause: error,
        });
      }
    }
  }

  /** Begins to flush and expire by time, until `close`. */
  start(): void {
    const { clock, collector } = this.#options;
    const every = async (ms: number, work: () => void): Promise<void> => {
      for (;;) {
        try {
          await clock.sleep(ms, this.#stop.signal);
        } catch {
          return;
        }
        work();
      }
    };
    this.#running ??= Promise.all([
      every(collector.maxTimeMs, () => this.flush()),
      every(EXPIRY_INTERVAL_MS, () => this.tick()),
    ]);
  }

  /** How many calls, clients and so on are known now. */
  stateCounts(): Record<string, number> {
    return countState(this.#context.state);
  }

  /** What was found out about each call so far; without `keepSummary` nothing. */
  summary(): ObserverSummary {
    return this.#keeper?.summary() ?? { schemaVersion: 1, calls: [] };
  }

  /**
   * Evaluates what is left, ends every call if `endCalls` (a run that is over; a service that stops has ended
   * nobody's call), and waits until the sinks have written what they can within their drain time.
   */
  async close({ endCalls = false }: { endCalls?: boolean } = {}): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.flush();
    if (endCalls) closeEverything(this.#context, this.#options.clock.wallMs());
    await Promise.all(this.#options.routes.map((route) => route.queue.close()));
  }

  #accepts(kind: 'client' | 'sfu', accepted: boolean): boolean {
    this.counters.add('samples', kind);
    if (!accepted) this.counters.add('dropped', 'not-accepted');
    return accepted;
  }

  #stamp(sample: { timestamp: number }): number {
    const arrivedMs = this.#options.clock.wallMs();
    if (this.#options.settings.useServerTimestamp) sample.timestamp = arrivedMs;
    return arrivedMs;
  }

  #flushWhenFull(): void {
    if (this.#clients.length + this.#sfus.length >= this.#options.collector.maxItems) this.flush();
  }

  #keep(report: Report): void {
    if (this.#keeper === null || report.type !== 'call-event') return;
    if (report.own.name === 'CALL_STARTED') this.#beginCall(report);
    this.#keeper.see(report);
  }

  #beginCall(report: Report): void {
    const service = this.#context.state.services.get(String(report.own.serviceId));
    const call = service?.rooms.get(String(report.own.roomId))?.calls.get(String(report.own.callId));
    if (call !== undefined) this.#keeper?.begin(call);
  }

  #roomId(roomId: string): string {
    const probe: ClientSample = { clientId: '', timestamp: 0, roomId };
    this.#options.obfuscator?.client(probe);
    return probe.roomId ?? roomId;
  }
}
