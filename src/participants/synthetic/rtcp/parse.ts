import { FeedbackFormat, type ReportBlock, ReportBlockType, RtcpType } from './build.ts';

/** What a synthetic participant needs from the RTCP that it receives. */
export type RtcpItem =
  | { type: 'sender-report'; ssrc: number; lastSenderReport: number; blocks: ReportBlock[] }
  | { type: 'receiver-report'; blocks: ReportBlock[] }
  | { type: 'nack'; ssrc: number; sequences: number[] }
  | { type: 'pli'; ssrc: number }
  | { type: 'fir'; ssrc: number; sequence: number }
  | { type: 'remb'; bitrateBps: number }
  | { type: 'transport-wide' }
  /** RFC 3611, section 4.4: middle 32 bits of the receiver's NTP time. */
  | { type: 'reference-time'; ssrc: number; middleNtp: number }
  | { type: 'bye'; ssrcs: number[] };

/** The items of a compound packet (RFC 3550, section 6.1); the rest after something malformed is left out. */
export function parseRtcp(compound: Buffer): RtcpItem[] {
  const items: RtcpItem[] = [];
  for (let at = 0; at + 4 <= compound.length; ) {
    const end = at + 4 + 4 * compound.readUInt16BE(at + 2);
    if (end > compound.length) break;
    items.push(...parsePacket(compound.subarray(at, end)));
    at = end;
  }
  return items;
}

function parsePacket(packet: Buffer): RtcpItem[] {
  const count = packet.readUInt8(0) & 0x1f;
  switch (packet.readUInt8(1)) {
    case RtcpType.sr:
      if (packet.length < 28) return [];
      return [
        {
          type: 'sender-report',
          ssrc: packet.readUInt32BE(4),
          lastSenderReport: packet.readUInt32BE(10),
          blocks: readBlocks(packet, 28, count),
        },
      ];
    case RtcpType.rr:
      return packet.length < 8 ? [] : [{ type: 'receiver-report', blocks: readBlocks(packet, 8, count) }];
    case RtcpType.bye:
      return [{ type: 'bye', ssrcs: readWords(packet, 4, count) }];
    case RtcpType.xr:
      return packet.length < 8 ? [] : parseExtendedReport(packet);
    case RtcpType.rtpfb:
      return packet.length < 12 ? [] : parseTransportFeedback(packet, count);
    case RtcpType.psfb:
      return packet.length < 12 ? [] : parsePayloadFeedback(packet, count);
    default:
      return [];
  }
}

function parseExtendedReport(packet: Buffer): RtcpItem[] {
  const items: RtcpItem[] = [];
  for (let at = 8; at + 4 <= packet.length; at += 4 + 4 * packet.readUInt16BE(at + 2)) {
    if (packet.readUInt8(at) !== ReportBlockType.receiverReferenceTime || at + 12 > packet.length) continue;
    items.push({
      type: 'reference-time',
      ssrc: packet.readUInt32BE(4),
      middleNtp: packet.readUInt32BE(at + 6),
    });
  }
  return items;
}

function readBlocks(packet: Buffer, from: number, count: number): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  for (let at = from; at + 24 <= packet.length && blocks.length < count; at += 24) {
    blocks.push({
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet.readUInt8(at + 4),
      packetsLost: packet.readIntBE(at + 5, 3),
      highestSequence: packet.readUInt32BE(at + 8),
      jitter: packet.readUInt32BE(at + 12),
      lastSenderReport: packet.readUInt32BE(at + 16),
      delaySinceLastSenderReport: packet.readUInt32BE(at + 20),
    });
  }
  return blocks;
}

function readWords(packet: Buffer, from: number, count: number): number[] {
  const words: number[] = [];
  for (let at = from; at + 4 <= packet.length && words.length < count; at += 4)
    words.push(packet.readUInt32BE(at));
  return words;
}

function parseTransportFeedback(packet: Buffer, format: number): RtcpItem[] {
  if (format === FeedbackFormat.transportWide) return [{ type: 'transport-wide' }];
  if (format !== FeedbackFormat.nack) return [];
  const sequences: number[] = [];
  for (const word of readWords(packet, 12, packet.length)) {
    const first = word >>> 16;
    sequences.push(first);
    for (let bit = 0; bit < 16; bit += 1) {
      if ((word & (1 << bit)) !== 0) sequences.push((first + bit + 1) & 0xffff);
    }
  }
  return [{ type: 'nack', ssrc: packet.readUInt32BE(8), sequences }];
}

function parsePayloadFeedback(packet: Buffer, format: number): RtcpItem[] {
  if (format === FeedbackFormat.pli) return [{ type: 'pli', ssrc: packet.readUInt32BE(8) }];
  if (format === FeedbackFormat.fir) {
    const items: RtcpItem[] = [];
    for (let at = 12; at + 8 <= packet.length; at += 8) {
      items.push({ type: 'fir', ssrc: packet.readUInt32BE(at), sequence: packet.readUInt8(at + 4) });
    }
    return items;
  }
  if (format !== FeedbackFormat.applicationLayer || packet.length < 20) return [];
  if (packet.toString('latin1', 12, 16) !== 'REMB') return [];
  const word = packet.readUInt32BE(16);
  return [{ type: 'remb', bitrateBps: (word & 0x3ffff) * 2 ** ((word >>> 18) & 0x3f) }];
}
