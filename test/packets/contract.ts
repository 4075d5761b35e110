import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type PacketHandlers,
  type PacketLoop,
  type PacketSocket,
  SocketField,
  type SrtpProfile,
  StreamField,
} from '../../src/packets/types.ts';
import type { LoopOptions } from '../../src/packets/typescript-loop.ts';
import { EXTENSIONS, keysOf, openRtp, Peer, rtp, vp8 } from './peer.ts';

const SSRC = 0x11111111;
const RTX_SSRC = 0x22222222;
const PATIENCE_MS = 5000;

export interface Heard {
  control: Buffer[];
  rtcp: Buffer[];
  gaps: [number, number][];
  keyFrames: Buffer[];
}

export interface Bench {
  loop: PacketLoop;
  socket: PacketSocket;
  peer: Peer;
  heard: Heard;
  /** Polls until the condition holds. */
  until(condition: () => boolean): Promise<void>;
}

export async function openBench(
  create: (options: LoopOptions) => PacketLoop,
  profile: SrtpProfile,
): Promise<Bench> {
  const heard: Heard = { control: [], rtcp: [], gaps: [], keyFrames: [] };
  const handlers: PacketHandlers = {
    onControl: (_id, data) => heard.control.push(Buffer.from(data)),
    onRtcp: (_id, data) => heard.rtcp.push(Buffer.from(data)),
    onGap: (_id, first, count) => heard.gaps.push([first, count]),
    onKeyFrame: (_id, head) => heard.keyFrames.push(Buffer.from(head)),
  };
  const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
  const loop = create({ handlers, nowMs, wallOffsetMs: Date.now() - nowMs() });
  const peer = await Peer.open(profile);
  const socket = await loop.open({
    address: '127.0.0.1',
    port: peer.port,
    recordArrivals: true,
    receiveBufferBytes: 1 << 18,
  });
  return {
    loop,
    socket,
    peer,
    heard,
    async until(condition) {
      const deadline = nowMs() + PATIENCE_MS;
      for (loop.poll(); !condition(); loop.poll()) {
        if (nowMs() > deadline) throw new Error('it did not come to that');
        await turn();
      }
    },
  };
}

