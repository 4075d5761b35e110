import { describe, expect, it } from 'vitest';
import { Accounting } from '../../src/run/accounting.ts';
import type { HostCounters } from '../../src/system/host-counters.ts';
import { bridgeSample, participantSample, trackSample } from '../support/samples.ts';

const BRIDGE = { bridgeId: 'bridge-1', software: 'x', mediaAddress: null, mediaPort: null, pid: 1 };

function host(outDatagrams: number): HostCounters {
  return {
    cpu: null,
    cores: 2,
    memoryTotalBytes: 1,
    memoryAvailableBytes: 1,
    udp: { inDatagrams: 0, noPorts: 0, inErrors: 0, outDatagrams, rcvbufErrors: 0, sndbufErrors: 0 },
    softnetDropped: null,
    processCpuSeconds: 0,
    processRssBytes: 0,
  };
}

function tickAt(
  account: Accounting,
  atMs: number,
  steady: boolean,
  packets: number,
  kernel: number,
  pid = 'p1',
) {
  account.tick(
    atMs,
    steady,
    [bridgeSample({ local: { packetsIn: packets, bytesIn: 0, packetsOut: packets * 2, bytesOut: 0 } })],
    [
      participantSample({
        participantId: pid,
        controlDatagramsSent: packets / 10,
        controlDatagramsReceived: 0,
        tracks: [
          trackSample({ trackId: 'u', direction: 'up', packets }),
          trackSample({
            trackId: 'd',
            packets: packets * 2 - packets / 100,
            retransmittedPackets: packets / 100,
          }),
        ],
      }),
    ],
    host(kernel),
  );
}

describe('Accounting', () => {
  it('ends no window where somebody did not answer: the others would seem to have lost packets', () => {
    const account = new Accounting();
    tickAt(account, 1000, false, 100, 1000);
    tickAt(account, 2000, true, 200, 1310);
    const before = account.result([BRIDGE]);
    const bridges = [bridgeSample({ local: { packetsIn: 300, bytesIn: 0, packetsOut: 600, bytesOut: 0 } })];
    account.tick(3000, true, bridges, [], host(1620), false);
    expect(account.result([BRIDGE])).toEqual(before);
    tickAt(account, 4000, true, 400, 1930);
    expect(account.result([BRIDGE])).toMatchObject({ windowMs: 3000, differenceDownRatio: 0 });
  });

  it('holds the steady window side by side: bridges, participants, kernel', () => {
    const account = new Accounting();
    tickAt(account, 1000, false, 100, 1000);
    tickAt(account, 2000, false, 200, 1310);
    tickAt(account, 3000, true, 300, 1620);
    tickAt(account, 4000, true, 400, 1930);
    tickAt(account, 5000, false, 900, 9999);
    expect(account.result([BRIDGE])).toEqual({
      windowMs: 2000,
      bridgesIn: 200,
      bridgesOut: 400,
      participantsSent: 200,
      participantsReceived: 400,
      differenceUpRatio: 0,
      differenceDownRatio: 0,
      relayPackets: 0,
      controlDatagrams: 20,
      kernelDatagramsOut: 620,
      kernelDifferenceRatio: 0,
    });
  });

  it('keeps the packets of participants and tracks that are gone', () => {
    const account = new Accounting();
    tickAt(account, 1000, false, 100, 0);
    tickAt(account, 2000, true, 200, 0);
    account.tick(3000, true, [], [], host(0));
    expect(account.result([BRIDGE])?.participantsSent).toBe(100);
  });

  it('counts a track that began anew from zero', () => {
    const account = new Accounting();
    tickAt(account, 1000, false, 100, 0);
    tickAt(account, 2000, true, 40, 0);
    expect(account.result([BRIDGE])?.participantsSent).toBe(40);
  });

  it('compares with the kernel only when every bridge is on this host', () => {
    const account = new Accounting();
    tickAt(account, 1000, false, 100, 1000);
    tickAt(account, 2000, true, 200, 1310);
    expect(account.result([{ ...BRIDGE, pid: null }])?.kernelDatagramsOut).toBeNull();
  });

  it('has no result without a steady window', () => {
    const account = new Accounting();
    tickAt(account, 1000, false, 100, 1000);
    expect(account.result([BRIDGE])).toBeNull();
  });
});
