import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunObserver } from '../../src/observer/from-run.ts';
import { clientSampleOf, padSampleOf, sfuSampleOf } from '../../src/observer/run-samples.ts';
import type { ObserverSummary } from '../../src/observer/summary.ts';
import type { ParticipantSample, TrackSample } from '../../src/participants/types.ts';
import type { BridgeSample, PadReading } from '../../src/targets/types.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { participantSample, trackSample } from '../support/samples.ts';

function track(values: Partial<TrackSample>): TrackSample {
  return trackSample({ trackId: 't', direction: 'up', kind: 'audio', source: 'microphone', ...values });
}

function participant(participantId: string, readAtMs: number, tracks: TrackSample[]): ParticipantSample {
  return participantSample({ participantId, readAtMs, tracks });
}

const bridge: BridgeSample = {
  bridgeId: 'b1',
  readAtMs: 5,
  local: { packetsIn: 10, bytesIn: 100, packetsOut: 20, bytesOut: null },
  relay: { packetsIn: 1, bytesIn: null, packetsOut: 2, bytesOut: null },
  wireBytesIn: null,
  wireBytesOut: null,
  cpuSeconds: 1.5,
  cpuReadAtMs: 5,
  rssBytes: null,
  producers: 1,
  consumers: 2,
  rooms: 1,
  participants: 2,
  nackCount: null,
  pliCount: null,
  firCount: null,
  packetsLostIn: null,
  packetsRetransmittedOut: null,
  readDurationMs: 1,
};

describe('readings as samples', () => {
  it('leaves out what is unknown and turns milliseconds into seconds', () => {
    const sample = clientSampleOf(
      {
        ...participant('p1', 0, [
          track({ direction: 'down', consumerId: 'c', producerId: 'p', jitterMs: 20, packets: 3 }),
        ]),
        roundTripTimeMs: 5,
      },
      { roomId: 'r1', timestamp: 1000, sampleSeq: 2, attempt: 1 },
    );
    expect(sample.inboundAudioTracks).toEqual([
      {
        ssrc: 0,
        trackId: 't',
        peerConnectionId: 'p1-1',
        sfuStreamId: 'p',
        sfuSinkId: 'c',
        packetsReceived: 3,
        bytesReceived: 0,
        jitter: 0.02,
      },
    ]);
    expect(sample.iceCandidatePairs?.[0]).toMatchObject({ currentRoundTripTime: 0.005 });
    expect(sample.dataChannels).toBeUndefined();
  });

  it('tells participants and other bridges apart', () => {
    expect(sfuSampleOf(bridge, 7).transports).toEqual([
      {
        transportId: 'b1-participants',
        internal: false,
        rtpPacketsReceived: 10,
        rtpBytesReceived: 100,
        rtpPacketsSent: 20,
      },
      { transportId: 'b1-bridges', internal: true, rtpPacketsReceived: 1, rtpPacketsSent: 2 },
    ]);
  });
});

const pad = (values: Partial<PadReading>): PadReading => ({
  bridgeId: 'b1',
  transportId: 't',
  producerId: 'prod',
  consumerId: null,
  internal: false,
  kind: 'audio',
  ssrc: 7,
  localPort: null,
  remotePort: null,
  readAtMs: 1,
  packets: 10,
  nackCount: null,
  pliCount: 0,
  firCount: null,
  packetsLost: 1,
  packetsRetransmitted: null,
  ...values,
});

describe('producers and consumers as pads', () => {
  it('are named as upstream’s monitors name them', () => {
    const sample = padSampleOf(
      'b1',
      [
        pad({}),
        pad({ consumerId: 'cons', ssrc: null, transportId: 'u' }),
        pad({ transportId: 'pipe', internal: true, localPort: 1, remotePort: 2, consumerId: 'pc' }),
      ],
      5,
    );
    const common = { streamId: 'prod', mediaType: 'audio', pliCount: 0 };
    expect(sample.transports).toEqual([
      { transportId: 't', internal: false, noReport: true },
      { transportId: 'u', internal: false, noReport: true },
      { transportId: 'pipe', internal: true, noReport: true, localPort: 1, remotePort: 2 },
    ]);
    expect(sample.inboundRtpPads).toEqual([
      {
        ...common,
        transportId: 't',
        padId: 'prod',
        ssrc: 7,
        internal: false,
        packetsReceived: 10,
        packetsLost: 1,
      },
    ]);
    expect(sample.outboundRtpPads).toMatchObject([
      { ...common, sinkId: 'cons', padId: 'cons', ssrc: 0, packetsSent: 10 },
      { ...common, sinkId: 'pc', internal: true },
    ]);
  });
});

