import { describe, expect, it } from 'vitest';
import type { MetricLabels, MetricName } from '../../src/metrics/catalogue.ts';
import { pairsOf } from '../../src/reports/model/pairs.ts';
import type { Pairs } from '../../src/reports/model/types.ts';
import { joinedWords, mediaWords } from '../../src/reports/pair-words.ts';
import { DistributionStore } from '../../src/results/distribution-store.ts';
import type { ParticipantSummary } from '../../src/results/records.ts';
import { Distribution } from '../../src/stats/distribution.ts';
import { manifest } from '../results/fixtures.ts';

const NOTHING = { packets: 0, bytes: 0 };
const TRAFFIC = { audio: NOTHING, video: NOTHING, data: NOTHING };

function person(participantId: string, endpoint: string, over: Partial<ParticipantSummary> = {}) {
  return {
    participantId,
    group: 'g',
    roomId: 'r001',
    bridgeId: 'b1',
    engine: endpoint === 'synthetic' ? 'synthetic' : 'browser',
    endpoint,
    joinedAtMs: 100,
    leftAtMs: null,
    attempts: 1,
    joinMs: 50,
    rttMsMean: 1,
    lossRatio: 0,
    jitterMsMax: 1,
    framesPerSecondMean: null,
    freezeRatio: null,
    up: TRAFFIC,
    down: TRAFFIC,
    ...over,
  } satisfies ParticipantSummary;
}

function store(observed: [MetricName, MetricLabels, number, ('steady' | 'before')?][]): DistributionStore {
  const result = new DistributionStore();
  for (const [metric, labels, value, when = 'steady'] of observed) {
    const distribution = new Distribution();
    distribution.add(value);
    result.add({
      metric,
      labels,
      stage: when,
      steady: when === 'steady',
      startMs: 0,
      endMs: 1,
      data: distribution.toJSON(),
    });
  }
  return result;
}

const UP = { direction: 'up' } as const;
const DOWN = { direction: 'down' } as const;
const CAMERA = { kind: 'video', source: 'camera', codec: 'vp8' } as const;
const VOICE = { kind: 'audio', source: 'microphone', codec: 'opus' } as const;

function cell(pairs: Pairs | null, sender: string, receiver: string) {
  const found = pairs?.cells.find((one) => one.sender === sender && one.receiver === receiver);
  if (found === undefined) throw new Error(`no cell of ${sender} and ${receiver}`);
  return found;
}

describe('the matrix of endpoints', () => {
  const everybody = [
    person('p1', 'firefox'),
    person('p2', 'chromium'),
    person('p3', 'synthetic'),
    person('p4', 'synthetic', { joinedAtMs: null }),
    person('p5', 'synthetic', { roomId: 'r002' }),
  ];
  const pairs = pairsOf(
    manifest({
      endpoints: [
        { kind: 'firefox', notReported: ['datagrams sent'] },
        { kind: 'chromium', notReported: [] },
      ],
    }),
    everybody,
    store([
      ['track.packet_rate_pps', { ...UP, ...CAMERA, sender: 'chromium' }, 40],
      ['track.packet_rate_pps', { ...UP, ...VOICE, sender: 'chromium' }, 50],
      ['track.packet_rate_pps', { ...DOWN, ...CAMERA, sender: 'chromium', receiver: 'firefox' }, 40],
      ['track.frames_per_second', { ...DOWN, ...CAMERA, sender: 'chromium', receiver: 'firefox' }, 15],
      [
        'track.frames_per_second',
        { ...DOWN, ...CAMERA, source: 'screen', sender: 'chromium', receiver: 'firefox' },
        5,
      ],
      [
        'track.first_frame_ms',
        { ...DOWN, ...CAMERA, sender: 'chromium', receiver: 'firefox' },
        310,
        'before',
      ],
      ['track.loss_ratio', { ...DOWN, ...CAMERA, sender: 'chromium', receiver: 'firefox' }, 0.01],
      ['track.packet_rate_pps', { ...DOWN, ...VOICE, sender: 'chromium', receiver: 'firefox' }, 50],
      ['track.audio_decoded_ratio', { ...DOWN, ...VOICE, sender: 'chromium', receiver: 'firefox' }, 0.98],
      ['track.packet_rate_pps', { ...DOWN, ...CAMERA, sender: 'chromium', receiver: 'synthetic' }, 40],
      ['track.frames_per_second', { ...DOWN, ...CAMERA, sender: 'chromium', receiver: 'synthetic' }, 0],
    ]),
    'steady',
  );

  it('has a cell for every pair of kinds, browsers first, and names what is not reported', () => {
    expect(pairs?.kinds).toEqual(['chromium', 'firefox', 'synthetic']);
    expect(pairs?.cells).toHaveLength(9);
    expect(pairs?.notReported).toEqual([{ kind: 'firefox', notReported: ['datagrams sent'] }]);
  });

  it('fills a cell from what its receivers measured', () => {
    const both = cell(pairs, 'chromium', 'firefox');
    expect(both).toMatchObject({ planned: 1, joined: 1, receivers: ['p1'] });
    expect(both.video).toEqual({
      sent: true,
      codecs: ['vp8'],
      packetRatePps: 40,
      framesPerSecond: 15,
      audioDecodedRatio: null,
      lossRatio: 0.01,
      firstFrameMs: 310,
    });
    expect(mediaWords('video', both)).toEqual({
      tone: 'good',
      what: 'VP8, 15 fps',
      firstFrame: '310 ms',
      loss: '1 %',
    });
    expect(mediaWords('audio', both)).toEqual({
      tone: 'good',
      what: 'Opus, 98 % decoded',
      firstFrame: null,
      loss: 'not reported',
    });
  });

  it('tells what was sent and did not arrive, and what arrived and could not be decoded', () => {
    const half = cell(pairs, 'chromium', 'synthetic');
    expect(joinedWords(half)).toBe('1 of 2 joined');
    expect(mediaWords('video', half)).toMatchObject({ tone: 'bad', what: 'VP8, none decoded' });
    expect(mediaWords('audio', half)).toMatchObject({ tone: 'bad', what: 'sent, none received' });
    expect(mediaWords('audio', cell(pairs, 'firefox', 'chromium'))).toMatchObject({
      tone: 'none',
      what: 'none sent',
    });
  });

  it('makes nobody a pair with itself, and none of those in different rooms', () => {
    expect(joinedWords(cell(pairs, 'firefox', 'firefox'))).toBe('never in one room');
    expect(cell(pairs, 'synthetic', 'synthetic')).toMatchObject({ planned: 2, joined: 0 });
    expect(mediaWords('video', cell(pairs, 'synthetic', 'synthetic')).what).toBe('–');
  });

  it('is not there when all were of one kind, or the record does not tell', () => {
    const { endpoint: _, ...old } = person('p9', 'synthetic');
    expect(pairsOf(manifest(), [person('p3', 'synthetic')], store([]), 'all')).toBeNull();
    expect(pairsOf(manifest(), [old], store([]), 'all')).toBeNull();
  });
});
