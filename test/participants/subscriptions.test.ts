import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerInfo } from '../../src/cluster/signalling/protocol.ts';
import {
  decideSubscriptions,
  type HeldState,
  rememberSpeakers,
  type SubscriptionChange,
  type SubscriptionInput,
} from '../../src/participants/subscriptions.ts';

const camera = (participantId: string): ProducerInfo => ({
  producerId: `${participantId}-camera`,
  participantId,
  kind: 'video',
  source: 'camera',
});
const screen = (participantId: string): ProducerInfo => ({
  ...camera(participantId),
  producerId: `${participantId}-screen`,
  source: 'screen',
});
const microphone = (participantId: string): ProducerInfo => ({
  producerId: `${participantId}-microphone`,
  participantId,
  kind: 'audio',
  source: 'microphone',
});

const input = (over: Partial<SubscriptionInput>): SubscriptionInput => ({
  participantId: 'me',
  subscriptions: { audio: 'all', video: 'all', preferredSpatialLayer: null },
  producers: [],
  speakers: [],
  held: new Map(),
  ...over,
});
const lastN = (n: number) => ({ audio: 'all' as const, video: n, preferredSpatialLayer: null });

function carryOut(held: ReadonlyMap<string, HeldState>, change: SubscriptionChange): Map<string, HeldState> {
  const after = new Map(held);
  for (const producer of change.consume) after.set(producer.producerId, 'active');
  for (const id of change.resume) after.set(id, 'active');
  for (const id of change.pause) after.set(id, 'paused');
  for (const id of change.close) after.delete(id);
  return after;
}
const active = (held: ReadonlyMap<string, HeldState>) =>
  [...held].filter(([, state]) => state === 'active').map(([id]) => id);

describe('decideSubscriptions', () => {
  it('consumes everything but its own', () => {
    const change = decideSubscriptions(
      input({ producers: [camera('me'), microphone('me'), camera('a'), microphone('a')] }),
    );
    expect(change.consume.map((p) => p.producerId)).toEqual(['a-microphone', 'a-camera']);
  });

  it('consumes nothing when told none', () => {
    const subscriptions = { audio: 'none', video: 'none', preferredSpatialLayer: null } as const;
    const change = decideSubscriptions(
      input({
        subscriptions,
        producers: [camera('a'), microphone('a')],
        held: new Map([['a-camera', 'active']]),
      }),
    );
    expect(change).toEqual({ consume: [], resume: [], pause: [], close: ['a-camera'] });
  });

  it('closes what is gone from the room', () => {
    expect(decideSubscriptions(input({ held: new Map([['gone', 'paused']]) })).close).toEqual(['gone']);
  });

  it('fills last N with the oldest while nobody has spoken', () => {
    const change = decideSubscriptions(
      input({ subscriptions: lastN(2), producers: [camera('a'), camera('b'), camera('c')] }),
    );
    expect(change.consume.map((p) => p.producerId)).toEqual(['a-camera', 'b-camera']);
  });

  it('brings in a new speaker, pauses who gave way, and resumes on return', () => {
    const producers = [camera('a'), camera('b'), camera('c')];
    const held = new Map<string, HeldState>([
      ['a-camera', 'active'],
      ['b-camera', 'active'],
    ]);
    const out = decideSubscriptions(
      input({ subscriptions: lastN(2), producers, held, speakers: ['c', 'b'] }),
    );
    expect(out).toEqual({ consume: [camera('c')], resume: [], pause: ['a-camera'], close: [] });
    const back = decideSubscriptions(
      input({ subscriptions: lastN(2), producers, held: carryOut(held, out), speakers: ['a', 'c', 'b'] }),
    );
    expect(back).toEqual({ consume: [], resume: ['a-camera'], pause: ['b-camera'], close: [] });
  });

  it('changes nothing when somebody within last N speaks', () => {
    const producers = [camera('a'), camera('b'), camera('c')];
    const held = new Map<string, HeldState>([
      ['b-camera', 'active'],
      ['c-camera', 'active'],
    ]);
    const change = decideSubscriptions(
      input({ subscriptions: lastN(2), producers, held, speakers: ['b', 'c'] }),
    );
    expect(change).toEqual({ consume: [], resume: [], pause: [], close: [] });
  });

  it('keeps what flows when those who fill up are chosen', () => {
    const producers = [camera('a'), camera('b'), camera('c')];
    const change = decideSubscriptions(
      input({ subscriptions: lastN(1), producers, held: new Map([['c-camera', 'active']]) }),
    );
    expect(change).toEqual({ consume: [], resume: [], pause: [], close: [] });
  });

  it('puts a shared screen before cameras', () => {
    const change = decideSubscriptions(
      input({ subscriptions: lastN(1), producers: [camera('a'), screen('b')], speakers: ['a'] }),
    );
    expect(change.consume.map((p) => p.producerId)).toEqual(['b-screen']);
  });
});

