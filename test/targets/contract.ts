import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RoomAccess, Target, TargetEvent, TargetOptions } from '../../src/targets/types.ts';

/** What a kind of target supplies to be held to the contract. */
export interface TargetUnderTest {
  /** What its participants speak. */
  protocol: RoomAccess['protocol'];
  /** A target of two bridges that was not started yet. */
  create(options: TargetOptions): Target;
  /** Ends a bridge as an accident would. */
  kill(target: Target, bridgeId: string): void;
}

const never = new AbortController().signal;

/** What every target promises, real or fake (`src/targets/types.ts`). */
export function describeTargetContract(name: string, underTest: TargetUnderTest): void {
  describe(`${name} target`, () => {
    const events: TargetEvent[] = [];
    const listeners = new Set<() => void>();
    afterEach(() => {
      events.length = 0;
    });

    async function started(): Promise<Target> {
      const target = underTest.create({
        onEvent(event) {
          events.push(event);
          for (const listener of listeners) listener();
        },
      });
      onTestFinished(() => target.close());
      await target.start(never);
      return target;
    }

    /** Resolves with the first event of that type, also one that has come already. */
    function event<T extends TargetEvent['type']>(type: T): Promise<Extract<TargetEvent, { type: T }>> {
      return new Promise((resolve) => {
        const look = () => {
          const found = events.find((candidate) => candidate.type === type);
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found as Extract<TargetEvent, { type: T }>);
        };
        listeners.add(look);
        look();
      });
    }

    const request = (room: string, participant: string, pinnedBridge: number | null = null) => ({
      roomId: room,
      roomName: `the room ${room}`,
      participantId: participant,
      pinnedBridge,
    });

    it('announces its bridges and describes them', async () => {
      const target = await started();
      const ids = target.bridges().map(({ bridgeId }) => bridgeId);
      expect(new Set(ids).size).toBe(2);
      expect(events.filter(({ type }) => type === 'bridge-up')).toHaveLength(2);
      for (const { software } of target.bridges()) expect(software).not.toBe('');
      expect(Object.keys(target.versions())).not.toHaveLength(0);
    });

    it('gives a way into a room, and says where the room was placed', async () => {
      const target = await started();
      const access = await target.access(request('r1', 'p1'), never);
      expect(access.protocol).toBe(underTest.protocol);
      expect(access.roomName).toBe('the room r1');
      expect(access.url).toMatch(/^wss?:\/\//);
      const placed = await event('room-placed');
      expect(placed).toEqual({
        type: 'room-placed',
        roomId: 'r1',
        bridgeId: access.bridgeId,
        reason: 'first',
      });
    });

    it('places on the bridge that the scenario pins to', async () => {
      const target = await started();
      const second = target.bridges()[1]?.bridgeId;
      for (const participant of ['p1', 'p2', 'p3']) {
        expect((await target.access(request('r1', participant, 1), never)).bridgeId).toBe(second);
      }
    });

    it('samples every bridge with counters and times that only grow', async () => {
      const target = await started();
      await target.access(request('r1', 'p1'), never);
      const before = await target.sampleBridges();
      const after = await target.sampleBridges();
      expect(before.map(({ bridgeId }) => bridgeId)).toEqual(
        target.bridges().map(({ bridgeId }) => bridgeId),
      );
      for (const [i, sample] of after.entries()) {
        const earlier = before[i];
        expect(sample.readAtMs).toBeGreaterThanOrEqual(earlier?.readAtMs ?? Number.NaN);
        expect(sample.local.packetsIn).toBeGreaterThanOrEqual(earlier?.local.packetsIn ?? Number.NaN);
        expect(sample.local.packetsOut).toBeGreaterThanOrEqual(earlier?.local.packetsOut ?? Number.NaN);
      }
    });

    it('goes on without a bridge that died, and places its rooms again', async () => {
      const target = await started();
      const { bridgeId } = await target.access(request('r1', 'p1', 0), never);
      if (bridgeId === null) throw new Error('the target did not say where');
      underTest.kill(target, bridgeId);
      expect((await event('bridge-died')).bridgeId).toBe(bridgeId);
      const again = await target.access(request('r1', 'p1', 0), never);
      expect(again.bridgeId).not.toBe(bridgeId);
      expect(events).toContainEqual({
        type: 'room-placed',
        roomId: 'r1',
        bridgeId: again.bridgeId,
        reason: 'bridge-died',
      });
      expect((await target.sampleBridges()).map((sample) => sample.bridgeId)).toEqual([again.bridgeId]);
    });

    it('refuses participants, as a matter of the environment, when no bridge is left', async () => {
      const target = await started();
      for (const { bridgeId } of target.bridges()) underTest.kill(target, bridgeId);
      while (events.filter(({ type }) => type === 'bridge-died').length < 2) {
        await new Promise<void>((resolve) => listeners.add(resolve));
      }
      await expect(target.access(request('r1', 'p1'), never)).rejects.toMatchObject({ exitCode: 3 });
      expect(await target.sampleBridges()).toEqual([]);
    });

    it('does not start when it is told to stop', async () => {
      const target = underTest.create({ onEvent: () => {} });
      onTestFinished(() => target.close());
      await expect(target.start(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    });

    it('closes twice as once', async () => {
      const target = await started();
      await target.close();
      await target.close();
      expect(await target.sampleBridges()).toEqual([]);
    });
  });
}