describe('a run’s observer', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'observer-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('turns a run into reports and a summary, with leaves as the engines tell them', async () => {
    const clock = new FakeClock();
    const run = await RunObserver.open({ clock, directory, serviceId: 'quickstart', roomOf: () => 'r1' });
    for (const [second, payloadBytes] of [
      [0, 0],
      [1, 1000],
      [2, 4000],
    ] as const) {
      const readAtMs = 500 + second * 1000;
      run.addParticipants([
        participant('p1', readAtMs, [track({ trackId: 'mic', producerId: 'prod', payloadBytes })]),
        participant('p2', readAtMs, [
          track({ trackId: 'ear', direction: 'down', producerId: 'prod', consumerId: 'cons', payloadBytes }),
        ]),
      ]);
      run.addBridges([{ ...bridge, readAtMs }]);
      run.addPads([
        pad({}),
        pad({ transportId: 'out', consumerId: 'cons' }),
        pad({ transportId: 'pipe', consumerId: 'pipe-consumer', internal: true }),
        pad({ bridgeId: 'b2', transportId: 'pipe-in', internal: true }),
      ]);
      await clock.advance(1000);
    }
    run.onParticipantEvent({ type: 'left', participantId: 'p2', reason: 'plan' });
    const closing = run.close();
    await clock.advance(2000);
    await closing;

    const summary = JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8')) as ObserverSummary;
    const [call] = summary.calls;
    expect(call).toMatchObject({ serviceId: 'quickstart', roomId: 'r1', eventsLeftOut: 0 });
    expect(call?.endedMs).not.toBeNull();
    expect(call?.events.map(({ name, clientId }) => [name, clientId])).toEqual([
      ['CALL_STARTED', null],
      ['CLIENT_JOINED', 'p1'],
      ['PEER_CONNECTION_OPENED', 'p1'],
      ['MEDIA_TRACK_ADDED', 'p1'],
      ['CLIENT_JOINED', 'p2'],
      ['PEER_CONNECTION_OPENED', 'p2'],
      ['MEDIA_TRACK_ADDED', 'p2'],
      ['MEDIA_TRACK_REMOVED', 'p2'],
      ['PEER_CONNECTION_CLOSED', 'p2'],
      ['CLIENT_LEFT', 'p2'],
      ['MEDIA_TRACK_REMOVED', 'p1'],
      ['PEER_CONNECTION_CLOSED', 'p1'],
      ['CLIENT_LEFT', 'p1'],
      ['CALL_ENDED', null],
    ]);
    const [sender, receiver] = call?.clients ?? [];
    expect(receiver).toMatchObject({ clientId: 'p2', matchedTracks: 1, unmatchedTracks: 0 });
    // 4000 bytes over two seconds, at most 3000 in one.
    expect(sender?.up.audio).toEqual({ bytes: 4000, averageBitrateBps: 16_000, peakBitrateBps: 24_000 });
    expect(receiver?.down.audio).toEqual({ bytes: 4000, averageBitrateBps: 16_000, peakBitrateBps: 24_000 });
    const inbound = (await readFile(join(directory, 'inbound-audio-track.csv'), 'utf8'))
      .trimEnd()
      .split('\r\n');
    expect(inbound).toHaveLength(4);
    const column = inbound[0]?.split(',').indexOf('remoteClientId') ?? -1;
    expect(inbound.slice(1).map((row) => row.split(',')[column])).toEqual(['p1', 'p1', 'p1']);
    const rows = async (type: string): Promise<Record<string, string>[]> => {
      const text = await readFile(join(directory, `${type}.csv`), 'utf8');
      const [names = [], ...cells] = text
        .trimEnd()
        .split('\r\n')
        .map((row) => row.split(','));
      return cells.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
    };
    const [received, piped] = await rows('sfu-inbound-rtp-pad');
    expect(received).toMatchObject({ sfuId: 'b1', clientId: 'p1', trackId: 'mic', internal: 'false' });
    expect(piped).toMatchObject({
      sfuId: 'b2',
      remoteSfuId: 'b1',
      remoteSinkId: 'pipe-consumer',
      internal: 'true',
    });
    const [sent] = await rows('sfu-outbound-rtp-pad');
    expect(sent).toMatchObject({ sfuId: 'b1', clientId: 'p2', trackId: 'ear', sfuSinkId: 'cons' });
    const transports = await readFile(join(directory, 'sfu-transport.csv'), 'utf8');
    expect(transports.trimEnd().split('\r\n')).toHaveLength(7);
  });
});
