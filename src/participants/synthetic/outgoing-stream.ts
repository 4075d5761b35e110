import { put16, put32, RTP_HEADER_BYTES } from '../../packets/rtp-header.ts';
import type { PacketLoop } from '../../packets/types.ts';
import type { MediaTrack } from './media/store.ts';
import type { ExtensionIds } from './negotiation.ts';
import type { SenderInfo } from './rtcp/build.ts';
import { ntpTime } from './time.ts';

/** Packets that a NACK can still bring back; more than a second of the highest layer. */
const HISTORY = 1024;
/** abs-capture-time, from which the receiver reads the one-way delay, goes with a packet this often. */
const STAMP_INTERVAL_MS = 100;
const EXTENSION_PROFILE = 0xbede;

export interface OutgoingStreamOptions {
  loop: PacketLoop;
  socketId: number;
  ssrc: number;
  rtx: { ssrc: number; payloadType: number } | null;
  payloadType: number;
  mid: string;
  /** RTP stream id of a simulcast layer. */
  rid: string | null;
  extensions: ExtensionIds;
  /** Counts transport-wide sequence numbers; shared by all streams of a transport. */
  transportSequence: { next: number };
  track: MediaTrack;
  wallMs(): number;
  /** A number from 0 to 1, seeded. */
  random(): number;
}

/** Audio level (RFC 6464) as its byte: voice activity bit and -dBov. */
export type AudioLevel = number;

/** Sends a recorded track on one SSRC, remembers what it sent and sends it again when asked. */
export class OutgoingStream {
  packets = 0;
  payloadBytes = 0;
  headerBytes = 0;
  retransmitted = 0;
  frames = 0;
  keyFrames = 0;
  readonly ssrc: number;
  readonly track: MediaTrack;
  /** Once a receiver report names the SSRC, the peer knows whose it is and mid and rid need not be said again. */
  acknowledged = false;
  readonly #options: OutgoingStreamOptions;
  readonly #temporal: boolean;
  #sequence: number;
  #rtxSequence: number;
  #pictureId: number;
  #tl0PictureIndex: number;
  #lastStampMs = 0;
  /** Of the packet with a sequence number, at that number modulo HISTORY. */
  readonly #sentSequence = new Int32Array(HISTORY).fill(-1);
  readonly #sentFrame = new Int32Array(HISTORY);
  readonly #sentPacket = new Int32Array(HISTORY);
  readonly #sentTimestamp = new Uint32Array(HISTORY);
  readonly #sentPictureId = new Int32Array(HISTORY);
  readonly #sentTl0 = new Int32Array(HISTORY);
  /** Only audio has a level; empty for video. */
  readonly #sentLevel: (AudioLevel | null)[] = [];

  constructor(options: OutgoingStreamOptions) {
    this.#options = options;
    this.ssrc = options.ssrc;
    this.track = options.track;
    this.#temporal = options.track.frames.some((frame) => frame.temporalLayer > 0);
    const random = (limit: number) => Math.floor(options.random() * limit);
    // Below half of the range, so that no receiver takes an early reordering for a wrap (RFC 3711, 3.3.1).
    this.#sequence = random(0x8000);
    this.#rtxSequence = random(0x8000);
    this.#pictureId = random(0x8000);
    this.#tl0PictureIndex = random(0x100);
  }

  get rtxSsrc(): number | null {
    return this.#options.rtx?.ssrc ?? null;
  }

  /** Queues the packets of a frame; returns how many. */
  sendFrame(index: number, timestamp: number, audioLevel: AudioLevel | null, talkBegins: boolean): number {
    const frame = this.track.frames[index];
    if (frame === undefined) return 0;
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    if (frame.temporalLayer === 0) this.#tl0PictureIndex = (this.#tl0PictureIndex + 1) & 0xff;
    const last = frame.packets.length - 1;
    const wallMs = this.#options.wallMs();
    for (let i = 0; i <= last; i += 1) {
      const slot = this.#sequence % HISTORY;
      this.#sentSequence[slot] = this.#sequence;
      this.#sentFrame[slot] = index;
      this.#sentPacket[slot] = i;
      this.#sentTimestamp[slot] = timestamp;
      this.#sentPictureId[slot] = this.#pictureId;
      this.#sentTl0[slot] = this.#tl0PictureIndex;
      const marker = this.track.codec === 'opus' ? talkBegins : i === last;
      this.#write(slot, marker, audioLevel, wallMs, false);
      this.#sequence = (this.#sequence + 1) & 0xffff;
    }
    this.frames += 1;
    if (frame.key) this.keyFrames += 1;
    return last + 1;
  }

