import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { beginsKeyFrame } from '../../../src/packets/key-frame.ts';
import { findExtension, headerLength } from '../../../src/packets/rtp-header.ts';
import type { PacketLoop } from '../../../src/packets/types.ts';
import { MAX_PAYLOAD_BYTES } from '../../../src/participants/synthetic/media/packetize.ts';
import { MediaStore, type MediaTrack } from '../../../src/participants/synthetic/media/store.ts';
import { negotiate } from '../../../src/participants/synthetic/negotiation.ts';
import { OutgoingStream } from '../../../src/participants/synthetic/outgoing-stream.ts';
import { packageRoot } from '../../../src/setup/package-root.ts';

const store = new MediaStore(join(packageRoot(), 'media'));

/** A loop that keeps what is queued. */
function recordingLoop(): { loop: PacketLoop; packets: Buffer[] } {
  const packets: Buffer[] = [];
  const outgoing = Buffer.alloc(4096);
  const nothing = () => {};
  const loop: PacketLoop = {
    kind: 'typescript',
    epochMs: 0,
    outgoing,
    nextOffset: 0,
    open: () => Promise.reject(new Error('this loop has no sockets')),
    close: nothing,
    setKeys: nothing,
    addStream: () => {
      throw new Error('this loop receives nothing');
    },
    removeStream: nothing,
    restartFrames: nothing,
    sendControl: nothing,
    sendRtcp: nothing,
    queueRtp: (_socket, length) => packets.push(Buffer.from(outgoing.subarray(0, length))),
    flush: nothing,
    poll: nothing,
    pollIntervalMs: () => Number.POSITIVE_INFINITY,
    dispose: nothing,
  };
  return { loop, packets };
}

const EXTENSIONS = {
  mid: 4,
  rid: 10,
  repairedRid: 11,
  absSendTime: 2,
  transportSequence: 3,
  audioLevel: 1,
  captureTime: 7,
};

const RTX = { ssrc: 200, payloadType: 97 };

function sender(track: MediaTrack, rid: string | null = null, rtx: typeof RTX | null = RTX) {
  const { loop, packets } = recordingLoop();
  const stream = new OutgoingStream({
    loop,
    socketId: 1,
    ssrc: 100,
    rtx,
    payloadType: 96,
    mid: '0',
    rid,
    extensions: EXTENSIONS,
    transportSequence: { next: 65_535 },
    track,
    wallMs: () => 1_700_000_000_000,
    random: () => 0.25,
  });
  return { stream, packets };
}

const payloadOf = (packet: Buffer) => packet.subarray(headerLength(packet, packet.length));
const textAt = (packet: Buffer, id: number) => {
  const at = findExtension(packet, id);
  return at === -1 ? null : packet.toString('latin1', at, at + 1 + (packet.readUInt8(at - 1) & 0x0f));
};

