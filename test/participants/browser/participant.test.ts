import { describe, expect, it } from 'vitest';
import type { BrowserPage } from '../../../src/participants/browser/driver.ts';
import type { JoinRequest } from '../../../src/participants/browser/page-api.ts';
import { BrowserParticipant } from '../../../src/participants/browser/participant.ts';
import type { ParticipantEvent } from '../../../src/participants/types.ts';
import type { RoomAccess } from '../../../src/targets/types.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { participantPlan } from '../contract.ts';

/** A page that takes every call and says nothing by itself. */
function silentPage() {
  const joins: JoinRequest[] = [];
  const left: string[] = [];
  const page: BrowserPage = {
    gone: new Promise(() => {}),
    close: async () => {},
    call: (async (method: string, value: unknown) => {
      if (method === 'join') joins.push(value as JoinRequest);
      if (method === 'leave') left.push(value as string);
    }) as BrowserPage['call'],
  };
  return { page, joins, left };
}

function begin(access: (clock: FakeClock) => Promise<RoomAccess> = async () => accessOf('bridge-0')) {
  const clock = new FakeClock();
  const events: ParticipantEvent[] = [];
  const silent = silentPage();
  const options = { access: () => access(clock), onEvent: (event: ParticipantEvent) => events.push(event) };
  const participant = new BrowserParticipant(participantPlan('p1'), silent.page, options, clock);
  const abort = new AbortController();
  let outcome = 'pending';
  participant.join(abort.signal).then(
    () => {
      outcome = 'resolved';
    },
    (error: Error) => {
      outcome = error.message;
    },
  );
  const joined = (attempt: number) =>
    participant.onEvent({
      type: 'joined',
      participantId: 'p1',
      bridgeId: 'bridge-0',
      attempt,
      joinMs: 1,
      steps: { signallingMs: 1, iceMs: 0, dtlsMs: 0, firstPacketMs: null, firstFrameMs: null },
    });
  const lost = (attempt: number) =>
    participant.onEvent({ type: 'lost', participantId: 'p1', attempt, reason: 'bridge-0 lost' });
  const failed = (attempt: number) =>
    participant.onEvent({ type: 'failed', participantId: 'p1', attempt, reason: 'no way in' });
  return { ...silent, participant, clock, events, abort, joined, lost, failed, outcome: () => outcome };
}

const accessOf = (bridgeId: string) =>
  ({ protocol: 'rtc-bench-v1', url: 'ws://127.0.0.1/', roomName: 'room', bridgeId }) as const;

describe('a participant in a browser', () => {
  it('counts the time for its access into the join', async () => {
    const { joins } = begin(async (clock) => {
      clock.stall(70);
      return accessOf('bridge-0');
    });
    await settle();
    expect(joins).toMatchObject([{ attempt: 1, elapsedMs: 70 }]);
  });

  it('fails for good when its first join fails', async () => {
    const { events, failed, joins, outcome, clock, left } = begin();
    await settle();
    failed(1);
    await clock.advance(60_000);
    expect(outcome()).toBe('resolved');
    expect(events).toEqual([{ type: 'failed', participantId: 'p1', attempt: 1, reason: 'no way in' }]);
    expect(joins).toHaveLength(1);
    expect(left).toEqual(['p1']);
  });

  it('tries three times to come back, at once, after 1 s and after 3 s more', async () => {
    const { events, joined, lost, failed, joins, clock } = begin();
    await settle();
    joined(1);
    lost(1);
    await settle();
    expect(joins.map(({ attempt }) => attempt)).toEqual([1, 2]);
    failed(2);
    await clock.advance(999);
    expect(joins).toHaveLength(2);
    await clock.advance(1);
    failed(3);
    await clock.advance(3_000);
    expect(joins.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    failed(4);
    await settle();
    expect(events.at(-1)).toEqual({ type: 'failed', participantId: 'p1', attempt: 4, reason: 'no way in' });
  });

  it('comes back and may be lost again', async () => {
    const { events, joined, lost, joins } = begin();
    await settle();
    joined(1);
    lost(1);
    await settle();
    joined(2);
    await settle();
    lost(2);
    await settle();
    joined(3);
    expect(joins.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(events.map(({ type }) => type)).toEqual(['joined', 'joined', 'joined']);
  });

  it('believes no event of an earlier attempt', async () => {
    const { events, joined, lost } = begin();
    await settle();
    joined(1);
    lost(1);
    await settle();
    lost(1);
    joined(1);
    expect(events.map(({ type }) => type)).toEqual(['joined']);
  });

  it('gives up on a page that does nothing', async () => {
    const { events, clock, outcome } = begin();
    await clock.advance(35_000);
    expect(outcome()).toBe('resolved');
    expect(events).toMatchObject([{ type: 'failed', reason: 'the page does not answer' }]);
  });

  it('tells leaving once, whatever it was doing', async () => {
    const { events, participant, left, outcome } = begin();
    await settle();
    await participant.leave('planned');
    await participant.leave('planned');
    participant.lose('the page crashed');
    await settle();
    expect(events).toEqual([{ type: 'left', participantId: 'p1', reason: 'planned' }]);
    expect(left).toContain('p1');
    expect(outcome()).toBe('resolved');
  });

  it('has left when its page is lost in a room, has failed when on the way there', async () => {
    const inRoom = begin();
    await settle();
    inRoom.joined(1);
    inRoom.participant.lose('the page crashed');
    expect(inRoom.events.at(-1)).toMatchObject({ type: 'left', reason: 'the page crashed' });
    const onTheWay = begin();
    await settle();
    onTheWay.participant.lose('the page crashed');
    expect(onTheWay.events).toMatchObject([{ type: 'failed', attempt: 1, reason: 'the page crashed' }]);
  });

  it('is silent when the run is stopped', async () => {
    const { events, abort, outcome, left } = begin();
    await settle();
    abort.abort(new Error('interrupted'));
    await settle();
    expect(outcome()).toBe('interrupted');
    expect(events).toEqual([]);
    expect(left).toEqual(['p1']);
  });
});
