import { errorMessage } from '../../errors.ts';
import { SocketField } from '../../packets/types.ts';
import type { ParticipantPlan } from '../../scenario/plan-types.ts';
import type { RoomAccess } from '../../targets/types.ts';
import type { ParticipantEvent, ParticipantSample } from '../types.ts';
import type { MediaTransport } from './media-transport.ts';
import { Session, type SessionContext } from './session.ts';

/** Browsers give up on a transport after about this long. */
const JOIN_TIMEOUT_MS = 30_000;
/** After a loss it asks for a new way in this often, waiting longer each time. */
const MAX_REJOINS = 5;
const FIRST_REJOIN_DELAY_MS = 250;

export interface ParticipantHooks {
  access(plan: ParticipantPlan, attempt: number): Promise<RoomAccess>;
  onEvent(event: ParticipantEvent): void;
}

interface Totals {
  datagramsSent: number;
  datagramsReceived: number;
  controlDatagramsSent: number;
  controlDatagramsReceived: number;
}

const SOCKET_TOTALS: [keyof Totals, number][] = [
  ['datagramsSent', SocketField.datagramsSent],
  ['datagramsReceived', SocketField.datagramsReceived],
  ['controlDatagramsSent', SocketField.controlSent],
  ['controlDatagramsReceived', SocketField.controlReceived],
];

/** A participant from its first join to its leaving, through as many sessions as it takes. */
export class Participant {
  readonly #context: SessionContext;
  readonly #plan: ParticipantPlan;
  readonly #hooks: ParticipantHooks;
  readonly #end = new AbortController();
  #session: Session | null = null;
  #attempt = 0;
  /** What sessions that are over have sent and received. */
  readonly #before: Totals = {
    datagramsSent: 0,
    datagramsReceived: 0,
    controlDatagramsSent: 0,
    controlDatagramsReceived: 0,
  };

  constructor(context: SessionContext, plan: ParticipantPlan, hooks: ParticipantHooks) {
    this.#context = context;
    this.#plan = plan;
    this.#hooks = hooks;
  }

  /** Resolves when it has joined, failed, or left before either; the events tell which. */
  async join(): Promise<boolean> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const participantId = this.#plan.id;
    const { onEvent } = this.#hooks;
    const beganMs = this.#context.nowMs();
    const limit = AbortSignal.timeout(JOIN_TIMEOUT_MS);
    const signal = AbortSignal.any([this.#end.signal, limit]);
    try {
      const access = await this.#hooks.access(this.#plan, attempt);
      signal.throwIfAborted();
      let lostEarly: string | null = null;
      let current: Session | null = null;
      const { session, joined } = await Session.join(
        this.#context,
        this.#plan,
        access,
        beganMs,
        {
          onPublished: (source, durationMs) =>
            onEvent({ type: 'published', participantId, source, attempt, durationMs }),
          onSubscribed: (producerId, source, durationMs) =>
            onEvent({ type: 'subscribed', participantId, producerId, source, attempt, durationMs }),
          onSteps: (steps) => onEvent({ type: 'steps', participantId, attempt, steps }),
          onLost: (reason) => {
            if (current === null) lostEarly = reason;
            else void this.#lost(current, reason);
          },
        },
        signal,
      );
      if (this.#end.signal.aborted || lostEarly !== null) {
        await session.close();
        throw new Error(lostEarly ?? 'the participant left before it had joined');
      }
      current = session;
      this.#session = session;
      const { bridgeId, joinMs, steps } = joined;
      onEvent({ type: 'joined', participantId, bridgeId, attempt, joinMs, steps });
      return true;
    } catch (error) {
      if (this.#end.signal.aborted) return false;
      const reason = limit.aborted ? `not connected after ${JOIN_TIMEOUT_MS / 1000} s` : errorMessage(error);
      onEvent({ type: 'failed', participantId, attempt, reason });
      return false;
    }
  }

  /** Resolves with a last reading, null when it was in no room. */
  async leave(reason: string): Promise<ParticipantSample | null> {
    const session = this.#session;
    const last = this.sample();
    this.#end.abort(new Error('the participant left'));
    this.#session = null;
    if (session === null) return null;
    await session.close();
    this.#hooks.onEvent({ type: 'left', participantId: this.#plan.id, reason });
    return last;
  }

  /** Null while it is in no room. */
  sample(): ParticipantSample | null {
    const session = this.#session;
    if (session === null) return null;
    const nowMs = this.#context.nowMs();
    return {
      participantId: this.#plan.id,
      readAtMs: nowMs,
      roundTripTimeMs: session.roundTripTimeMs,
      ...addTotals(this.#before, session.transports),
      dataMessagesSent: null,
      dataMessagesReceived: null,
      dataBytesSent: null,
      dataBytesReceived: null,
      availableOutgoingBitrateBps: session.availableBitrateBps,
      tracks: session.sampleTracks(nowMs),
    };
  }

  /** Leaves what is lost behind and joins again, where the target says. */
  async #lost(session: Session, reason: string): Promise<void> {
    if (this.#session !== session) return;
    this.#session = null;
    Object.assign(this.#before, addTotals(this.#before, session.transports));
    await session.close();
    for (let i = 0; i < MAX_REJOINS && !this.#end.signal.aborted; i += 1) {
      if (await this.join()) return;
      await this.#pause(FIRST_REJOIN_DELAY_MS * 2 ** i);
    }
    if (!this.#end.signal.aborted) {
      this.#hooks.onEvent({ type: 'left', participantId: this.#plan.id, reason });
    }
  }

  #pause(ms: number): Promise<void> {
    const { scheduler, nowMs } = this.#context;
    return new Promise((resolve) => {
      scheduler.add(
        {
          run: () => {
            resolve();
            return null;
          },
        },
        nowMs() + ms,
      );
    });
  }
}

function addTotals(before: Totals, transports: readonly MediaTransport[]): Totals {
  const totals = { ...before };
  for (const { socket } of transports) {
    for (const [name, field] of SOCKET_TOTALS) totals[name] += socket.counters[field] ?? 0;
  }
  return totals;
}