describe('the recorded media', () => {
  it.each(['vp8-180', 'vp8-360', 'vp8-720', 'h264-180', 'h264-360', 'h264-720', 'vp8-screen'])(
    '%s: its key frames are where the index says, and every packet fits',
    (name) => {
      const track = store.track(name);
      const { stream, packets } = sender(track);
      for (const [i, frame] of track.frames.entries()) {
        packets.length = 0;
        expect(stream.sendFrame(i, 3000 * i, null, false)).toBe(frame.packets.length);
        const format = track.codec === 'opus' ? 'opus' : track.codec;
        expect(packets.some((packet) => beginsKeyFrame(format, payloadOf(packet)))).toBe(frame.key);
        for (const packet of packets)
          expect(payloadOf(packet).length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES + 6);
        expect(packets.map((packet) => packet.readUInt8(1) >> 7)).toEqual([
          ...packets.slice(1).map(() => 0),
          1,
        ]);
      }
      expect(track.keyFrames[0]).toBe(0);
      expect(stream.keyFrames).toBe(track.keyFrames.length);
    },
  );

  it('has temporal layers in each simulcast layer, at half and a quarter of the rate', () => {
    for (const height of [180, 360, 720]) {
      const layers = store.track(`vp8-${height}`).frames.map((frame) => frame.temporalLayer);
      expect(layers.slice(0, 8)).toEqual([0, 2, 1, 2, 0, 2, 1, 2]);
      expect(layers.length % 4).toBe(0);
    }
  });

  it.each([
    ['vp8-360', 30, 700_000],
    ['vp8-720', 15, 2_000_000],
    ['h264-180', 15, 150_000],
  ])(
    '%s plays at %i frames and %i bit/s when asked to, its key frames as they were',
    (name, framesPerSecond, bitrateBps) => {
      const [recorded, filled] = [store.track(name), store.track(name, { framesPerSecond, bitrateBps })];
      const bits = 8 * filled.data.length * (framesPerSecond / filled.frames.length);
      expect(Math.abs(bits / bitrateBps - 1)).toBeLessThan(0.001);
      const sizes = (track: MediaTrack) =>
        track.frames.map((frame) => frame.packets.reduce((sum, packet) => sum + packet.length, 0));
      const [before, after] = [sizes(recorded), sizes(filled)];
      for (const [i, size] of after.entries()) {
        if (recorded.frames[i]?.key === true) expect(size).toBe(before[i]);
        else expect(size).toBeGreaterThan(before[i] ?? 0);
      }
      expect(filled.frames.map(({ temporalLayer }) => temporalLayer)).toEqual(
        recorded.frames.map(({ temporalLayer }) => temporalLayer),
      );
    },
  );

  it('is never made smaller', () => {
    const recorded = store.track('vp8-360');
    expect(store.track('vp8-360', { framesPerSecond: 60, bitrateBps: 100_000 }).data).toEqual(recorded.data);
  });

  it('joins tracks, so that speech and silence come from one', () => {
    const speech = store.track('opus-speech');
    const silence = store.track('opus-silence');
    const joined = store.joined(['opus-speech', 'opus-silence']);
    const { stream, packets } = sender(joined);
    stream.sendFrame(speech.frames.length, 0, 127, false);
    const first = silence.frames[0]?.packets[0];
    expect(payloadOf(packets[0] ?? Buffer.alloc(12))).toEqual(silence.data.subarray(0, first?.length));
  });

  it('says what is missing', () => {
    expect(() => store.track('vp8-4320')).toThrow('no recorded track');
    expect(() => new MediaStore('/nowhere').track('vp8-180')).toThrow('/nowhere');
  });
});

