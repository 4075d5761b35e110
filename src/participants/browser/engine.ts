import { environmentError, errorMessage, RtcBenchError } from '../../errors.ts';
import type { BrowserName, ParticipantPlan } from '../../scenario/plan-types.ts';
import { Scope } from '../../system/scope.ts';
import type { System } from '../../system/types.ts';
import type {
  Engine,
  EngineOptions,
  GeneratorSample,
  ParticipantEvent,
  ParticipantSample,
} from '../types.ts';
import type { BrowserDriver } from './driver.ts';
import type { PageSample } from './page-api.ts';
import { bundlePage } from './page-bundle.ts';
import { PageServer } from './page-server.ts';
import { Pages } from './pages.ts';
import { BrowserParticipant } from './participant.ts';

/** The browsers of one kind and how they are filled. */
export interface BrowserFleet {
  driver: BrowserDriver;
  /** How many participants share a page; see docs/browser.md for what that costs and saves. */
  participantsPerPage: number;
  /** Pages to open before the first join, so that none waits for its browser. */
  pagesAhead: number;
}

export interface BrowserEngineSettings {
  /** At least one; a participant's plan says which, the first when it does not. */
  fleets: ReadonlyMap<BrowserName, BrowserFleet>;
  /** Address of this host for browsers that run elsewhere; null keeps the page on the loopback interface. */
  advertise: string | null;
}

/** Everybody together may take this long to leave a room when the engine closes. */
const LEAVE_TIMEOUT_MS = 2_500;

/** Participants in real browsers: one page script, whichever way the browser is driven. */
export class BrowserEngine implements Engine {
  readonly kind = 'browser';
  readonly #system: System;
  readonly #options: EngineOptions;
  readonly #settings: BrowserEngineSettings;
  readonly #participantOptions: EngineOptions;
  readonly #scope = new Scope();
  readonly #participants = new Map<string, BrowserParticipant>();
  readonly #pages = new Map<BrowserName, Pages>();
  #loopDelays: { meanMs: number; maxMs: number }[] = [];

  constructor(system: System, options: EngineOptions, settings: BrowserEngineSettings) {
    this.#system = system;
    this.#options = options;
    this.#settings = settings;
    this.#participantOptions = { ...options, onEvent: (event) => this.#onParticipantEvent(event) };
  }

  async start(signal: AbortSignal): Promise<void> {
    const { fleets, advertise } = this.#settings;
    const server = await PageServer.start(await bundlePage(), advertise);
    this.#scope.defer("participants' page", () => server.close());
    const starting = [...fleets].map(([name, fleet]) => this.#startFleet(name, fleet, server.url, signal));
    // All must have settled before one failure is told: closing would miss what is still starting.
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
    if (failed !== undefined) await Promise.all(starting);
    signal.throwIfAborted();
  }

  async join(plan: ParticipantPlan, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      const page = await this.#pagesFor(plan).seat(plan.id);
      signal.throwIfAborted();
      const participant = new BrowserParticipant(plan, page, this.#participantOptions, this.#system.clock);
      this.#participants.set(plan.id, participant);
      await participant.join(signal);
    } catch (error) {
      this.#unseat(plan.id);
      signal.throwIfAborted();
      this.#options.onEvent({
        type: 'failed',
        participantId: plan.id,
        attempt: 1,
        reason: `no page for it: ${errorMessage(error)}`,
      });
    }
  }

  async leave(participantId: string): Promise<ParticipantSample | null> {
    return (await this.#participants.get(participantId)?.leave('planned')) ?? null;
  }

  async sample(): Promise<ParticipantSample[]> {
    const readings: PageSample[] = (
      await Promise.all([...this.#pages.values()].map((pages) => pages.sample()))
    ).flat();
    this.#loopDelays.push(...readings.flatMap(({ loopDelay }) => loopDelay ?? []));
    return readings.flatMap(({ participants }) => participants);
  }

  async sampleGenerator(): Promise<GeneratorSample> {
    const delays = this.#loopDelays;
    const usages = [...this.#settings.fleets.values()].map(({ driver }) => driver.readUsage());
    this.#loopDelays = [];
    return {
      engine: 'browser',
      readAtMs: this.#system.clock.nowMs(),
      cpuSeconds: sumUnlessMissing(usages.map(({ cpuSeconds }) => cpuSeconds)),
      rssBytes: sumUnlessMissing(usages.map(({ rssBytes }) => rssBytes)),
      eventLoopDelayMeanMs:
        delays.length === 0 ? null : delays.reduce((sum, { meanMs }) => sum + meanMs, 0) / delays.length,
      eventLoopDelayMaxMs: delays.length === 0 ? null : Math.max(...delays.map(({ maxMs }) => maxMs)),
      eventLoopUtilisationRatio: null,
      packetsScheduled: null,
      packetsSent: null,
      packetsSentLate: null,
      lateSendP99Ms: null,
      socketDrops: null,
      packetLoop: null,
    };
  }

  versions(): Record<string, string> {
    return Object.assign({}, ...[...this.#settings.fleets.values()].map(({ driver }) => driver.versions()));
  }

  async close(): Promise<void> {
    const leaving = [...this.#participants.values()].map((participant) => participant.leave('engine closed'));
    const timer = new AbortController();
    await Promise.race([
      Promise.all(leaving),
      this.#system.clock.sleep(LEAVE_TIMEOUT_MS, timer.signal).catch(() => {}),
    ]);
    timer.abort();
    for (const pages of this.#pages.values()) pages.close();
    await this.#scope.close();
  }

  async #startFleet(name: BrowserName, fleet: BrowserFleet, url: string, signal: AbortSignal): Promise<void> {
    const { driver, participantsPerPage, pagesAhead } = fleet;
    this.#scope.defer(`browser ${name}`, () => driver.close());
    await driver.start(signal);
    const pages = new Pages({
      driver,
      clock: this.#system.clock,
      url,
      participantsPerPage,
      onEvent: (event) => this.#participants.get(event.participantId)?.onEvent(event),
      onGone: (participantIds, reason) => this.#onGone(participantIds, reason),
    });
    this.#pages.set(name, pages);
    await pages.warmUp(pagesAhead).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof RtcBenchError) throw error;
      throw environmentError('RTCB_BROWSER_PAGE', `${name} opens no page: ${errorMessage(error)}`, {
        hint: 'npx rtc-bench doctor; is there memory for a browser?',
        cause: error,
      });
    });
  }

  #pagesFor(plan: ParticipantPlan): Pages {
    const [first] = this.#settings.fleets.keys();
    const name = plan.browser ?? first;
    const pages = name === undefined ? undefined : this.#pages.get(name);
    if (pages === undefined) throw new Error(`no ${name ?? 'browser'} was started`);
    return pages;
  }

  #unseat(participantId: string): void {
    for (const pages of this.#pages.values()) pages.unseat(participantId);
  }

  #onGone(participantIds: string[], reason: string): void {
    this.#options.onEvent({ type: 'engine-failed', engine: this.kind, reason, participantIds });
    for (const participantId of participantIds) {
      this.#participants.get(participantId)?.lose(reason);
    }
  }

  /** Who has failed or left needs its seat no longer. */
  #onParticipantEvent(event: ParticipantEvent): void {
    if (event.type === 'failed' || event.type === 'left') {
      this.#participants.delete(event.participantId);
      this.#unseat(event.participantId);
    }
    this.#options.onEvent(event);
  }
}

/** Half of the browsers' load is not their load. */
function sumUnlessMissing(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}
