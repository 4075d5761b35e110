import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ObserverSummary } from '../../src/observer/summary.ts';
import { runCli } from '../support/cli.ts';

/** What the observer of a run finds out about real participants on real bridges, one room piped between two. */

const SCENARIO = `
version: 1
name: observed
target: { bridges: 2, placement: spread, maxPacketRatePps: 20000, maxParticipantsPerBridgeAndRoom: 2 }
rooms: { name: room }
participants:
  - { name: all, count: 4, publish: { video: { height: 180 } } }
load: { stages: [ { kind: ramp, rate: 4 }, { kind: hold, duration: 9s } ] }
`;

type Row = Record<string, string>;

describe('the observer of a run', () => {
  it('ties every track, pad and pipe to its other end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rtcb-observed-'));
    try {
      await writeFile(join(folder, 'scenario.yaml'), SCENARIO);
      const out = join(folder, 'run');
      const run = await runCli(['run', join(folder, 'scenario.yaml'), '--out', out, '--quiet']);
      // A busy host makes a run inconclusive; what was observed is the same.
      expect([0, 4], run.stderr).toContain(run.exitCode);
      // No cell of these files has a comma but call events' messages, which come after the columns looked at.
      const rows = async (type: string): Promise<Row[]> => {
        const text = await readFile(join(out, 'observer', `${type}.csv`), 'utf8');
        const [names = [], ...cells] = text
          .trimEnd()
          .split('\r\n')
          .map((line) => line.split(','));
        return cells.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
      };
      const participants = ['p0001', 'p0002', 'p0003', 'p0004'];
      const joined = (await rows('call-event')).filter(({ name }) => name === 'CLIENT_JOINED');
      expect(joined.map(({ clientId }) => clientId).toSorted()).toEqual(participants);

      const received = await rows('sfu-inbound-rtp-pad');
      const own = received.filter(({ internal }) => internal === 'false');
      const piped = received.filter(({ internal }) => internal === 'true');
      expect(new Set(own.map(({ clientId }) => clientId))).toEqual(new Set(participants));
      // Four publish audio and video, and each of the eight goes through the pipe.
      expect(new Set(piped.map(({ sfuStreamId }) => sfuStreamId)).size).toBe(8);
      for (const pad of piped) {
        expect(participants).toContain(pad.clientId);
        expect(pad.remoteSfuId).not.toBe('');
        expect(pad.remoteSfuId).not.toBe(pad.sfuId);
      }
      // The last word on each: a consumer can be read before its participant's first sample of it.
      const consumers = new Map(
        (await rows('sfu-outbound-rtp-pad'))
          .filter(({ internal }) => internal === 'false')
          .map((pad) => [pad.rtpPadId, pad]),
      );
      expect(consumers.size).toBe(24);
      for (const { clientId } of consumers.values()) expect(participants).toContain(clientId);

      const summary = JSON.parse(
        await readFile(join(out, 'observer', 'summary.json'), 'utf8'),
      ) as ObserverSummary;
      expect(summary.calls).toHaveLength(1);
      for (const client of summary.calls[0]?.clients ?? []) {
        // Audio and video of three others.
        expect(client).toMatchObject({ matchedTracks: 6, unmatchedTracks: 0 });
        expect(client.up.video.averageBitrateBps).toBeGreaterThan(10_000);
        expect(client.down.video.averageBitrateBps).toBeGreaterThan(10_000);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
