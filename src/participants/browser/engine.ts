import { errorMessage } from '../../errors.ts';
import type { ParticipantPlan } from '../../scenario/plan-types.ts';
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

export interface BrowserEngineSettings {
  driver: BrowserDriver;
  /** How many participants share a page; see docs/browser.md for what that costs and saves. */
  participantsPerPage: number;
  /** Pages to open before the first join, so that none waits for its browser. At least 1. */
  pagesAhead: number;
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
  #pages: Pages | null = null;
  #loopDelays: { meanMs: number; maxMs: number }[] = [];

  constructor(system: System, options: EngineOptions, settings: BrowserEngineSettings) {
    this.#system = system;
    this.#options = options;
    this.#settings = settings;
    this.#participantOptions = { ...options, onEvent: (event) => this.#onParticipantEvent(event) };
  }

  async start(signal: AbortSignal): Promise<void> {
    const { driver, participantsPerPage, pagesAhead, advertise } = this.#settings;
    const server = await PageServer.start(await bundlePage(), advertise);
    this.#scope.defer("participants' page", () => server.close());
    this.#scope.defer('browser', () => driver.close());
    await driver.start(signal);
    this.#pages = new Pages({
      driver,
      clock: this.#system.clock,
      url: server.url,
      participantsPerPage,
      onEvent: (event) => this.#participants.get(event.participantId)?.onEvent(event),
      onGone: (participantIds, reason) => this.#onGone(participantIds, reason),
    });
    await this.#pages.warmUp(pagesAhead);
    signal.throwIfAborted();
  }

  async join(plan: ParticipantPlan, signal: AbortSignal): Promise<void> {
    const pages = this.#pages;
    if (pages === null) throw new Error('the browser engine was not started');
    signal.throwIfAborted();
    try {
      const page = await pages.seat(plan.id);
      signal.throwIfAborted();
      const participant = new BrowserParticipant(plan, page, this.#participantOptions, this.#system.clock);
      this.#participants.set(plan.id, participant);
      await participant.join(signal);
    } catch (error) {
      pages.unseat(plan.id);
      signal.throwIfAborted();
      this.#options.onEvent({
        type: 'failed',
        participantId: plan.id,
        attempt: 1,
        reason: `no page for it: ${errorMessage(error)}`,
      });
    }
  }

  async leave(participantId: string): Promise<void> {
    await this.#participants.get(participantId)?.leave('planned');
  }

  async sample(): Promise<ParticipantSample[]> {
    const readings: PageSample[] = (await this.#pages?.sample()) ?? [];
    this.#loopDelays.push(...readings.flatMap(({ loopDelay }) => loopDelay ?? []));
    return readings.flatMap(({ participants }) => participants);
  }

  async sampleGenerator(): Promise<GeneratorSample> {
    const delays = this.#loopDelays;
    this.#loopDelays = [];
    return {
      engine: 'browser',
      readAtMs: this.#system.clock.nowMs(),
      ...this.#settings.driver.readUsage(),
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
    return this.#settings.driver.versions();
  }

  async close(): Promise<void> {
    const leaving = [...this.#participants.values()].map((participant) => participant.leave('engine closed'));
    const timer = new AbortController();
    await Promise.race([
      Promise.all(leaving),
      this.#system.clock.sleep(LEAVE_TIMEOUT_MS, timer.signal).catch(() => {}),
    ]);
    timer.abort();
    this.#pages?.close();
    await this.#scope.close();
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
      this.#pages?.unseat(event.participantId);
    }
    this.#options.onEvent(event);
  }
}
