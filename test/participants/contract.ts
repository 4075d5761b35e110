import { afterEach, describe, expect, it } from 'vitest';
import type {
  Engine,
  EngineOptions,
  ParticipantEvent,
  ParticipantSample,
} from '../../src/participants/types.ts';
import type { ParticipantPlan } from '../../src/scenario/plan-types.ts';

/** What an engine's test brings along. */
export interface EngineBench {
  create(options: EngineOptions): Engine;
  /** A way into the room, of a real cluster or made up. */
  access: EngineOptions['access'];
  /** Lets time pass, real or fake, until the condition holds; fails when it takes too long. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Ends the bridge that carries the room. */
  loseBridge(engine: Engine, bridgeId: string): Promise<void>;
  /** Its participants run on hosts whose load cannot be read. */
  elsewhere?: true;
  /** Time in which a track's counters must have grown. */
  pass(ms: number): Promise<void>;
}

export function participantPlan(id: string, over: Partial<ParticipantPlan> = {}): ParticipantPlan {
  return {
    id,
    group: 'group',
    roomId: 'room',
    engine: 'synthetic',
    joinAtMs: 0,
    leaveAtMs: null,
    publish: {
      audio: { pattern: 'continuous' },
      video: { codec: 'vp8', heightPixels: 180, framesPerSecond: 15, simulcast: false },
      screen: null,
    },
    subscribe: { audio: 'all', video: 'all', preferredSpatialLayer: null },
    pinnedBridge: null,
    ...over,
  };
}

type EventOf<T extends ParticipantEvent['type']> = Extract<ParticipantEvent, { type: T }>;