/** Every packet loop is one of these. */
export function packetLoopContract(name: string, create: (options: LoopOptions) => PacketLoop): void {
  for (const profile of ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const) {
    describe(`${name} with ${profile}: a packet loop`, () => {
      const opened: Bench[] = [];
      afterEach(() => {
        for (const { loop, peer } of opened.splice(0)) {
          loop.dispose();
          peer.close();
        }
      });
      async function bench() {
        const made = await openBench(create, profile);
        opened.push(made);
        return made;
      }
      async function receiving() {
        const made = await bench();
        const { loop, socket, peer } = made;
        loop.setKeys(socket.id, keysOf(profile), EXTENSIONS);
        const stream = loop.addStream(socket.id, {
          ssrc: SSRC,
          rtxSsrc: RTX_SSRC,
          clockRateHz: 90_000,
          format: 'vp8',
        });
        const count = (field: keyof typeof StreamField) => stream.counters[StreamField[field]];
        const media = (
          sequence: number,
          timestamp: number,
          more: { marker?: boolean; payload?: Buffer } = {},
        ) =>
          peer.deliverRtp(
            { ssrc: SSRC, sequence, timestamp, payload: vp8(false, false), ...more },
            socket.localPort,
          );
        return { ...made, stream, count, media };
      }

      it('passes STUN and DTLS both ways as they are', async () => {
        const { loop, socket, peer, heard, until } = await bench();
        const stun = Buffer.from('000100002112a442000000000000000000000000', 'hex');
        const dtls = Buffer.from('16fefd0000', 'hex');
        await peer.deliver(stun, socket.localPort);
        await peer.deliver(dtls, socket.localPort);
        await until(() => heard.control.length === 2);
        expect(heard.control).toEqual([stun, dtls]);
        loop.sendControl(socket.id, stun);
        await until(() => peer.received.length === 1);
        expect(peer.received).toEqual([stun]);
        expect(socket.counters[SocketField.datagramsReceived]).toBe(2);
        expect(socket.counters[SocketField.controlReceived]).toBe(2);
        expect(socket.counters[SocketField.controlSent]).toBe(1);
      });

      it('protects what it sends, beyond the wrap of the sequence numbers', async () => {
        const { loop, socket, peer, until } = await bench();
        loop.setKeys(socket.id, keysOf(profile), EXTENSIONS);
        const clear = [65_534, 65_535, 0, 1].map((sequence) =>
          rtp({ ssrc: SSRC, sequence, timestamp: 7, payload: Buffer.alloc(1100, sequence) }),
        );
        for (const { packet } of clear) {
          packet.copy(loop.outgoing, loop.nextOffset);
          loop.queueRtp(socket.id, packet.length);
        }
        loop.flush();
        await until(() => peer.received.length === clear.length);
        const opened = peer.received.map((packet, i) => openRtp(peer.receive, packet, 20, i < 2 ? 0 : 1));
        expect(opened).toEqual(clear.map(({ packet }) => packet));
        expect(socket.counters[SocketField.datagramsSent]).toBe(4);
        expect(socket.counters[SocketField.bytesSent]).toBe(
          peer.received.reduce((sum, packet) => sum + packet.length, 0),
        );
      });

      it('takes more than fits its buffer', async () => {
        const { loop, socket, peer, until } = await bench();
        loop.setKeys(socket.id, keysOf(profile), EXTENSIONS);
        const total = 300;
        for (let sequence = 0; sequence < total; sequence += 1) {
          const { packet } = rtp({ ssrc: SSRC, sequence, timestamp: 0, payload: Buffer.alloc(1100) });
          packet.copy(loop.outgoing, loop.nextOffset);
          loop.queueRtp(socket.id, packet.length);
          if (sequence % 20 === 0) await until(() => true);
        }
        loop.flush();
        await until(() => socket.counters[SocketField.datagramsSent] === total);
        await until(() => peer.received.length > 0);
      });

      it('protects RTCP, and refuses RTCP that was changed', async () => {
        const { loop, socket, peer, heard, until } = await bench();
        loop.setKeys(socket.id, keysOf(profile), EXTENSIONS);
        const report = Buffer.from('80c90001deadbeef81ca000200000001010161000000', 'hex');
        loop.sendRtcp(socket.id, report);
        loop.sendRtcp(socket.id, report);
        await until(() => peer.received.length === 2);
        expect(peer.received.map((packet) => peer.receive.unprotectRtcp(packet))).toEqual([report, report]);
        expect(peer.received[0]).not.toEqual(peer.received[1]);
        const changed = peer.send.protectRtcp(report, 5);
        changed.writeUInt8(changed.readUInt8(9) ^ 1, 9);
        await peer.deliver(changed, socket.localPort);
        await peer.deliver(peer.send.protectRtcp(report, 6), socket.localPort);
        await until(() => heard.rtcp.length === 1);
        expect(heard.rtcp).toEqual([report]);
        expect(socket.counters[SocketField.authenticationFailures]).toBe(1);
        expect(socket.counters[SocketField.controlReceived]).toBe(2);
      });

      it('counts losses before and after repair, duplicates and what comes late', async () => {
        const { peer, socket, heard, until, count } = await receiving();
        for (const sequence of [65_533, 65_534, 3, 3, 1]) {
          const rollover = sequence < 10 ? 1 : 0;
          await peer.deliverRtp(
            { ssrc: SSRC, sequence, timestamp: 0, payload: vp8(false, false) },
            socket.localPort,
            rollover,
          );
        }
        await until(() => count('packets') === 5);
        // 65535, 0, 1 and 2 were skipped; 1 came late by itself.
        expect(heard.gaps).toEqual([[65_536 + 65_535, 4]]);
        expect(count('duplicates')).toBe(1);
        expect(count('outOfOrder')).toBe(1);
        expect(count('lostBeforeRepair')).toBe(3);
        // 0 comes as a retransmission.
        const original = Buffer.concat([Buffer.from([0, 0]), vp8(false, false)]);
        await peer.deliverRtp(
          { ssrc: RTX_SSRC, sequence: 9, timestamp: 0, payload: original, payloadType: 97 },
          socket.localPort,
        );
        await until(() => count('retransmitted') === 1);
        expect(count('lostBeforeRepair')).toBe(3);
        expect(count('unique')).toBe(5);
        expect(count('packets')).toBe(5);
        expect(count('payloadBytes')).toBe(500);
        expect(count('headerBytes')).toBe(100);
        expect(count('highestSequence')).toBe(2 * 65_536 + 3);
        expect(count('baseSequence')).toBe(65_536 + 65_533);
        expect(count('authenticated')).toBe(1);
        expect(count('authenticationFailures')).toBe(0);
      });

      it('finds whole frames and key frames, repaired ones too', async () => {
        const { peer, socket, heard, until, count, media } = await receiving();
        await media(10, 1000, { payload: vp8(true, true) });
        await media(11, 1000, { marker: true });
        await media(12, 4000, { payload: vp8(true, false), marker: true });
        // A frame of three of which the middle is missing, then a whole one.
        await media(13, 7000, { payload: vp8(true, false) });
        await media(15, 7000, { marker: true });
        await media(16, 10_000, { payload: vp8(true, true), marker: true });
        await until(() => count('packets') === 6);
        expect(count('frames')).toBe(3);
        expect(count('keyFrames')).toBe(2);
        expect(heard.keyFrames).toHaveLength(2);
        expect(heard.keyFrames[0]?.subarray(0, 11)).toEqual(vp8(true, true).subarray(0, 11));
        const middle = Buffer.concat([Buffer.from([0, 14]), vp8(false, false)]);
        await peer.deliverRtp(
          { ssrc: RTX_SSRC, sequence: 1, timestamp: 7000, payload: middle },
          socket.localPort,
        );
        await until(() => count('frames') === 4);
        expect(count('firstFrameMs')).toBeGreaterThan(0);
      });

      it('counts long packets whole, finds their key frames and verifies some of them', async () => {
        const { peer, socket, heard, until, count, media } = await receiving();
        const total = 200;
        for (let sequence = 0; sequence < total; sequence += 1) {
          const payload = vp8(true, sequence % 50 === 0, 1100);
          await media(sequence, 3000 * sequence, { payload, marker: true });
          await until(() => count('packets') === sequence + 1);
        }
        expect(count('payloadBytes')).toBe(1100 * total);
        expect(count('frames')).toBe(total);
        expect(count('keyFrames')).toBe(4);
        expect(heard.keyFrames).toHaveLength(4);
        const sealed = peer.send.protectRtp(
          rtp({ ssrc: SSRC, sequence: 0, timestamp: 0, payload: Buffer.alloc(1100) }).packet,
          20,
          0,
        );
        expect(socket.counters[SocketField.bytesReceived]).toBe(sealed.length * total);
        expect(count('authenticated')).toBe(4);
        expect(count('authenticationFailures')).toBe(0);
        // From here on somebody else sends: he is found out.
        for (let sequence = total; count('authenticationFailures') === 0; sequence += 1) {
          const { packet } = rtp({ ssrc: SSRC, sequence, timestamp: 0, payload: Buffer.alloc(1100) });
          await peer.deliver(packet, socket.localPort);
          await until(() => count('packets') === sequence + 1);
        }
        expect(count('packets')).toBeLessThan(total + 70);
      });

      it('hears RTCP and STUN of any length, at the latest when they come again', async () => {
        const { loop, socket, peer, heard, until } = await bench();
        loop.setKeys(socket.id, keysOf(profile), EXTENSIONS);
        const report = Buffer.alloc(1000);
        report.writeUInt32BE(0x80cc00f9);
        for (let index = 0; heard.rtcp.length < 2; index += 1) {
          await peer.deliver(peer.send.protectRtcp(report, index), socket.localPort);
          await until(() => socket.counters[SocketField.controlReceived] === index + 1);
          expect(index).toBeLessThan(3);
        }
        expect(heard.rtcp).toEqual([report, report]);
        const stun = Buffer.alloc(1200);
        for (let sent = 0; heard.control.length === 0; sent += 1) {
          await peer.deliver(stun, socket.localPort);
          await until(() => (socket.counters[SocketField.datagramsReceived] ?? 0) > 2 + sent);
          expect(sent).toBeLessThan(3);
        }
        expect(heard.control).toEqual([stun]);
        expect(socket.counters[SocketField.authenticationFailures]).toBe(0);
      });

      it('records when transport-wide sequence numbers arrived, of every SSRC', async () => {
        const { peer, socket, until, loop } = await receiving();
        const ssrcs = [SSRC, 0x77777777, SSRC];
        for (const [i, ssrc] of ssrcs.entries()) {
          await peer.deliverRtp(
            { ssrc, sequence: i, timestamp: 0, payload: vp8(false, false), transportSequence: 500 + i },
            socket.localPort,
          );
        }
        await until(() => socket.counters[SocketField.arrivals] === 3);
        expect([socket.arrivals[0], socket.arrivals[2], socket.arrivals[4]]).toEqual([500, 501, 502]);
        const ticks = [1, 3, 5].map((i) => socket.arrivals[i] ?? -1);
        expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
        const nowTicks = (Number(process.hrtime.bigint()) / 1e6 - loop.epochMs) * 4;
        for (const tick of ticks) expect(Math.abs(nowTicks - tick)).toBeLessThan(4 * PATIENCE_MS);
        expect(socket.counters[SocketField.unknownRtp]).toBe(1);
      });

      it('notices packets that were not protected with its keys', async () => {
        const { socket, peer, until, count } = await receiving();
        const { packet } = rtp({ ssrc: SSRC, sequence: 1, timestamp: 0, payload: Buffer.alloc(100) });
        await peer.deliver(packet, socket.localPort);
        await until(() => count('packets') === 1);
        expect(count('authenticationFailures')).toBe(1);
      });

      it('is not harmed by what is no packet', async () => {
        const { socket, peer, heard, until, media, count } = await receiving();
        const junk = [
          '',
          '80',
          '9060',
          '90600001000000001111111110000001bedeffff',
          'ff00ff00',
          '80c8',
          '80c80001',
        ];
        for (const text of junk) await peer.deliver(Buffer.from(text, 'hex'), socket.localPort);
        await media(1, 0);
        await until(() => count('packets') === 1);
        expect(heard.control).toEqual([]);
        expect(heard.rtcp).toEqual([]);
        expect(socket.counters[SocketField.datagramsReceived]).toBe(junk.length + 1);
      });

      it('hears each of several sockets, whichever of them had something before', async () => {
        const { loop, socket, peer, until } = await bench();
        const sockets = [socket];
        for (let i = 0; i < 3; i += 1) {
          const options = { address: '127.0.0.1', port: peer.port, recordArrivals: false };
          sockets.push(await loop.open({ ...options, receiveBufferBytes: 1 << 18 }));
        }
        const sent = sockets.map(() => 0);
        for (const round of ['0', '01', '0123', '0123', '3', '', '2', '0123', '012', '', '3']) {
          for (const i of [...round].map(Number)) {
            await peer.deliver(Buffer.from('00', 'hex'), sockets[i]?.localPort ?? 0);
            sent[i] = (sent[i] ?? 0) + 1;
          }
          const received = () => sockets.map(({ counters }) => counters[SocketField.datagramsReceived]);
          await until(() => received().every((count, i) => count === sent[i]));
        }
        loop.close(sockets[1]?.id ?? 0);
        await peer.deliver(Buffer.from('00', 'hex'), sockets[3]?.localPort ?? 0);
        await until(() => sockets[3]?.counters[SocketField.datagramsReceived] === (sent[3] ?? 0) + 1);
      });

      it('forgets streams and sockets that are closed', async () => {
        const { loop, socket, stream, until, media, count } = await receiving();
        loop.removeStream(stream.id);
        await media(1, 0);
        await until(() => socket.counters[SocketField.unknownRtp] === 1);
        expect(count('packets')).toBe(0);
        loop.close(socket.id);
        loop.close(socket.id);
        loop.sendControl(socket.id, Buffer.from([0]));
        loop.sendRtcp(socket.id, Buffer.alloc(8));
        expect(socket.counters[SocketField.datagramsSent]).toBe(0);
      });
    });
  }
}
