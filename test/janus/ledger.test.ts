import { expect, it } from 'vitest';
import type { HandleInfo, MediumInfo } from '../../src/targets/janus/handle-info.ts';
import { HandleLedger } from '../../src/targets/janus/ledger.ts';

const flow = (packets: number, nacks = 0) => ({ packets, bytes: 100 * packets, nacks });

function publisher(media: Record<string, MediumInfo>): HandleInfo {
  return {
    plugin: 'janus.plugin.videoroom',
    plugin_specific: { type: 'publisher', room: 4321, id: 8915942417499905, streams: [] },
    webrtc: { ice: { state: 'ready' }, dtls: { 'dtls-state': 'connected' }, media },
  };
}

const camera = (packets: number, above: number): MediumInfo => ({
  type: 'video',
  mid: '1',
  direction: { send: false, recv: true },
  ssrc: { ssrc: 1, 'ssrc-peer': 77 },
  rtcp: { main: { rtt: 3, lost: 2, 'lost-by-remote': 0 } },
  stats: { in: { ...flow(packets, 4), 'video-simulcast-1': flow(above, 1) }, out: flow(0) },
});

function subscriber(packets: number): HandleInfo {
  return {
    plugin_specific: {
      type: 'subscriber',
      room: 4321,
      streams: [{ type: 'video', mid: '0', feed_id: 8915942417499905, feed_mid: '1' }],
    },
    webrtc: {
      media: {
        '0': {
          type: 'video',
          mid: '0',
          direction: { send: true, recv: false },
          ssrc: { ssrc: 99 },
          rtcp: { main: { rtt: 2, lost: 0, 'lost-by-remote': 5 } },
          stats: { in: flow(0), out: flow(packets) },
        },
      },
    },
  };
}

it('sums media, directions and simulcast layers of all handles', () => {
  const ledger = new HandleLedger();
  ledger.take(2 ** 40, publisher({ '1': camera(100, 250) }), 1);
  ledger.take(2 ** 41, subscriber(90), 2);
  expect(ledger.counts()).toEqual({
    local: { packetsIn: 350, bytesIn: 35_000, packetsOut: 90, bytesOut: 9000 },
    nackCount: 5,
    packetsLostIn: 2,
    producers: 1,
    consumers: 1,
    rooms: 1,
    participants: 1,
  });
});

it('never falls: not when a handle goes, nor when a medium is counted anew', () => {
  const ledger = new HandleLedger();
  ledger.take(1, publisher({ '1': camera(100, 0) }), 1);
  ledger.take(2, subscriber(90), 1);
  ledger.take(2, subscriber(10), 2);
  expect(ledger.counts().local.packetsOut).toBe(100);
  ledger.keep(new Set([1]));
  expect(ledger.counts()).toMatchObject({
    local: { packetsIn: 100, packetsOut: 100 },
    consumers: 0,
    participants: 1,
  });
  ledger.take(1, publisher({ '1': camera(130, 0) }), 3);
  ledger.keep(new Set());
  expect(ledger.counts()).toMatchObject({ local: { packetsIn: 130, packetsOut: 100 }, rooms: 0 });
});

it('tells each medium by itself, under the names that participants know it by', () => {
  const ledger = new HandleLedger();
  ledger.take(5, publisher({ '1': camera(100, 250) }), 1000);
  ledger.take(6, subscriber(90), 1001);
  expect(ledger.pads('bridge-0')).toMatchObject([
    {
      transportId: '5',
      producerId: '8915942417499905/1',
      consumerId: null,
      ssrc: 77,
      packets: 350,
      packetsLost: 2,
      roundTripTimeMs: 3,
      iceState: 'ready',
      dtlsState: 'connected',
    },
    {
      transportId: '6',
      producerId: '8915942417499905/1',
      consumerId: '6/0',
      ssrc: 99,
      packets: 90,
      packetsLost: 5,
      iceState: null,
    },
  ]);
});
