import type { types as mediasoup } from 'mediasoup';
import { describe, expect, it } from 'vitest';
import { consumerReading, producerReading, transportReading } from '../../src/cluster/bridge/tally.ts';

const stream = {
  timestamp: 1000,
  ssrc: 1,
  kind: 'video',
  mimeType: 'video/VP8',
  packetsLost: 0,
  fractionLost: 0,
  packetsDiscarded: 0,
  packetsRetransmitted: 0,
  packetsRepaired: 0,
  nackCount: 0,
  nackPacketCount: 0,
  pliCount: 0,
  firCount: 0,
  score: 10,
  packetCount: 0,
  byteCount: 0,
  bitrate: 0,
  jitter: 0,
};
const inbound = (part: object) =>
  ({ ...stream, type: 'inbound-rtp', bitrateByLayer: {}, ...part }) as unknown as mediasoup.ProducerStat;
const outbound = (part: object) =>
  ({ ...stream, type: 'outbound-rtp', ...part }) as unknown as mediasoup.ConsumerStat;

describe('a producer', () => {
  it('counts all its simulcast streams', () => {
    const reading = producerReading([
      inbound({ packetCount: 10, nackCount: 1, pliCount: 2, firCount: 3, packetsLost: 4 }),
      inbound({ packetCount: 20, timestamp: 1002 }),
    ]);
    expect(reading).toEqual({
      tally: { packetsIn: 30, nackCount: 1, pliCount: 2, firCount: 3, packetsLostIn: 4 },
      timestampMs: 1002,
    });
  });

  it('counts retransmissions that repaired nothing as well: they were on the wire', () => {
    const reading = producerReading([
      inbound({ packetCount: 105, packetsRetransmitted: 9, packetsRepaired: 5 }),
    ]);
    expect(reading?.tally.packetsIn).toBe(109);
  });

  it('has no reading before its first packet', () => {
    expect(producerReading([])).toBeNull();
  });
});

describe('a consumer', () => {
  it('leaves out the stream of its producer, and adds its own retransmissions', () => {
    const reading = consumerReading([
      outbound({ packetCount: 50, packetsRetransmitted: 2 }),
      inbound({ packetCount: 49 }),
    ]);
    expect(reading?.tally).toMatchObject({ packetsOut: 52, packetsRetransmittedOut: 2 });
  });

  it('has no reading when only its producer has', () => {
    expect(consumerReading([inbound({})])).toBeNull();
  });
});

describe('a transport', () => {
  it('counts media with retransmissions and probes, and the wire with control traffic', () => {
    const reading = transportReading([
      {
        timestamp: 7,
        bytesReceived: 1000,
        bytesSent: 2000,
        rtpBytesReceived: 800,
        rtxBytesReceived: 50,
        rtpBytesSent: 1500,
        rtxBytesSent: 100,
        probationBytesSent: 200,
      } as mediasoup.WebRtcTransportStat,
    ]);
    expect(reading).toEqual({
      tally: { bytesIn: 850, bytesOut: 1800, wireBytesIn: 1000, wireBytesOut: 2000 },
      timestampMs: 7,
    });
  });
});
