import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrackSample } from '../../src/participants/types.ts';
import { createPath, type NetnsPath } from '../netns/path.ts';
import type { RoomCounts } from '../netns/synthetic-room.ts';

const RTC_BENCH = fileURLToPath(new URL('../../bin/rtc-bench.js', import.meta.url));
const ROOM = fileURLToPath(new URL('../netns/synthetic-room.ts', import.meta.url));
const LOSS_RATIO = 0.02;
const RECEIVERS = 20;
const SECONDS = 5;
/** Standard deviations that a share of lost packets may be off: once in 16,000 runs it is further. */
const SIGMAS = 4;

let path: NetnsPath | null = null;

afterEach(async () => {
  await path?.close();
  path = null;
});

/** A cluster in one namespace, participants in the other, and a lossy way from there to here. */
async function roomWithLoss(): Promise<{ counts: RoomCounts; dropped: number }> {
  path = await createPath({ lossRatio: LOSS_RATIO });
  const flags = ['--bridges', '1', '--host', path.a.address, '--port', '7880', '--json'];
  const cluster = path.spawn('a', process.execPath, [RTC_BENCH, 'cluster', 'start', ...flags]);
  cluster.stderr?.resume();
  if (cluster.stdout === null) throw new Error('the cluster has no output');
  await once(cluster.stdout, 'data');
  const url = `http://${path.a.address}:7880`;
  const room = [ROOM, url, String(RECEIVERS), String(SECONDS)];
  const { code, stdout, stderr } = await path.run('b', process.execPath, room);
  expect(code, stderr).toBe(0);
  return { counts: JSON.parse(stdout) as RoomCounts, dropped: await path.dropped() };
}

describe('synthetic participants behind a path that drops 2 % of the packets', () => {
  it('see 2 % lost before repair and next to none after, and the SFU counts the same', async () => {
    const { counts, dropped } = await roomWithLoss();
    expect(counts.failures).toEqual([]);
    const tracks = counts.participants.flatMap((participant) => participant.tracks);
    const down = tracks.filter(({ direction }) => direction === 'down');
    expect(down).toHaveLength(2 * RECEIVERS);
    const sum = (of: (track: TrackSample) => number | null) =>
      down.reduce((total, track) => total + (of(track) ?? Number.NaN), 0);

    for (const kind of ['audio', 'video'] as const) {
      const some = (of: (track: TrackSample) => number | null) =>
        sum((track) => (track.kind === kind ? of(track) : 0));
      const lost = some(({ packetsLostBeforeRepair }) => packetsLostBeforeRepair);
      const expected = some(({ packets }) => packets) + lost;
      const sigma = Math.sqrt((LOSS_RATIO * (1 - LOSS_RATIO)) / expected);
      expect(expected).toBeGreaterThan(0.8 * RECEIVERS * SECONDS * 50);
      expect(Math.abs(lost / expected - LOSS_RATIO), kind).toBeLessThan(SIGMAS * sigma);
      const lostAfterRepair = some(({ packetsLost }) => packetsLost);
      const repaired = some(({ retransmittedPackets }) => retransmittedPackets);
      const nacks = some(({ nackCount }) => nackCount);
      // mediasoup offers no retransmission of audio, to nobody (`enableRtx` of its consumers).
      if (kind === 'audio') expect([lostAfterRepair, repaired, nacks]).toEqual([lost, 0, 0]);
      else {
        // Packets of the last moments are still on their way back.
        expect(lostAfterRepair / expected).toBeLessThan(0.001);
        expect(repaired / lost).toBeGreaterThan(0.95);
        expect(nacks).toBeGreaterThan(0);
      }
    }

    const { sfuBefore, sfuAfter, participants } = counts;
    const received = participants
      .filter(({ participantId }) => participantId !== 'publisher')
      .reduce(
        (total, { datagramsReceived, controlDatagramsReceived }) =>
          total + (datagramsReceived ?? 0) - (controlDatagramsReceived ?? 0),
        0,
      );
    // What arrived and what the kernel dropped is what the SFU sent, but for the control packets among the dropped.
    const controlSlack = 0.005 * received;
    expect(received + dropped).toBeGreaterThan((sfuBefore.local.packetsOut ?? Number.NaN) - controlSlack);
    expect(received + dropped).toBeLessThan((sfuAfter.local.packetsOut ?? Number.NaN) + controlSlack);
    const retransmitted = sum(({ retransmittedPackets }) => retransmittedPackets);
    const resent = sfuAfter.packetsRetransmittedOut ?? 0;
    // 2 % of the retransmissions are lost too.
    expect(resent).toBeGreaterThanOrEqual(retransmitted);
    expect(retransmitted / resent).toBeGreaterThan(0.9);
    expect(sfuAfter.nackCount).toBeGreaterThan(0);
  });
});
