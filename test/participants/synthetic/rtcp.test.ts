import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARRIVALS } from '../../../src/packets/types.ts';
import {
  bye,
  delaySinceLast,
  nack,
  pictureLoss,
  receiverReport,
  remb,
  senderReport,
  sourceDescription,
} from '../../../src/participants/synthetic/rtcp/build.ts';
import { rtcpNames } from '../../../src/participants/synthetic/rtcp/census.ts';
import { parseRtcp } from '../../../src/participants/synthetic/rtcp/parse.ts';
import { TransportWideFeedback } from '../../../src/participants/synthetic/rtcp/transport-wide.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });

describe('RTCP', () => {
  it('reports come back as they were written, in a compound', () => {
    const block = fc.record({
      ssrc: word,
      fractionLost: fc.integer({ min: 0, max: 255 }),
      packetsLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
      highestSequence: word,
      jitter: word,
      lastSenderReport: word,
      delaySinceLastSenderReport: word,
    });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 31 }), (blocks) => {
        const compound = Buffer.concat([
          receiverReport(1, blocks),
          sourceDescription(1, 'a name'),
          bye([1, 2]),
        ]);
        expect(parseRtcp(compound)).toEqual([
          { type: 'receiver-report', blocks },
          { type: 'bye', ssrcs: [1, 2] },
        ]);
      }),
    );
  });

  it('asks for lost packets in as few words as they need', () => {
    const sequences = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(sequences, fc.integer({ min: 0, max: 65_535 }), (offsets, first) => {
        const wanted = [...offsets].sort((a, b) => a - b).map((offset) => (first + offset) & 0xffff);
        const packet = nack(1, 2, wanted);
        expect(parseRtcp(packet)).toEqual([{ type: 'nack', ssrc: 2, sequences: wanted }]);
        expect(packet.length).toBeLessThanOrEqual(12 + 4 * wanted.length);
      }),
    );
    expect(nack(1, 2, [10, 11, 12, 26])).toHaveLength(16);
  });

  it('gives the middle of the NTP time of a sender report, and key frame requests', () => {
    const info = { ntpSeconds: 0xaabbccdd, ntpFraction: 0x11223344, rtpTimestamp: 5, packets: 6, octets: 7 };
    expect(parseRtcp(senderReport(9, info))).toEqual([
      { type: 'sender-report', ssrc: 9, lastSenderReport: 0xccdd1122, blocks: [] },
    ]);
    expect(parseRtcp(pictureLoss(1, 2))).toEqual([{ type: 'pli', ssrc: 2 }]);
  });

  it('rounds an estimate of bandwidth down by less than one part in a hundred thousand', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000_000 }), (bitrateBps) => {
        const [item] = parseRtcp(remb(1, bitrateBps, [2, 3]));
        const read = item?.type === 'remb' ? item.bitrateBps : Number.NaN;
        expect(read).toBeLessThanOrEqual(bitrateBps);
        expect(read).toBeGreaterThanOrEqual(bitrateBps * (1 - 1e-5) - 1);
      }),
    );
  });

  it('learns the clock of an extended report, and answers it with a block that says which and how long ago', () => {
    // As mediasoup sends it: RRTR of RFC 3611, section 4.4, NTP time eeb2a406.80000000.
    const told = Buffer.from('80cf0004000000090400 0002eeb2a40680000000'.replaceAll(' ', ''), 'hex');
    expect(parseRtcp(told)).toEqual([{ type: 'reference-time', ssrc: 9, middleNtp: 0xa4068000 }]);
    const answer = delaySinceLast(1, { ssrc: 9, lastReport: 0xa4068000, delay: 65_536 });
    // As Chromium sends it, from a capture, with these numbers.
    expect(answer.toString('hex')).toBe('80cf0005000000010500000300000009a406800000010000');
  });

  it('names what a compound is made of', () => {
    const report = senderReport(1, {
      ntpSeconds: 0,
      ntpFraction: 0,
      rtpTimestamp: 0,
      packets: 0,
      octets: 0,
    });
    expect(rtcpNames(Buffer.concat([report, sourceDescription(1, 'a'), bye([1])]))).toEqual([
      'SR',
      'SDES',
      'BYE',
    ]);
    expect(rtcpNames(Buffer.concat([receiverReport(1, []), remb(1, 5, [2])]))).toEqual(['RR', 'REMB']);
    expect(rtcpNames(Buffer.concat([nack(1, 2, [3]), pictureLoss(1, 2)]))).toEqual(['NACK', 'PLI']);
  });

  it('is not confused by anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(Array.isArray(parseRtcp(Buffer.from(bytes)))).toBe(true);
      }),
    );
  });
});

/** Reads a message as draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1 says. */
function read(body: Buffer): Map<number, number | null> {
  const first = body.readUInt16BE(0);
  const count = body.readUInt16BE(2);
  let ticks = body.readUIntBE(4, 3) * 256;
  const symbols: number[] = [];
  let at = 8;
  while (symbols.length < count) {
    const chunk = body.readUInt16BE(at);
    at += 2;
    if (chunk < 0x8000) for (let i = 0; i < (chunk & 0x1fff); i += 1) symbols.push((chunk >> 13) & 3);
    else for (let i = 0; i < 7; i += 1) symbols.push((chunk >> (12 - 2 * i)) & 3);
  }
  const result = new Map<number, number | null>();
  for (const [i, symbol] of symbols.slice(0, count).entries()) {
    const sequence = (first + i) & 0xffff;
    if (symbol === 0) {
      result.set(sequence, null);
      continue;
    }
    ticks += symbol === 1 ? body.readUInt8(at) : body.readInt16BE(at);
    at += symbol === 1 ? 1 : 2;
    result.set(sequence, ticks);
  }
  expect(body.length).toBe((at + 3) & ~3);
  return result;
}

describe('transport-wide feedback', () => {
  it('tells of every packet when it came, and which are missing', () => {
    const packet = fc.record({
      lost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      gapTicks: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 9000 })),
    });
    const rounds = fc.array(fc.array(packet, { minLength: 1, maxLength: 80 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(rounds, fc.integer({ min: 0, max: 65_535 }), (all, start) => {
        const feedback = new TransportWideFeedback();
        const ring = new Uint32Array(2 * ARRIVALS);
        const told = new Map<number, number | null>();
        const arrived = new Map<number, number>();
        let written = 0;
        let ticks = 1000;
        let next = start;
        for (const round of all) {
          for (const { lost, gapTicks } of round) {
            ticks += gapTicks;
            if (!lost) {
              const entry = 2 * (written % ARRIVALS);
              ring[entry] = next & 0xffff;
              ring[entry + 1] = ticks;
              written += 1;
              arrived.set(next & 0xffff, ticks);
            }
            next += 1;
          }
          for (const body of feedback.build(ring, written)) for (const [k, v] of read(body)) told.set(k, v);
        }
        for (const [sequence, atTicks] of arrived) expect(told.get(sequence)).toBe(atTicks);
        for (const [sequence, atTicks] of told) expect(arrived.get(sequence) ?? null).toBe(atTicks);
      }),
    );
  });

  it('says nothing when nothing came', () => {
    const feedback = new TransportWideFeedback();
    const ring = new Uint32Array(2 * ARRIVALS);
    expect(feedback.build(ring, 0)).toEqual([]);
    expect(feedback.build(new Uint32Array(0), 0)).toEqual([]);
  });
});
