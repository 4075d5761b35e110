import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/cluster/bridge/ledger.ts';
import { padReading } from '../../src/cluster/bridge/pad-reading.ts';

const item = { kind: 'video' as const, rtpParameters: { codecs: [], encodings: [{ ssrc: 42 }] } };
const identity = { bridgeId: 'b1', transportId: 't', producerId: 'p' };

describe('a producer or consumer by itself', () => {
  it('is told as its last reading left it, without asking the worker again', async () => {
    const ledger = new Ledger();
    let asked = 0;
    ledger.add('p', 'local', async () => {
      asked += 1;
      return { tally: { packetsIn: 7, packetsLostIn: 1 }, timestampMs: 100 };
    });
    expect(ledger.lastOf('p')).toEqual({ traffic: 'local', tally: {}, readAtMs: null });
    await ledger.read();
    expect(ledger.lastOf('p')).toEqual({
      traffic: 'local',
      tally: { packetsIn: 7, packetsLostIn: 1 },
      readAtMs: 100,
    });
    expect(asked).toBe(1);
    ledger.retire(['p']);
    expect([ledger.lastOf('p'), ledger.lastOf('unknown')]).toEqual([null, null]);
  });

  it('counts what comes in for a producer and what goes out for a consumer; unknown is null', () => {
    const last = { traffic: 'local' as const, tally: { packetsIn: 7, packetsOut: 9 }, readAtMs: 100 };
    const producer = padReading({ ...identity, consumerId: null, item, last, pipe: null });
    expect(producer).toMatchObject({
      packets: 7,
      ssrc: 42,
      internal: false,
      nackCount: null,
      localPort: null,
    });
    expect(padReading({ ...identity, consumerId: 'c', item, last, pipe: null }).packets).toBe(9);
  });

  it('is internal in a pipe, and then tells its ports', () => {
    const last = { traffic: 'relay' as const, tally: {}, readAtMs: null };
    const pipe = { localPort: 1, remotePort: 2 };
    const layered = { ...item, rtpParameters: { codecs: [], encodings: [{ rid: 'h' }] } };
    expect(padReading({ ...identity, consumerId: null, item: layered, last, pipe })).toMatchObject({
      internal: true,
      localPort: 1,
      remotePort: 2,
      ssrc: null,
      packets: null,
      readAtMs: null,
    });
  });
});
