import { describe, expect, it } from 'vitest';
import type {
  MediaTransport,
  TransportContext,
} from '../../../src/participants/synthetic/media-transport.ts';
import type { OutgoingStream } from '../../../src/participants/synthetic/outgoing-stream.ts';
import { rtcpNames } from '../../../src/participants/synthetic/rtcp/census.ts';
import { parseRtcp } from '../../../src/participants/synthetic/rtcp/parse.ts';
import { SenderReports } from '../../../src/participants/synthetic/sender-reports.ts';

/** Sends reports of one stream that sends `kbps`, for `seconds`, on a clock of its own. */
function reportsOf(kbps: number, audio: boolean, seconds: number) {
  const sent: { atMs: number; compound: Buffer }[] = [];
  let nowMs = 0;
  const stream = {
    ssrc: 7,
    packets: 0,
    payloadBytes: 0,
    senderInfo: (rtpTimestamp: number) => ({
      rtpTimestamp,
      ntpSeconds: 0,
      ntpFraction: 0,
      packets: 1,
      octets: 1,
    }),
  };
  const transport = {
    sendRtcp: (...parts: Buffer[]) => sent.push({ atMs: nowMs, compound: Buffer.concat(parts) }),
  };
  const reports = new SenderReports({
    context: { nowMs: () => nowMs, random: () => 0.5 } as unknown as TransportContext,
    transport: transport as unknown as MediaTransport,
    cname: 'name',
  });
  reports.add([stream as unknown as OutgoingStream], audio, () => 90);
  for (let next = 0; nowMs < 1000 * seconds; nowMs += 10) {
    stream.packets += 1;
    stream.payloadBytes += (kbps * 10) / 8;
    if (nowMs >= next) next = reports.run(next, nowMs);
  }
  return { sent, reports, transport };
}

describe('sender reports', () => {
  it.each([
    ['audio', 40, true, 5000],
    ['a small video', 150, false, 1000],
    ['a large video', 720, false, 500],
  ])('of %s come as often as from libwebrtc', (_name, kbps, audio, intervalMs) => {
    const { sent } = reportsOf(kbps, audio, 30);
    const gaps = sent.slice(1).map(({ atMs }, i) => atMs - (sent[i]?.atMs ?? 0));
    expect(gaps.length).toBeGreaterThan(3);
    // They leave on the next tick.
    for (const gap of gaps) expect(Math.abs(gap - intervalMs)).toBeLessThanOrEqual(100);
    expect(rtcpNames(sent[0]?.compound ?? Buffer.alloc(0))).toEqual(['SR', 'SDES']);
  });

  it('answer the clock that the SFU told, once', () => {
    const { reports, sent } = reportsOf(150, false, 1);
    reports.onReference(9, 0xa4068000, 900);
    reports.run(5000, 5000);
    const last = sent.at(-1)?.compound ?? Buffer.alloc(0);
    expect(rtcpNames(last)).toEqual(['SR', 'SDES', 'XR']);
    expect(parseRtcp(last)[0]).toMatchObject({ type: 'sender-report', ssrc: 7 });
    // 4.1 s in 1/65536 s.
    expect(last.readUInt32BE(last.length - 4)).toBe(Math.round(4.1 * 65_536));
    expect(last.readUInt32BE(last.length - 8)).toBe(0xa4068000);
    reports.run(9000, 9000);
    expect(rtcpNames(sent.at(-1)?.compound ?? Buffer.alloc(0))).toEqual(['SR', 'SDES']);
  });
});
