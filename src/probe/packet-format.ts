/**
 * The head of every packet of the built-in prober, big-endian:
 *
 *     0  magic, "rtcb"            4 bytes
 *     4  session token            8 bytes, random: nobody else's packets are counted
 *    12  flow                     2 bytes
 *    14  reserved                 2 bytes
 *    16  sequence number          4 bytes, from 0, per flow
 *    20  send time in ms          8 bytes, IEEE double, the sender's monotonic clock
 *
 * The rest is padding, up to the size that the shape asks for.
 */
export const PACKET_MAGIC = 0x72746362;
export const HEADER_BYTES = 28;
export const TOKEN_BYTES = 8;
const TOKEN_OFFSET = 4;
const FLOW_OFFSET = 12;
const SEQUENCE_OFFSET = 16;
const TIME_OFFSET = 20;

/** A packet with everything but its sequence number and time. */
export function packetTemplate(token: Uint8Array, flow: number, sizeBytes: number): Buffer {
  const packet = Buffer.alloc(sizeBytes);
  packet.writeUInt32BE(PACKET_MAGIC, 0);
  packet.set(token.subarray(0, TOKEN_BYTES), TOKEN_OFFSET);
  packet.writeUInt16BE(flow, FLOW_OFFSET);
  return packet;
}

export function stampPacket(packet: Buffer, sequence: number, sentMs: number): void {
  packet.writeUInt32BE(sequence, SEQUENCE_OFFSET);
  packet.writeDoubleBE(sentMs, TIME_OFFSET);
}

/** The two halves of a token, to compare without allocating. */
export interface TokenWords {
  high: number;
  low: number;
}

export function tokenWords(token: Uint8Array): TokenWords {
  const view = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  return { high: view.readUInt32BE(0), low: view.readUInt32BE(4) };
}

/**
 * Whether the `length` bytes at `offset` are one of this session's packets; anything may come in on an open port.
 */
export function belongsTo(data: Buffer, offset: number, length: number, token: TokenWords): boolean {
  return (
    length >= HEADER_BYTES &&
    data.readUInt32BE(offset) === PACKET_MAGIC &&
    data.readUInt32BE(offset + TOKEN_OFFSET) === token.high &&
    data.readUInt32BE(offset + TOKEN_OFFSET + 4) === token.low
  );
}

export const packetFlow = (data: Buffer, offset: number): number => data.readUInt16BE(offset + FLOW_OFFSET);
export const packetSequence = (data: Buffer, offset: number): number =>
  data.readUInt32BE(offset + SEQUENCE_OFFSET);
export const packetSentMs = (data: Buffer, offset: number): number => data.readDoubleBE(offset + TIME_OFFSET);
