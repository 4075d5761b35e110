/** RTCP packets as bytes: RFC 3550, section 6, RFC 4585, RFC 5104 and draft-alvestrand-rmcat-remb-03. */

export const RtcpType = { sr: 200, rr: 201, sdes: 202, bye: 203, rtpfb: 205, psfb: 206, xr: 207 } as const;
/** Formats of transport and payload specific feedback. */
export const FeedbackFormat = { nack: 1, transportWide: 15, pli: 1, fir: 4, applicationLayer: 15 } as const;

export interface ReportBlock {
  ssrc: number;
  /** Of 256. */
  fractionLost: number;
  packetsLost: number;
  highestSequence: number;
  jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, and the time since then in 1/65536 s. */
  lastSenderReport: number;
  delaySinceLastSenderReport: number;
}

export interface SenderInfo {
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

const REPORT_BLOCK_BYTES = 24;

function packet(count: number, type: number, bytes: number): Buffer {
  const result = Buffer.alloc(bytes);
  result.writeUInt8(0x80 | count, 0);
  result.writeUInt8(type, 1);
  result.writeUInt16BE(bytes / 4 - 1, 2);
  return result;
}

/** Writes a report block where it lies in a receiver report that was built before. */
export function writeReportBlock(target: Buffer, at: number, block: ReportBlock): void {
  target.writeUInt32BE(block.ssrc, at);
  target.writeUInt8(block.fractionLost, at + 4);
  target.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, block.packetsLost)), at + 5, 3);
  target.writeUInt32BE(block.highestSequence >>> 0, at + 8);
  target.writeUInt32BE(Math.round(block.jitter) >>> 0, at + 12);
  target.writeUInt32BE(block.lastSenderReport >>> 0, at + 16);
  target.writeUInt32BE(block.delaySinceLastSenderReport >>> 0, at + 20);
}

/** Where the first block is in a receiver report. */
export const FIRST_BLOCK_AT = 8;

export function receiverReport(ssrc: number, blocks: readonly ReportBlock[]): Buffer {
  const result = packet(blocks.length, RtcpType.rr, FIRST_BLOCK_AT + blocks.length * REPORT_BLOCK_BYTES);
  result.writeUInt32BE(ssrc, 4);
  for (const [i, block] of blocks.entries())
    writeReportBlock(result, FIRST_BLOCK_AT + i * REPORT_BLOCK_BYTES, block);
  return result;
}

export function senderReport(ssrc: number, info: SenderInfo): Buffer {
  const result = packet(0, RtcpType.sr, 28);
  result.writeUInt32BE(ssrc, 4);
  result.writeUInt32BE(info.ntpSeconds >>> 0, 8);
  result.writeUInt32BE(info.ntpFraction >>> 0, 12);
  result.writeUInt32BE(info.rtpTimestamp >>> 0, 16);
  result.writeUInt32BE(info.packets >>> 0, 20);
  result.writeUInt32BE(info.octets >>> 0, 24);
  return result;
}

/** RFC 3550, section 6.5: one CNAME. */
export function sourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname);
  const result = packet(1, RtcpType.sdes, 8 + 4 * Math.ceil((2 + name.length + 1) / 4));
  result.writeUInt32BE(ssrc, 4);
  result.writeUInt8(1, 8);
  result.writeUInt8(name.length, 9);
  name.copy(result, 10);
  return result;
}

/** Block types of extended reports (RFC 3611, section 4). */
export const ReportBlockType = { receiverReferenceTime: 4, delaySinceLast: 5 } as const;

/** RFC 3611, section 4.5: the answer to a receiver's reference time, from which it learns its round trip time. */
export function delaySinceLast(
  ssrc: number,
  receiver: { ssrc: number; lastReport: number; delay: number },
): Buffer {
  const result = packet(0, RtcpType.xr, 24);
  result.writeUInt32BE(ssrc, 4);
  result.writeUInt8(ReportBlockType.delaySinceLast, 8);
  result.writeUInt16BE(3, 10);
  result.writeUInt32BE(receiver.ssrc, 12);
  result.writeUInt32BE(receiver.lastReport >>> 0, 16);
  result.writeUInt32BE(receiver.delay >>> 0, 20);
  return result;
}

export function bye(ssrcs: readonly number[]): Buffer {
  const result = packet(ssrcs.length, RtcpType.bye, 4 + 4 * ssrcs.length);
  for (const [i, ssrc] of ssrcs.entries()) result.writeUInt32BE(ssrc, 4 + 4 * i);
  return result;
}

function feedback(type: number, format: number, sender: number, media: number, body: Buffer): Buffer {
  const result = packet(format, type, 12 + body.length);
  result.writeUInt32BE(sender, 4);
  result.writeUInt32BE(media, 8);
  body.copy(result, 12);
  return result;
}

/** RFC 4585, section 6.2.1: `sequences` ascending (wrapping), each of 16 bits. */
export function nack(sender: number, media: number, sequences: readonly number[]): Buffer {
  const items: number[] = [];
  let first = -1;
  let mask = 0;
  const finish = () => {
    if (first !== -1) items.push(((first << 16) | mask) >>> 0);
  };
  for (const sequence of sequences) {
    const distance = (sequence - first) & 0xffff;
    if (first !== -1 && distance >= 1 && distance <= 16) {
      mask |= 1 << (distance - 1);
      continue;
    }
    finish();
    first = sequence;
    mask = 0;
  }
  finish();
  const body = Buffer.alloc(4 * items.length);
  for (const [i, item] of items.entries()) body.writeUInt32BE(item, 4 * i);
  return feedback(RtcpType.rtpfb, FeedbackFormat.nack, sender, media, body);
}

export function pictureLoss(sender: number, media: number): Buffer {
  return feedback(RtcpType.psfb, FeedbackFormat.pli, sender, media, Buffer.alloc(0));
}

export function transportWideFeedback(sender: number, media: number, body: Buffer): Buffer {
  return feedback(RtcpType.rtpfb, FeedbackFormat.transportWide, sender, media, body);
}

/** Receiver estimated maximum bitrate. */
export function remb(sender: number, bitrateBps: number, ssrcs: readonly number[]): Buffer {
  const body = Buffer.alloc(8 + 4 * ssrcs.length);
  body.write('REMB', 0, 'latin1');
  const exponent = Math.max(0, Math.ceil(Math.log2((bitrateBps + 1) / 2 ** 18)));
  const mantissa = Math.floor(bitrateBps / 2 ** exponent);
  body.writeUInt32BE(((ssrcs.length << 24) | (exponent << 18) | mantissa) >>> 0, 4);
  for (const [i, ssrc] of ssrcs.entries()) body.writeUInt32BE(ssrc, 8 + 4 * i);
  return feedback(RtcpType.psfb, FeedbackFormat.applicationLayer, sender, 0, body);
}
