import { describe, expect, it } from 'vitest';
import { SPEECH_ACTIVITY_RATIO } from '../../src/participants/talk-spurts.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { layerRates } from '../../src/scenario/packet-rates.ts';
import { planRun } from '../../src/scenario/plan.ts';
import type { ExpectedBridgeLoad, Publications } from '../../src/scenario/plan-types.ts';

function expectedOf(rest: string): ExpectedBridgeLoad[] {
  return planRun(loadScenario(`version: 1\nname: test\n${rest}`, 'test.yaml')).expected;
}

const NOTHING: Publications = { audio: null, video: null, screen: null };
const CONTINUOUS = 'publish: { audio: { pattern: continuous } }';

describe('what a participant publishes', () => {
  it('is 50 packets a second of audio, and fewer with silence', () => {
    expect(layerRates({ ...NOTHING, audio: { pattern: 'continuous' } }).totalPps).toBe(50);
    const speech = layerRates({ ...NOTHING, audio: { pattern: 'speech' } }).totalPps;
    expect(speech).toBeCloseTo(50 * SPEECH_ACTIVITY_RATIO + 2.5 * (1 - SPEECH_ACTIVITY_RATIO), 9);
  });

  it('is every layer of a simulcast camera', () => {
    const video = { codec: 'vp8', heightPixels: 720, framesPerSecond: 30, simulcast: true } as const;
    const rates = layerRates({ ...NOTHING, video });
    expect(rates.cameraLayersPps).toHaveLength(3);
    expect(rates.cameraLayersPps).toEqual(rates.cameraLayersPps.toSorted((a, b) => a - b));
    const single = layerRates({ ...NOTHING, video: { ...video, simulcast: false } });
    expect(single.totalPps).toBe(rates.cameraLayersPps[2]);
  });

  it('is at least a packet a frame', () => {
    const video = { codec: 'vp8', heightPixels: 180, framesPerSecond: 60, simulcast: false } as const;
    expect(layerRates({ ...NOTHING, video }).totalPps).toBeGreaterThanOrEqual(60);
  });
});

describe('the load of a bridge', () => {
  it('of N who all talk to all is N in and N (N - 1) out', () => {
    const [load] = expectedOf(`participants: [{ count: 10, ${CONTINUOUS} }]\n`);
    expect(load).toMatchObject({ participants: 10, packetRateInPps: 500, packetRateOutPps: 50 * 90 });
    expect(load?.relayPacketRatePps).toBe(0);
  });

  it('crosses to another bridge once, however many listen there', () => {
    const loads = expectedOf(`target: { bridges: 2, placement: spread }
participants: [{ count: 1, ${CONTINUOUS} }, { count: 9, publish: { audio: false } }]
`);
    // The talker and four listeners here, five there.
    expect(loads).toEqual([
      {
        bridge: 0,
        participants: 5,
        packetRateInPps: 50,
        packetRateOutPps: 4 * 50 + 50,
        relayPacketRatePps: 50,
      },
      { bridge: 1, participants: 5, packetRateInPps: 50, packetRateOutPps: 5 * 50, relayPacketRatePps: 50 },
    ]);
  });

  it('is not piped to a bridge where nobody wants it', () => {
    const loads = expectedOf(`target: { bridges: 2, placement: spread }
participants:
  - { count: 1, ${CONTINUOUS} }
  - { count: 1, publish: { audio: false }, subscribe: { audio: none } }
`);
    expect(loads.map((load) => load.relayPacketRatePps)).toEqual([0, 0]);
  });

  it('is bounded by last N', () => {
    const video = 'publish: { audio: false, video: { simulcast: false } }';
    const [all] = expectedOf(`participants: [{ count: 11, ${video} }]\n`);
    const [lastTwo] = expectedOf(`participants: [{ count: 11, ${video}, subscribe: { video: 2 } }]\n`);
    const [none] = expectedOf(`participants: [{ count: 11, ${video}, subscribe: { video: none } }]\n`);
    expect(lastTwo?.packetRateOutPps).toBeCloseTo((all?.packetRateOutPps ?? 0) / 5, 6);
    expect(none?.packetRateOutPps).toBe(0);
  });

  it('takes the layer that is asked for', () => {
    const at = (layer: number) =>
      expectedOf(
        `participants: [{ count: 2, publish: { audio: false, video: true }, subscribe: { preferredLayer: ${layer} } }]\n`,
      )[0]?.packetRateOutPps ?? 0;
    expect(at(0)).toBeLessThan(at(1));
    expect(at(2)).toBe(at(1));
  });

  it('keeps a room on one bridge until that is full, then goes on to the next', () => {
    const loads = expectedOf(`target: { bridges: 3, maxParticipantsPerBridgeAndRoom: 4 }
participants: [{ count: 10 }]
`);
    expect(loads.map((load) => load.participants)).toEqual([4, 4, 2]);
  });
});