/** Every engine, whatever its participants are made of, is one of these. */
export function engineContract(name: string, bench: () => EngineBench): void {
  describe(`${name}: an engine`, () => {
    const opened: Engine[] = [];
    afterEach(async () => {
      for (const engine of opened.splice(0)) await engine.close();
    });

    async function started(access?: EngineOptions['access']) {
      const events: ParticipantEvent[] = [];
      const { create, until, access: usual } = bench();
      const engine = create({ onEvent: (event) => events.push(event), access: access ?? usual });
      opened.push(engine);
      const { signal } = new AbortController();
      await engine.start(signal);
      const of = <T extends ParticipantEvent['type']>(type: T) =>
        events.filter((event): event is EventOf<T> => event.type === type);
      /** Joins while time passes, as a fake clock does not by itself. */
      const join = async (plan: ParticipantPlan, joinSignal: AbortSignal = signal) => {
        let settled = false;
        const joining = engine.join(plan, joinSignal).finally(() => {
          settled = true;
        });
        joining.catch(() => {});
        await until(() => settled);
        await joining;
      };
      const sampled = async (condition: (samples: ParticipantSample[]) => boolean) => {
        let samples: ParticipantSample[] = [];
        await until(async () => {
          samples = await engine.sample();
          return condition(samples);
        });
        return samples;
      };
      return { engine, events, of, join, sampled };
    }

    it('joins, publishes and subscribes, and tells each step', async () => {
      const { of, join } = await started();
      await join(participantPlan('p1'));
      expect(of('joined')).toMatchObject([{ participantId: 'p1', attempt: 1 }]);
      await join(participantPlan('p2'));
      await bench().until(() => of('subscribed').length === 4 && of('steps').length === 2);
      for (const { joinMs, steps, bridgeId } of of('joined')) {
        expect(bridgeId).not.toBe('');
        const parts = [steps.signallingMs, steps.iceMs, steps.dtlsMs];
        for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
        expect(parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)).toBeCloseTo(joinMs, 0);
      }
      for (const id of ['p1', 'p2']) {
        const mine = <T extends { participantId: string; source: string }>(events: T[]) =>
          events.filter((event) => event.participantId === id).map((event) => event.source);
        expect(mine(of('published')).sort()).toEqual(['camera', 'microphone']);
        expect(mine(of('subscribed')).sort()).toEqual(['camera', 'microphone']);
      }
      for (const { steps } of of('steps')) {
        expect(steps.firstPacketMs).toBeGreaterThan(0);
        expect(steps.firstFrameMs).toBeGreaterThanOrEqual(steps.firstPacketMs ?? Number.POSITIVE_INFINITY);
      }
      expect(of('failed')).toEqual([]);
    });

    it('reads counters of every track, which join at the producer and never fall', async () => {
      const { engine, join, sampled } = await started();
      await join(participantPlan('p1'));
      await join(participantPlan('p2'));
      const complete = (samples: ParticipantSample[]) =>
        samples.length === 2 &&
        samples.every(
          ({ tracks }) =>
            tracks.length === 4 && tracks.every(({ packets, frames }) => packets > 0 && frames !== 0),
        );
      const before = await sampled(complete);
      await bench().pass(1_000);
      const after = await engine.sample();
      for (const participant of after) {
        const { tracks } = participant;
        expect(new Set(tracks.map(({ trackId }) => trackId)).size).toBe(4);
        for (const track of tracks) {
          const earlier = before
            .flatMap((sample) => sample.tracks)
            .find(({ trackId }) => trackId === track.trackId);
          expect(track.readAtMs).toBeGreaterThan(earlier?.readAtMs ?? Number.POSITIVE_INFINITY);
          expect(track.packets).toBeGreaterThan(earlier?.packets ?? Number.POSITIVE_INFINITY);
          expect(track.payloadBytes).toBeGreaterThan(earlier?.payloadBytes ?? Number.POSITIVE_INFINITY);
          if (track.direction === 'up') expect(track.publisherId).toBe(participant.participantId);
          else {
            const other = after.find(({ participantId }) => participantId === track.publisherId);
            expect(other?.participantId).not.toBe(participant.participantId);
            const sent = other?.tracks.find(
              ({ direction, producerId }) => direction === 'up' && producerId === track.producerId,
            );
            expect(sent?.source).toBe(track.source);
          }
          expect(track.codec).toBe(track.kind === 'video' ? 'vp8' : 'opus');
          if (track.kind === 'video') expect(track.frameHeight).toBeGreaterThan(0);
          if (track.kind === 'video' && track.direction === 'down')
            expect(track.firstFrameMs).toBeGreaterThan(0);
          else expect(track.firstFrameMs).toBeNull();
          // Who decodes pictures decodes sound too, and only what is received.
          if (track.audioDecodedMs !== null)
            expect(track.audioDecodedMs).toBeGreaterThan(earlier?.audioDecodedMs ?? Number.POSITIVE_INFINITY);
          const decodes = participant.tracks.some(({ framesDecoded }) => framesDecoded !== null);
          expect(track.audioDecodedMs !== null).toBe(
            decodes && track.kind === 'audio' && track.direction === 'down',
          );
        }
      }
    });

    it('receives nothing when it subscribes to nothing', async () => {
      const { engine, of, join } = await started();
      await join(participantPlan('p1'));
      await join(
        participantPlan('p2', { subscribe: { audio: 'none', video: 'none', preferredSpatialLayer: null } }),
      );
      await bench().until(() => of('subscribed').some(({ participantId }) => participantId === 'p1'));
      const quiet = (await engine.sample()).find(({ participantId }) => participantId === 'p2');
      expect(quiet?.tracks.filter(({ direction }) => direction === 'down')).toEqual([]);
    });

    it('joins a participant that has nothing to send and nobody to hear', async () => {
      const { of, join } = await started();
      await join(participantPlan('p1', { publish: { audio: null, video: null, screen: null } }));
      expect(of('joined')).toMatchObject([{ participantId: 'p1' }]);
    });

    it('keeps to the last N of video and hears everybody', async () => {
      const { join, sampled } = await started();
      await join(participantPlan('p1'));
      await join(participantPlan('p2'));
      const subscribe = { audio: 'all', video: 1, preferredSpatialLayer: null } as const;
      await join(participantPlan('p3', { subscribe, publish: { audio: null, video: null, screen: null } }));
      const received = (all: ParticipantSample[]) =>
        all.find(({ participantId }) => participantId === 'p3')?.tracks ?? [];
      const tracks = received(await sampled((all) => received(all).length === 3));
      expect(tracks.map(({ source }) => source).sort()).toEqual(['camera', 'microphone', 'microphone']);
    });

    it('tells a refused access as a failed join and goes on', async () => {
      const { access } = bench();
      const { of, join } = await started((plan, attempt, signal) =>
        plan.id === 'p1' ? Promise.reject(new Error('the room is full')) : access(plan, attempt, signal),
      );
      await join(participantPlan('p1'));
      expect(of('failed')).toMatchObject([{ participantId: 'p1', attempt: 1, reason: 'the room is full' }]);
      await join(participantPlan('p2'));
      expect(of('joined')).toMatchObject([{ participantId: 'p2' }]);
    });

    it('stops a join that is aborted', async () => {
      const abort = new AbortController();
      const { of, join } = await started(async (_plan, _attempt, signal) => {
        abort.abort(new Error('stopped'));
        signal.throwIfAborted();
        throw new Error('the signal does not reach the access');
      });
      await expect(join(participantPlan('p1'), abort.signal)).rejects.toThrow('stopped');
      expect(of('joined')).toEqual([]);
      expect(of('failed')).toEqual([]);
    });

    it('leaves when told, and is read no more', async () => {
      const { engine, of, join } = await started();
      await join(participantPlan('p1'));
      await engine.leave('p1');
      expect(of('left')).toMatchObject([{ participantId: 'p1' }]);
      expect(await engine.sample()).toEqual([]);
      expect(await engine.leave('p1')).toBeNull();
      expect(await engine.leave('nobody')).toBeNull();
      expect(of('left')).toHaveLength(1);
    });

    it('gives a last reading as it leaves, of what no other reading would have', async () => {
      const { engine, join, sampled } = await started();
      await join(participantPlan('p1'));
      await join(participantPlan('p2'));
      const before = (
        await sampled(
          (all) =>
            all.length === 2 &&
            all.every(({ tracks }) => tracks.length === 4 && tracks.every(({ packets }) => packets > 0)),
        )
      ).find(({ participantId }) => participantId === 'p2');
      await bench().pass(500);
      const last = await engine.leave('p2');
      expect(last?.participantId).toBe('p2');
      expect(last?.readAtMs).toBeGreaterThanOrEqual((before?.readAtMs ?? Number.POSITIVE_INFINITY) + 400);
      for (const track of before?.tracks ?? []) {
        const same = last?.tracks.find(({ trackId }) => trackId === track.trackId);
        expect(same?.packets).toBeGreaterThan(track.packets);
      }
    });

    it('takes away the tracks of who has left', async () => {
      const { engine, join, sampled } = await started();
      await join(participantPlan('p1'));
      await join(participantPlan('p2'));
      await sampled((all) => all.every(({ tracks }) => tracks.length === 4));
      await engine.leave('p2');
      const [p1] = await sampled((all) => all.every(({ tracks }) => tracks.length === 2));
      expect(p1?.tracks.map(({ direction }) => direction)).toEqual(['up', 'up']);
    });

    it('comes back by itself when its bridge is lost, one attempt further', async () => {
      const { engine, of, join } = await started();
      await join(participantPlan('p1'));
      await bench().loseBridge(engine, of('joined')[0]?.bridgeId ?? '');
      await bench().until(() => of('joined').length === 2);
      expect(of('joined')).toMatchObject([{ attempt: 1 }, { participantId: 'p1', attempt: 2 }]);
      expect(of('left')).toEqual([]);
    });

    it('measures itself', async () => {
      const { engine } = await started();
      const first = await engine.sampleGenerator();
      await bench().pass(200);
      const second = await engine.sampleGenerator();
      expect(second.engine).toBe(engine.kind);
      expect(second.readAtMs).toBeGreaterThan(first.readAtMs);
      if (bench().elsewhere === true)
        expect(second).toMatchObject({ cpuSeconds: null, rssBytes: null, packetsSent: null });
      else {
        expect(second.cpuSeconds).toBeGreaterThanOrEqual(first.cpuSeconds ?? 0);
        expect(second.rssBytes).toBeGreaterThan(0);
      }
      expect(Object.keys(engine.versions())).not.toEqual([]);
    });

    it('closes once, and everybody has left then', async () => {
      const { engine, of, join } = await started();
      await join(participantPlan('p1'));
      await engine.close();
      await engine.close();
      expect(of('left')).toMatchObject([{ participantId: 'p1' }]);
    });
  });
}
