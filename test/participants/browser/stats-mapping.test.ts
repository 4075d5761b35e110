import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StatsEntry } from '../../../src/participants/browser/stats/entries.ts';
import { mapParticipant } from '../../../src/participants/browser/stats/participant.ts';
import type { PublishedTrack, ReceivedTrack } from '../../../src/participants/browser/stats/tracks.ts';

interface Reports {
  send: StatsEntry[];
  recv: StatsEntry[];
}
/** Read from a real page in a room of two: audio, and video in two layers, each way. */
const chromium = JSON.parse(
  readFileSync(new URL('./reports/chromium-156.json', import.meta.url), 'utf8'),
) as Reports;

const microphone: PublishedTrack = {
  source: 'microphone',
  kind: 'audio',
  producerId: 'a1',
  mid: '0',
  rids: [],
};
const camera: PublishedTrack = {
  source: 'camera',
  kind: 'video',
  producerId: 'v1',
  mid: '1',
  rids: ['r0', 'r1'],
};
const heard: ReceivedTrack = {
  source: 'microphone',
  kind: 'audio',
  producerId: 'a2',
  consumerId: 'c1',
  publisherId: 'p2',
  mid: '0',
  spatialLayer: null,
  layerSwitches: 0,
  firstFrameMs: null,
  paused: false,
};
const seen: ReceivedTrack = {
  ...heard,
  source: 'camera',
  kind: 'video',
  producerId: 'v2',
  consumerId: 'c2',
  mid: '1',
  spatialLayer: 1,
  layerSwitches: 2,
  firstFrameMs: 310,
  paused: false,
};
const map = ({ send, recv }: Reports, received = [heard, seen]) =>
  mapParticipant({
    participantId: 'p1',
    readAtMs: 1,
    send,
    recv,
    published: [microphone, camera],
    received,
  });
const track = (reports: Reports, trackId: string) => {
  const found = map(reports).tracks.find((candidate) => candidate.trackId === trackId);
  if (found === undefined) throw new Error(`no track ${trackId}`);
  return found;
};
const changed = (reports: Reports, type: string, over: StatsEntry): Reports => {
  const change = (entry: StatsEntry) => (entry.type === type ? { ...entry, ...over } : entry);
  return { send: reports.send.map(change), recv: reports.recv.map(change) };
};

