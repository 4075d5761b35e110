const HEADER_BYTES = 20;
const TYPES: Record<number, string> = {
  1: 'binding request',
  17: 'binding indication',
  257: 'binding success',
  273: 'binding error',
};
/** RFC 8489, RFC 8445, and what libwebrtc adds (`api/transport/stun.h`). */
const ATTRIBUTES: Record<number, string> = {
  6: 'USERNAME',
  8: 'MESSAGE-INTEGRITY',
  9: 'ERROR-CODE',
  32: 'XOR-MAPPED-ADDRESS',
  36: 'PRIORITY',
  37: 'USE-CANDIDATE',
  32802: 'SOFTWARE',
  32808: 'FINGERPRINT',
  32809: 'ICE-CONTROLLED',
  32810: 'ICE-CONTROLLING',
  49153: 'NOMINATION',
  49239: 'GOOG-NETWORK-INFO',
  49240: 'GOOG-LAST-ICE-CHECK-RECEIVED',
  49241: 'GOOG-MISC-INFO',
  49242: 'GOOG-OBSOLETE-1',
  49243: 'GOOG-CONNECTION-ID',
  49244: 'GOOG-DELTA',
  49245: 'GOOG-DELTA-ACK',
  49248: 'GOOG-MESSAGE-INTEGRITY-32',
  49264: 'META-DTLS-IN-STUN',
  49265: 'META-DTLS-IN-STUN-ACK',
};

export interface StunView {
  type: string;
  attributes: string[];
  /** Value of PRIORITY, null where it is missing. */
  priority: number | null;
}

/** The parts of a STUN message that a peer can tell clients apart by. */
export function viewStun(data: Buffer): StunView {
  const attributes: string[] = [];
  let priority: number | null = null;
  for (let at = HEADER_BYTES; at + 4 <= data.length; ) {
    const type = data.readUInt16BE(at);
    const length = data.readUInt16BE(at + 2);
    const name = ATTRIBUTES[type] ?? `0x${type.toString(16)}`;
    attributes.push(name);
    if (name === 'PRIORITY' && at + 8 <= data.length) priority = data.readUInt32BE(at + 4);
    at += 4 + ((length + 3) & ~3);
  }
  const type = data.readUInt16BE(0);
  return { type: TYPES[type] ?? `STUN 0x${type.toString(16)}`, attributes, priority };
}