  /** Sends a packet again, on the retransmission stream where there is one. False: it is too old. */
  resend(sequence: number): boolean {
    const slot = sequence % HISTORY;
    if (this.#sentSequence[slot] !== sequence) return false;
    const frame = this.track.frames[this.#sentFrame[slot] ?? 0];
    const marker = this.track.codec !== 'opus' && this.#sentPacket[slot] === (frame?.packets.length ?? 0) - 1;
    this.#write(slot, marker, this.#sentLevel[slot] ?? null, this.#options.wallMs(), true);
    return true;
  }

  senderInfo(rtpTimestamp: number): SenderInfo {
    const { seconds, fraction } = ntpTime(this.#options.wallMs());
    return {
      ntpSeconds: seconds,
      ntpFraction: fraction,
      rtpTimestamp,
      packets: this.packets,
      octets: this.payloadBytes,
    };
  }

  #write(slot: number, marker: boolean, audioLevel: AudioLevel | null, wallMs: number, again: boolean): void {
    const { loop, rtx, payloadType, socketId } = this.#options;
    const packet = this.track.frames[this.#sentFrame[slot] ?? 0]?.packets[this.#sentPacket[slot] ?? 0];
    if (packet === undefined) return;
    const out = loop.outgoing;
    const start = loop.nextOffset;
    const sequence = this.#sentSequence[slot] ?? 0;
    const viaRtx = again && rtx !== null;
    if (!again) this.#sentLevel[slot] = audioLevel;
    out[start] = 0x90;
    out[start + 1] = (marker ? 0x80 : 0) | (viaRtx ? rtx.payloadType : payloadType);
    put16(out, start + 2, viaRtx ? this.#rtxSequence : sequence);
    put32(out, start + 4, this.#sentTimestamp[slot] ?? 0);
    put32(out, start + 8, viaRtx ? rtx.ssrc : this.ssrc);
    let at = this.#writeExtensions(out, start + RTP_HEADER_BYTES, audioLevel, wallMs, viaRtx);
    const headerBytes = at - start;
    if (viaRtx) {
      this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
      put16(out, at, sequence);
      at += 2;
    }
    if (this.track.codec === 'vp8') at = this.#writeDescriptor(out, at, slot, packet.begins);
    if (packet.prefix.length > 0) at += packet.prefix.copy(out, at);
    at += this.track.data.copy(out, at, packet.offset, packet.offset + packet.length);
    loop.queueRtp(socketId, at - start);
    if (again) {
      this.retransmitted += 1;
      return;
    }
    this.packets += 1;
    this.headerBytes += headerBytes;
    this.payloadBytes += at - start - headerBytes;
  }

  /** One-byte header extensions (RFC 8285, section 4.2). */
  #writeExtensions(
    out: Buffer,
    from: number,
    audioLevel: AudioLevel | null,
    wallMs: number,
    viaRtx: boolean,
  ): number {
    const { extensions, transportSequence, mid, rid } = this.#options;
    let at = from + 4;
    if (extensions.transmissionOffset !== undefined) {
      // RFC 5450: packets leave when their frame is due, so there is no offset to tell.
      put32(out, at, ((extensions.transmissionOffset << 4) | 2) << 24);
      at += 4;
    }
    if (extensions.absSendTime !== undefined) {
      // 6.18 bits of seconds; 64 s of Unix time and of NTP time begin together.
      const time = Math.floor((wallMs % 64_000) * 262.144) & 0xffffff;
      put32(out, at, (((extensions.absSendTime << 4) | 2) << 24) | time);
      at += 4;
    }
    if (extensions.transportSequence !== undefined) {
      out[at] = (extensions.transportSequence << 4) | 1;
      put16(out, at + 1, transportSequence.next);
      transportSequence.next = (transportSequence.next + 1) & 0xffff;
      at += 3;
    }
    if (audioLevel !== null && extensions.audioLevel !== undefined) {
      out[at] = extensions.audioLevel << 4;
      out[at + 1] = audioLevel;
      at += 2;
    }
    if (!this.acknowledged || viaRtx) {
      if (extensions.mid !== undefined) at = writeText(out, at, extensions.mid, mid);
      const ridId = viaRtx ? extensions.repairedRid : extensions.rid;
      if (rid !== null && ridId !== undefined) at = writeText(out, at, ridId, rid);
    }
    if (extensions.captureTime !== undefined && !viaRtx && wallMs - this.#lastStampMs >= STAMP_INTERVAL_MS) {
      this.#lastStampMs = wallMs;
      const { seconds, fraction } = ntpTime(wallMs);
      out[at] = (extensions.captureTime << 4) | 7;
      put32(out, at + 1, seconds);
      put32(out, at + 5, fraction);
      at += 9;
    }
    for (; (at - from) % 4 !== 0; at += 1) out[at] = 0;
    put16(out, from, EXTENSION_PROFILE);
    put16(out, from + 2, (at - from - 4) / 4);
    return at;
  }

  /** RFC 7741, section 4.2: picture id of 15 bits, and with temporal layers TL0PICIDX, TID and Y. */
  #writeDescriptor(out: Buffer, at: number, slot: number, begins: boolean): number {
    const frame = this.track.frames[this.#sentFrame[slot] ?? 0];
    const temporalLayer = frame?.temporalLayer ?? 0;
    // X, N for what nothing refers to (the highest temporal layer), S.
    out[at] = 0x80 | (temporalLayer === 2 ? 0x20 : 0) | (begins ? 0x10 : 0);
    out[at + 1] = this.#temporal ? 0xe0 : 0x80;
    put16(out, at + 2, 0x8000 | (this.#sentPictureId[slot] ?? 0));
    if (!this.#temporal) return at + 4;
    out[at + 4] = this.#sentTl0[slot] ?? 0;
    out[at + 5] = (temporalLayer << 6) | (frame?.layerSync === true ? 0x20 : 0);
    return at + 6;
  }
}

function writeText(out: Buffer, at: number, id: number, text: string): number {
  out.writeUInt8((id << 4) | (text.length - 1), at);
  return at + 1 + out.write(text, at + 1, 'latin1');
}
