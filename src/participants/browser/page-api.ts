import type { ParticipantPlan } from '../../scenario/plan-types.ts';
import type { RoomAccess } from '../../targets/types.ts';
import type { ParticipantEvent, ParticipantSample } from '../types.ts';

/** What the page tells: an engine's events as they happen, and `lost`, after which the engine may try again. */
export type PageEvent =
  | Exclude<ParticipantEvent, { type: 'left' | 'engine-failed' }>
  | { type: 'lost'; participantId: string; attempt: number; reason: string };

export interface JoinRequest {
  participant: ParticipantPlan;
  access: RoomAccess;
  attempt: number;
  /** What the join has taken already, asking for the access; counted into its signalling step. */
  elapsedMs: number;
  /** The join fails when no transport is connected by then. */
  timeoutMs: number;
}

export interface PageSample {
  participants: ParticipantSample[];
  /** How late a timer of the page's main thread was, since the last sample; null when none was due. */
  loopDelay: { meanMs: number; maxMs: number } | null;
}

/**
 * What the page offers to whoever drives the browser, as `globalThis.rtcBench`. Arguments and results are plain
 * data: they cross DevTools, BiDi or WebDriver.
 */
export interface PageApi {
  /** Begins a join and returns; how it ends is told by events. */
  join(request: JoinRequest): void;
  /** Ends the participant, joined or not, without an event; resolves with a last reading where it was in a room. */
  leave(participantId: string): Promise<ParticipantSample | null>;
  /** Events since the last call; waits up to `waitMs` for the first. */
  nextEvents(waitMs: number): Promise<PageEvent[]>;
  sample(): Promise<PageSample>;
}

export const PAGE_API_NAME = 'rtcBench';