const names = fc.constantFrom('me', 'a', 'b', 'c', 'd', 'e', 'f');
const producersArbitrary = fc.uniqueArray(
  fc.oneof(names.map(camera), names.map(screen), names.map(microphone)),
  { selector: (p) => p.producerId, maxLength: 18 },
);
const inputArbitrary = fc.record({
  producers: producersArbitrary,
  speakers: fc.uniqueArray(names),
  subscriptions: fc.record({
    audio: fc.constantFrom('all' as const, 'none' as const),
    video: fc.oneof(fc.constantFrom('all' as const, 'none' as const), fc.nat({ max: 8 })),
    preferredSpatialLayer: fc.constant(null),
  }),
  held: fc.array(
    fc.tuple(
      fc.oneof(
        names.map((n) => `${n}-camera`),
        names.map((n) => `${n}-microphone`),
        fc.constant('gone'),
      ),
      fc.constantFrom<HeldState>('active', 'paused'),
    ),
  ),
});

describe('decideSubscriptions, always', () => {
  it('leaves nothing to do once carried out', () => {
    fc.assert(
      fc.property(inputArbitrary, (given) => {
        const first = input({ ...given, held: new Map(given.held) });
        const held = carryOut(first.held, decideSubscriptions(first));
        expect(decideSubscriptions({ ...first, held })).toEqual({
          consume: [],
          resume: [],
          pause: [],
          close: [],
        });
      }),
    );
  });

  it('receives as many video tracks as N and the room allow, never its own', () => {
    fc.assert(
      fc.property(inputArbitrary, fc.nat({ max: 8 }), (given, n) => {
        const first = input({ ...given, subscriptions: lastN(n), held: new Map(given.held) });
        const held = carryOut(first.held, decideSubscriptions(first));
        const byId = new Map(given.producers.map((p) => [p.producerId, p]));
        const flowing = active(held).map((id) => byId.get(id));
        expect(flowing.every((p) => p !== undefined && p.participantId !== 'me')).toBe(true);
        const available = given.producers.filter(
          (p) => p.kind === 'video' && p.participantId !== 'me',
        ).length;
        expect(flowing.filter((p) => p?.kind === 'video')).toHaveLength(Math.min(n, available));
        const paused = held.size - active(held).length;
        expect(paused).toBeLessThanOrEqual(n);
      }),
    );
  });
});

describe('rememberSpeakers', () => {
  it('puts who speaks now in front and keeps the others in order', () => {
    expect(rememberSpeakers(['a', 'b', 'c'], ['c', 'd'])).toEqual(['c', 'd', 'a', 'b']);
  });

  it('never loses or doubles anybody', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names), fc.array(names), (order, speaking) => {
        const after = rememberSpeakers(order, speaking);
        expect([...after].sort()).toEqual([...new Set([...order, ...speaking])].sort());
      }),
    );
  });
});