describe('an outgoing stream', () => {
  it('writes the negotiated header extensions', () => {
    const { stream, packets } = sender(store.joined(['opus-speech']), 'r1');
    stream.sendFrame(0, 960, 0x80 | 30, true);
    stream.acknowledged = true;
    stream.sendFrame(1, 1920, 0x80 | 30, false);
    const [first, second] = packets;
    if (first === undefined || second === undefined) throw new Error('two packets');
    expect(textAt(first, EXTENSIONS.mid)).toBe('0');
    expect(textAt(first, EXTENSIONS.rid)).toBe('r1');
    expect(textAt(second, EXTENSIONS.mid)).toBeNull();
    expect(textAt(second, EXTENSIONS.rid)).toBeNull();
    expect(first.readUInt16BE(findExtension(first, EXTENSIONS.transportSequence))).toBe(65_535);
    expect(second.readUInt16BE(findExtension(second, EXTENSIONS.transportSequence))).toBe(0);
    expect(first.readUInt8(findExtension(first, EXTENSIONS.audioLevel))).toBe(0x80 | 30);
    expect(first.readUInt8(1) >> 7).toBe(1);
    expect(second.readUInt8(1) >> 7).toBe(0);
    const captured = findExtension(first, EXTENSIONS.captureTime);
    expect(first.readUInt32BE(captured) - 2_208_988_800).toBe(1_700_000_000);
    expect(first.readUIntBE(findExtension(first, EXTENSIONS.absSendTime), 3)).toBe(
      (1_700_000_000 % 64) << 18,
    );
  });

  it('counts pictures and base layers on in the payload descriptor', () => {
    const { stream, packets } = sender(store.track('vp8-180'));
    const described: number[][] = [];
    for (let i = 0; i < 5; i += 1) {
      packets.length = 0;
      stream.sendFrame(i, 3000 * i, null, false);
      const payload = payloadOf(packets[0] ?? Buffer.alloc(12));
      described.push([payload.readUInt16BE(2) & 0x7fff, payload.readUInt8(4), payload.readUInt8(5) >> 6]);
    }
    const [picture = 0, base = 0] = described[0] ?? [];
    expect(described).toEqual([
      [picture, base, 0],
      [picture + 1, base, 2],
      [picture + 2, base, 1],
      [picture + 3, base, 2],
      [picture + 4, base + 1, 0],
    ]);
  });

  it('sends a packet again, byte for byte, on the retransmission stream', () => {
    const { stream, packets } = sender(store.track('vp8-720'), 'r2');
    stream.sendFrame(0, 5, null, false);
    const original = packets.at(3);
    if (original === undefined) throw new Error('a key frame has more packets');
    const sequence = original.readUInt16BE(2);
    const sentBefore = stream.packets;
    expect(stream.resend(sequence)).toBe(true);
    const again = packets.at(-1) ?? Buffer.alloc(12);
    expect(again.readUInt32BE(8)).toBe(200);
    expect(again.readUInt8(1) & 0x7f).toBe(97);
    expect(again.readUInt32BE(4)).toBe(5);
    expect(payloadOf(again).readUInt16BE(0)).toBe(sequence);
    expect(payloadOf(again).subarray(2)).toEqual(payloadOf(original));
    expect(textAt(again, EXTENSIONS.repairedRid)).toBe('r2');
    expect(stream.retransmitted).toBe(1);
    expect(stream.packets).toBe(sentBefore);
    expect(stream.resend((sequence + 5000) & 0xffff)).toBe(false);
  });

  it('sends audio again as it was, for it has no retransmission stream', () => {
    const { stream, packets } = sender(store.joined(['opus-speech']), null, null);
    stream.sendFrame(3, 960, 0x80 | 30, false);
    stream.sendFrame(4, 1920, 0x80 | 30, false);
    const [original] = packets;
    if (original === undefined) throw new Error('two packets');
    expect(stream.resend(original.readUInt16BE(2))).toBe(true);
    const again = packets.at(-1) ?? Buffer.alloc(12);
    expect(again.subarray(0, 12)).toEqual(original.subarray(0, 12));
    expect(payloadOf(again)).toEqual(payloadOf(original));
    expect(again.readUInt8(findExtension(again, EXTENSIONS.audioLevel))).toBe(0x80 | 30);
    expect([stream.packets, stream.retransmitted]).toEqual([2, 1]);
  });
});

describe('the negotiation', () => {
  const router = {
    codecs: [
      {
        kind: 'audio' as const,
        mimeType: 'audio/opus' as const,
        clockRate: 48_000,
        channels: 2,
        preferredPayloadType: 100,
      },
      {
        kind: 'video' as const,
        mimeType: 'video/VP8' as const,
        clockRate: 90_000,
        preferredPayloadType: 101,
        rtcpFeedback: [{ type: 'nack' }],
      },
      {
        kind: 'video' as const,
        mimeType: 'video/rtx' as const,
        clockRate: 90_000,
        preferredPayloadType: 102,
        parameters: { apt: 101 },
      },
    ],
    headerExtensions: [],
  };

  it('finds what both ends have, each with its own payload types', () => {
    const negotiated = negotiate(router);
    expect(negotiated.sending('video', 'video/vp8')?.codecs.map((codec) => codec.payloadType)).toEqual([
      96, 97,
    ]);
    expect(negotiated.receiveCapabilities.codecs?.map((codec) => codec.preferredPayloadType)).toEqual([
      100, 101, 102,
    ]);
    expect(negotiated.sending('video', 'video/h264')).toBeNull();
    expect(negotiated.sending('audio', 'audio/opus')?.codecs).toHaveLength(1);
  });
});
