import { describe, expect, it } from 'vitest';
import type { BridgeRow, GeneratorRow, HostRow } from '../../src/results/records.ts';
import { KernelDropMeter } from '../../src/run/kernel-drops.ts';
import { bridgeRow } from '../results/fixtures.ts';
import { generatorRow, hostRow } from '../support/rows.ts';

interface Second {
  bridges?: Partial<BridgeRow>[];
  generators?: Partial<GeneratorRow>[];
  host?: Partial<HostRow>;
}

function meterOf(...seconds: Second[]): KernelDropMeter {
  const meter = new KernelDropMeter();
  for (const { bridges = [], generators = [], host = {} } of seconds)
    meter.add({
      bridges: bridges.map(bridgeRow),
      generators: generators.map(generatorRow),
      host: hostRow(host),
    });
  return meter;
}

describe('what the kernel dropped', () => {
  it('is told apart by whose buffer was full, over the whole window', () => {
    const second: Second = {
      bridges: [
        { bridgeId: 'b1', socketDrops: 10, relaySocketDrops: 4 },
        { bridgeId: 'b2', socketDrops: 1, relaySocketDrops: 0 },
      ],
      generators: [{ socketDrops: 5 }, { engine: 'browser', socketDrops: null }],
      host: { udpReceiveBufferErrors: 20, udpSendBufferErrors: 2, softnetDropped: 3 },
    };
    expect(meterOf(second, second).result(true)).toEqual({
      bridges: [
        { bridgeId: 'b1', socketDrops: 20, relaySocketDrops: 8 },
        { bridgeId: 'b2', socketDrops: 2, relaySocketDrops: 0 },
      ],
      generatorSocketDrops: 10,
      otherSocketDrops: 8,
      receiveBufferErrors: 40,
      sendBufferErrors: 4,
      backlogDrops: 6,
    });
  });

  it('at bridges elsewhere is not among what this host counted', () => {
    const meter = meterOf({
      bridges: [{ bridgeId: 'b1', socketDrops: 500, relaySocketDrops: 0 }],
      host: { udpReceiveBufferErrors: 20 },
    });
    expect(meter.result(false)?.otherSocketDrops).toBe(20);
    expect(meter.result(true)?.otherSocketDrops).toBe(0);
  });

  it('is nobody’s when a bridge here cannot be read', () => {
    const meter = meterOf({
      bridges: [{ bridgeId: 'b1', socketDrops: null, relaySocketDrops: null }],
      host: { udpReceiveBufferErrors: 20 },
    });
    expect(meter.result(true)).toMatchObject({
      bridges: [{ bridgeId: 'b1', socketDrops: null, relaySocketDrops: null }],
      receiveBufferErrors: 20,
      otherSocketDrops: null,
    });
  });

  it('is unknown, not none, where the kernel does not tell', () => {
    const host = { udpReceiveBufferErrors: null, udpSendBufferErrors: null, softnetDropped: null };
    expect(meterOf({ host }).result(false)).toEqual({
      bridges: [],
      generatorSocketDrops: null,
      otherSocketDrops: null,
      receiveBufferErrors: null,
      sendBufferErrors: null,
      backlogDrops: null,
    });
  });

  it('of before is forgotten when a window begins anew', () => {
    const meter = meterOf({ host: { udpReceiveBufferErrors: 20 } });
    meter.restart();
    expect(meter.result(false)).toBeNull();
  });
});
