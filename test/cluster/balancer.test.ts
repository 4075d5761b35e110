import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AVERAGE_PARTICIPANT_STRESS,
  type BridgeLoad,
  choosePlacement,
  correctedStress,
  OVERLOAD_STRESS,
  type PlacementRequest,
} from '../../src/cluster/balancer.ts';

const load = (index: number, part: Partial<BridgeLoad> = {}): BridgeLoad => ({
  index,
  stress: 0,
  recentlyPlaced: 0,
  participants: 0,
  roomParticipants: 0,
  hasRoom: false,
  ...part,
});

const request = (part: Partial<PlacementRequest> = {}): PlacementRequest => ({
  placement: 'least-stressed',
  pinnedIndex: null,
  maxParticipantsPerBridgePerRoom: null,
  ...part,
});

describe('least-stressed', () => {
  it('begins a room on the least stressed bridge', () => {
    expect(choosePlacement(request(), [load(0, { stress: 0.4 }), load(1, { stress: 0.2 })])).toBe(1);
  });

  it('keeps a room together although another bridge is idle', () => {
    const loads = [load(0), load(1, { stress: 0.5, hasRoom: true, roomParticipants: 9 })];
    expect(choosePlacement(request(), loads)).toBe(1);
  });

  it('counts those placed just now, whom the measured stress does not show yet', () => {
    const burst = load(0, { stress: 0.1, recentlyPlaced: 30 });
    expect(correctedStress(burst)).toBeCloseTo(0.1 + 30 * AVERAGE_PARTICIPANT_STRESS);
    expect(choosePlacement(request(), [burst, load(1, { stress: 0.3 })])).toBe(1);
  });

  it('goes on to the next bridge when that of the room is overloaded', () => {
    const loads = [
      load(0, { stress: OVERLOAD_STRESS, hasRoom: true, roomParticipants: 50 }),
      load(1, { stress: 0.7 }),
    ];
    expect(choosePlacement(request(), loads)).toBe(1);
  });

  it('stays where the room is when all are overloaded', () => {
    const loads = [load(0, { stress: 1.2, hasRoom: true, roomParticipants: 50 }), load(1, { stress: 0.9 })];
    expect(choosePlacement(request(), loads)).toBe(0);
  });

  it('goes on to the next bridge at the limit of participants, and over it when all are there', () => {
    const limited = request({ maxParticipantsPerBridgePerRoom: 3 });
    const full = { hasRoom: true, roomParticipants: 3 };
    expect(choosePlacement(limited, [load(0, full), load(1, { stress: 0.7 })])).toBe(1);
    expect(choosePlacement(limited, [load(0, full), load(1, { ...full, stress: 0.1 })])).toBe(0);
  });
});

describe('spread', () => {
  it('deals the participants of a room out evenly', () => {
    const loads = [0, 1, 2].map((index) => load(index));
    for (let i = 0; i < 9; i += 1) {
      const chosen = loads[choosePlacement(request({ placement: 'spread' }), loads) ?? -1];
      if (chosen === undefined) throw new Error('nobody chosen');
      chosen.roomParticipants += 1;
      chosen.participants += 1;
    }
    expect(loads.map(({ roomParticipants }) => roomParticipants)).toEqual([3, 3, 3]);
  });
});

describe('pins', () => {
  it('hold whatever the load', () => {
    const loads = [load(0), load(1, { stress: 2, participants: 900 })];
    expect(choosePlacement(request({ pinnedIndex: 1 }), loads)).toBe(1);
  });

  it('are void when the bridge has died', () => {
    expect(choosePlacement(request({ pinnedIndex: 1 }), [load(0), load(2)])).toBe(0);
  });
});

it('places nobody where no bridge lives, and otherwise always on one that does', () => {
  expect(choosePlacement(request(), [])).toBeNull();
  const anyLoad = fc.record({
    index: fc.nat(64),
    stress: fc.double({ min: 0, max: 3, noNaN: true }),
    recentlyPlaced: fc.nat(100),
    participants: fc.nat(1000),
    roomParticipants: fc.nat(100),
    hasRoom: fc.boolean(),
  });
  const anyRequest = fc.record({
    placement: fc.constantFrom('least-stressed' as const, 'spread' as const),
    pinnedIndex: fc.option(fc.nat(64)),
    maxParticipantsPerBridgePerRoom: fc.option(fc.integer({ min: 1, max: 100 })),
  });
  fc.assert(
    fc.property(
      anyRequest,
      fc.uniqueArray(anyLoad, { minLength: 1, selector: ({ index }) => index }),
      (asked, loads) => {
        const chosen = loads.find(({ index }) => index === choosePlacement(asked, loads));
        if (chosen === undefined) throw new Error('not one of the living');
        const limit = asked.maxParticipantsPerBridgePerRoom;
        const space = limit !== null && loads.some(({ roomParticipants }) => roomParticipants < limit);
        if (space && chosen.index !== asked.pinnedIndex) expect(chosen.roomParticipants).toBeLessThan(limit);
      },
    ),
  );
});