describe('getStats of Chromium becomes a sample', () => {
  it('of the participant', () => {
    expect(map(chromium)).toMatchObject({
      participantId: 'p1',
      readAtMs: 1795244794646.83,
      roundTripTimeMs: 1,
      // 740 and 97 packets of the two pairs, 6 + 6 ICE checks.
      datagramsSent: 740 + 97 + 12,
      datagramsReceived: 13 + 456 + 12,
      // Without 171 audio packets, 405 and 141 of video; without 134 and 315 received.
      controlDatagramsSent: 740 + 97 + 12 - 171 - 405 - 141,
      controlDatagramsReceived: 13 + 456 + 12 - 134 - 315,
      availableOutgoingBitrateBps: 478610,
      dataMessagesSent: null,
    });
  });

  it('with video sent in layers: packets summed, pictures not, size and layer of the highest', () => {
    expect(track(chromium, 'up:v1')).toMatchObject({
      direction: 'up',
      producerId: 'v1',
      publisherId: 'p1',
      ssrc: 3778874684,
      packets: 405 + 141,
      payloadBytes: 421673 + 115127,
      headerBytes: 10239 + 3691,
      packetsLost: 0,
      jitterMs: 32.711,
      pliCount: 5,
      frames: 103,
      keyFrames: 3,
      framesDecoded: null,
      frameWidth: 640,
      frameHeight: 360,
      spatialLayer: 1,
    });
  });

  it('with audio, which has no pictures', () => {
    expect(track(chromium, 'up:a1')).toMatchObject({ packets: 171, frames: null, spatialLayer: null });
    expect(track(chromium, 'down:c1')).toMatchObject({
      packets: 134,
      jitterMs: 3,
      framesDecoded: null,
      layerSwitches: null,
      paused: false,
      freezeCount: null,
    });
  });

  it('with video received', () => {
    expect(track(chromium, 'down:c2')).toMatchObject({
      publisherId: 'p2',
      packets: 315,
      payloadBytes: 317290,
      retransmittedPackets: 0,
      packetsLost: 0,
      packetsLostBeforeRepair: 0,
      frames: 79,
      framesDecoded: 75,
      freezeCount: 0,
      totalFreezesDurationMs: 0,
      spatialLayer: 1,
      layerSwitches: 2,
      paused: false,
    });
  });

  it('with its codec, its first frame, and the sound that was really decoded', () => {
    const codec = (id: string, mimeType: string): StatsEntry => ({ type: 'codec', id, mimeType });
    const idOf = (entries: StatsEntry[], type: string, kind: string) =>
      String(entries.find((entry) => entry.type === type && entry.kind === kind)?.codecId);
    const named = changed(
      {
        send: [...chromium.send, codec(idOf(chromium.send, 'outbound-rtp', 'video'), 'video/VP8')],
        recv: [...chromium.recv, codec(idOf(chromium.recv, 'inbound-rtp', 'audio'), 'audio/opus')],
      },
      'inbound-rtp',
      { concealedSamples: 326_880 / 4 },
    );
    expect(track(named, 'up:v1').codec).toBe('vp8');
    expect(track(named, 'up:a1').codec).toBeNull();
    expect(track(named, 'down:c1')).toMatchObject({ codec: 'opus', firstFrameMs: null });
    expect(track(named, 'down:c1').audioDecodedMs).toBeCloseTo(6830 * 0.75, 6);
    expect(track(named, 'down:c2')).toMatchObject({ firstFrameMs: 310, audioDecodedMs: null });
    const silent = changed(chromium, 'inbound-rtp', { totalSamplesReceived: undefined });
    expect(track(silent, 'down:c1').audioDecodedMs).toBeNull();
  });

  it('with what retransmission brought back taken out of packets and loss', () => {
    const repaired = changed(chromium, 'inbound-rtp', {
      packetsReceived: 320,
      packetsLost: 8,
      retransmittedPacketsReceived: 5,
      retransmittedBytesReceived: 5_000,
    });
    expect(track(repaired, 'down:c2')).toMatchObject({
      packets: 315,
      payloadBytes: 312290,
      retransmittedPackets: 5,
      packetsLost: 3,
      packetsLostBeforeRepair: 8,
    });
    const resent = changed(chromium, 'outbound-rtp', { retransmittedPacketsSent: 10 });
    expect(track(resent, 'up:v1')).toMatchObject({ packets: 405 + 141 - 20, retransmittedPackets: 20 });
  });

  it.each([
    ['has stopped', { framesPerSecond: 0 }],
    ['has not begun', { framesPerSecond: undefined, frameHeight: undefined, frameWidth: undefined }],
  ])('with the layer that is really sent when the upper one %s', (_what, over) => {
    const limited = {
      ...chromium,
      send: chromium.send.map((entry) => (entry.rid === 'r1' ? { ...entry, ...over } : entry)),
    };
    expect(track(limited, 'up:v1')).toMatchObject({ spatialLayer: 0, frameHeight: 180 });
  });
});

describe('getStats of a browser that reports less', () => {
  const bare = {
    send: chromium.send.filter(({ type }) => type === 'outbound-rtp'),
    recv: chromium.recv
      .filter(({ type }) => type === 'inbound-rtp')
      .map(({ rtxSsrc: _rtx, freezeCount: _freezes, jitter: _jitter, ...rest }): StatsEntry => rest),
  };

  it('is null where it is silent, never 0', () => {
    expect(map(bare)).toMatchObject({
      roundTripTimeMs: null,
      datagramsSent: null,
      controlDatagramsReceived: null,
      availableOutgoingBitrateBps: null,
    });
    expect(track(bare, 'up:v1')).toMatchObject({ packetsLost: null, jitterMs: null });
    expect(track(bare, 'down:c2')).toMatchObject({
      retransmittedPackets: null,
      packetsLostBeforeRepair: null,
      packetsLost: 0,
      jitterMs: null,
      freezeCount: null,
    });
  });

  it('has no sample of a track that has no counters yet', () => {
    expect(map({ send: [], recv: [] })).toMatchObject({ readAtMs: 1, tracks: [] });
    expect(map(chromium, [{ ...seen, mid: '7' }]).tracks).toHaveLength(2);
  });
});
