/** How a frame is cut into RTP payloads, done once when a track is read. */

export interface Unit {
  offset: number;
  length: number;
}

/** One payload: `prefix` (fixed bytes) and then a piece of the track's data. */
export interface MediaPacket {
  prefix: Buffer;
  offset: number;
  length: number;
  /** First of its frame: the S bit of a VP8 payload descriptor. */
  begins: boolean;
}

/** With payload descriptor and header extensions an RTP packet of at most 1200 bytes, as libwebrtc's are. */
export const MAX_PAYLOAD_BYTES = 1160;
const NOTHING = Buffer.alloc(0);

/** Cuts evenly, as browsers do: packets of a frame differ by one byte at most. */
function cut(unit: Unit, maxBytes: number): Unit[] {
  const pieces = Math.max(1, Math.ceil(unit.length / maxBytes));
  const result: Unit[] = [];
  let at = 0;
  for (let i = 0; i < pieces; i += 1) {
    const end = Math.floor(((i + 1) * unit.length) / pieces);
    result.push({ offset: unit.offset + at, length: end - at });
    at = end;
  }
  return result;
}

/** The payload descriptor before each piece changes with every frame and is written when sending. */
export function packetizeVp8(_data: Buffer, units: readonly Unit[]): MediaPacket[] {
  return units.flatMap((unit) =>
    cut(unit, MAX_PAYLOAD_BYTES).map((piece, i) => ({ prefix: NOTHING, ...piece, begins: i === 0 })),
  );
}

export function packetizeOpus(_data: Buffer, units: readonly Unit[]): MediaPacket[] {
  return units.map((unit) => ({ prefix: NOTHING, ...unit, begins: true }));
}

/** RFC 6184, packetization mode 1: parameter sets aggregated (STAP-A), large units fragmented (FU-A). */
export function packetizeH264(data: Buffer, units: readonly Unit[]): MediaPacket[] {
  const packets: MediaPacket[] = [];
  const isParameterSet = (unit: Unit) => [7, 8].includes(data.readUInt8(unit.offset) & 0x1f);
  const parameterSets = units.filter(isParameterSet);
  if (parameterSets.length > 0) {
    const parts = parameterSets.flatMap((unit) => {
      const size = Buffer.alloc(2);
      size.writeUInt16BE(unit.length);
      return [size, data.subarray(unit.offset, unit.offset + unit.length)];
    });
    packets.push({
      prefix: Buffer.concat([Buffer.from([0x78]), ...parts]),
      offset: 0,
      length: 0,
      begins: true,
    });
  }
  for (const unit of units) {
    if (isParameterSet(unit)) continue;
    if (unit.length <= MAX_PAYLOAD_BYTES) {
      packets.push({ prefix: NOTHING, ...unit, begins: packets.length === 0 });
      continue;
    }
    const header = data.readUInt8(unit.offset);
    const pieces = cut({ offset: unit.offset + 1, length: unit.length - 1 }, MAX_PAYLOAD_BYTES - 2);
    for (const [i, piece] of pieces.entries()) {
      const start = i === 0 ? 0x80 : 0;
      const end = i === pieces.length - 1 ? 0x40 : 0;
      const prefix = Buffer.from([(header & 0xe0) | 28, start | end | (header & 0x1f)]);
      packets.push({ prefix, ...piece, begins: packets.length === 0 });
    }
  }
  return packets;
}
