import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planLoad } from '../../src/scenario/calibration-plan.ts';
import { loadScenario } from '../../src/scenario/load.ts';

function scenarioOf(calibrate: string) {
  return loadScenario(
    `version: 1
name: test
rooms: [{ name: a }, { name: b }]
participants:
  - { name: talkers, count: 4, publish: { video: true } }
  - { name: audience, count: 10, publish: { audio: false } }
calibrate: ${calibrate}
`,
    'test.yaml',
  );
}

const ids = (calibrate: string, load: number) =>
  planLoad(scenarioOf(calibrate), load).participants.map((participant) => participant.id);

describe('a load', () => {
  it.each(['{}', '{ variable: rooms }', '{ variable: publishers }', '{ group: talkers }'])(
    'of %s grows by adding: the same id is the same participant',
    (calibrate) => {
      const scenario = scenarioOf(calibrate);
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (a, b) => {
          const [less, more] = [planLoad(scenario, Math.min(a, b)), planLoad(scenario, Math.max(a, b))];
          const later = new Map(more.participants.map((participant) => [participant.id, participant]));
          expect(later.size).toBe(more.participants.length);
          for (const participant of less.participants) expect(later.get(participant.id)).toEqual(participant);
          expect(more.rooms.slice(0, less.rooms.length)).toEqual(less.rooms);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('varies the last group by default, and leaves the others alone', () => {
    const { participants } = planLoad(scenarioOf('{}'), 25);
    expect(participants.filter((participant) => participant.group === 'talkers')).toHaveLength(4);
    expect(participants.filter((participant) => participant.group === 'audience')).toHaveLength(25);
  });

  it('varies the first group that sends video for publishers', () => {
    const { participants } = planLoad(scenarioOf('{ variable: publishers }'), 7);
    expect(participants.filter((participant) => participant.group === 'talkers')).toHaveLength(7);
    expect(participants.filter((participant) => participant.group === 'audience')).toHaveLength(10);
  });

  it('of rooms is whole rooms, each with its share of every group', () => {
    const plan = planLoad(scenarioOf('{ variable: rooms }'), 3);
    expect(plan.rooms.map((room) => room.name)).toEqual(['a-1', 'b-1', 'a-2', 'b-2', 'a-3', 'b-3']);
    for (const room of plan.rooms) {
      const here = plan.participants.filter((participant) => participant.roomId === room.id);
      expect(here.filter((participant) => participant.group === 'talkers')).toHaveLength(2);
      expect(here.filter((participant) => participant.group === 'audience')).toHaveLength(5);
    }
  });

  it('of bitrate is kbit/s of video, and another one is another participant', () => {
    const calibrate = '{ variable: bitrate }';
    const { participants } = planLoad(scenarioOf(calibrate), 15);
    expect(participants.map((participant) => participant.publish.video?.bitrateBps)).toContain(15_000);
    const talkers = (load: number) => ids(calibrate, load).filter((id) => id.startsWith('g1'));
    expect(talkers(15).some((id) => talkers(30).includes(id))).toBe(false);
  });

  it('has ids that are safe in file names, whatever the groups are called', () => {
    for (const id of ids('{}', 5)) expect(id).toMatch(/^[a-z0-9-]+$/);
  });
});

describe('a calibrate block', () => {
  it('has an objective by default, judged over the whole step', () => {
    const { objective } = scenarioOf('{}').calibrate;
    expect(objective.map((gate) => gate.metric)).toContain('track.loss_ratio');
    for (const gate of objective) expect(gate.window).toBe('all');
  });

  it.each([
    ['{ group: audence }', 'no group is named "audence"'],
    ['{ variable: publishers, group: audience }', 'publishers cannot be varied: audience sends no video'],
    ['{ start: 9, max: 8 }', 'start 9 is beyond max 8'],
    ['{ objective: [max(bridge.stres) < 1] }', 'test.yaml:7:30: gate: unknown metric "bridge.stres"'],
    ['{ objective: [] }', '"objective" must have at least 1 entries'],
  ])('%s is refused', (calibrate, message) => {
    expect(() => scenarioOf(calibrate)).toThrow(message);
  });
});
