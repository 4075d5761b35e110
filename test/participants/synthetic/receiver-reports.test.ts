import { describe, expect, it } from 'vitest';
import { STREAM_FIELDS, StreamField, WINDOW_PACKETS } from '../../../src/packets/types.ts';
import { IncomingTrack } from '../../../src/participants/synthetic/incoming-track.ts';
import type {
  MediaTransport,
  TransportContext,
} from '../../../src/participants/synthetic/media-transport.ts';
import type { ExtensionIds } from '../../../src/participants/synthetic/negotiation.ts';
import { ReceiverReports } from '../../../src/participants/synthetic/receiver-reports.ts';
import type { Receiving } from '../../../src/participants/synthetic/rooms/types.ts';
import { rtcpNames } from '../../../src/participants/synthetic/rtcp/census.ts';
import { parseRtcp } from '../../../src/participants/synthetic/rtcp/parse.ts';

const FIRST = 65_536 + 100;

function trackOf(kind: 'audio' | 'video', ssrc: number): IncomingTrack {
  const counters = new Float64Array(STREAM_FIELDS);
  counters[StreamField.baseSequence] = FIRST;
  counters[StreamField.highestSequence] = FIRST;
  counters[StreamField.unique] = 1;
  const stream = { id: ssrc, counters, window: new Uint32Array(WINDOW_PACKETS / 32) };
  const info = { kind, rtpParameters: { codecs: [{ mimeType: `${kind}/any` }] } } as unknown as Receiving;
  const format = {
    ssrc,
    rtxSsrc: null,
    clockRateHz: 90_000,
    format: kind === 'audio' ? 'opus' : 'vp8',
  } as const;
  return new IncomingTrack(info, format, stream, 0);
}

/** Another `count` packets are expected, and `arrived` of them came. */
function receive(track: IncomingTrack, count: number, arrived: number): void {
  const c = track.stream.counters;
  c[StreamField.highestSequence] = (c[StreamField.highestSequence] ?? 0) + count;
  c[StreamField.unique] = (c[StreamField.unique] ?? 0) + arrived;
}

function reporting(extensions: ExtensionIds = {}) {
  const sent: Buffer[] = [];
  const transport = {
    reportSsrc: 1,
    extensions,
    sendRtcp: (report: Buffer) => sent.push(Buffer.from(report)),
  };
  const context = { random: () => 0.5 } as unknown as TransportContext;
  return { sent, reports: new ReceiverReports(context, transport as unknown as MediaTransport) };
}

function estimatedSsrcs(compound: Buffer): number[] {
  const remb = compound.subarray(32);
  return Array.from({ length: remb.readUInt8(16) }, (_, i) => remb.readUInt32BE(20 + 4 * i));
}

describe('receiver reports', () => {
  it('tell what was received since the one before, though they are written over it', () => {
    const { sent, reports } = reporting();
    const track = trackOf('audio', 7);
    reports.onTracks([track]);
    reports.send([track], 10_000);
    receive(track, 100, 75);
    reports.send([track], 20_000);
    receive(track, 100, 100);
    reports.send([track], 30_000);
    expect(sent.flatMap(parseRtcp)).toMatchObject([
      { blocks: [{ ssrc: 7, fractionLost: 0, packetsLost: 0, highestSequence: 100 }] },
      { blocks: [{ ssrc: 7, fractionLost: 64, packetsLost: 25, highestSequence: 200 }] },
      { blocks: [{ ssrc: 7, fractionLost: 0, packetsLost: 25, highestSequence: 300 }] },
    ]);
  });

  it('of the first video go every time with the estimate for all videos, the others at their own times without', () => {
    const { sent, reports } = reporting();
    const [voice, first, second] = [trackOf('audio', 5), trackOf('video', 6), trackOf('video', 7)];
    const tracks = [voice, first, second];
    reports.onTracks(tracks);
    for (let nowMs = 1000; nowMs < 6000; nowMs += 200) reports.send(tracks, nowMs);
    const ssrcs = sent.map((compound) => compound.readUInt32BE(8));
    expect([5, 6, 7].map((ssrc) => ssrcs.filter((known) => known === ssrc).length)).toEqual([1, 25, 5]);
    for (const compound of sent) {
      const estimates = compound.readUInt32BE(8) === 6;
      expect(rtcpNames(compound)).toEqual(estimates ? ['RR', 'REMB'] : ['RR']);
      if (estimates) expect(estimatedSsrcs(compound)).toEqual([6, 7]);
    }
  });

  it('follow tracks that come and go', () => {
    const { sent, reports } = reporting();
    const [first, second] = [trackOf('video', 6), trackOf('video', 7)];
    for (const tracks of [[first], [first, second], [second]]) {
      reports.onTracks(tracks);
      reports.send(tracks, 0);
    }
    const estimating = sent.filter((compound) => rtcpNames(compound).includes('REMB'));
    expect(estimating.map(estimatedSsrcs)).toEqual([[6], [6, 7], [7]]);
  });

  it('carry no estimate where transport-wide feedback was negotiated, and wait for the first packet', () => {
    const { sent, reports } = reporting({ transportSequence: 3 });
    const track = trackOf('video', 6);
    const silent = trackOf('video', 7);
    silent.stream.counters.fill(0);
    reports.onTracks([track, silent]);
    reports.send([track, silent], 0);
    expect(sent.map((compound) => rtcpNames(compound))).toEqual([['RR']]);
  });
});
