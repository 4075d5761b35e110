const RECORD_HEADER_BYTES = 13;
const HANDSHAKE_HEADER_BYTES = 12;
const CONTENT: Record<number, string> = { 20: 'ChangeCipherSpec', 21: 'Alert', 22: 'Handshake', 23: 'Data' };
const HANDSHAKE: Record<number, string> = {
  1: 'ClientHello',
  2: 'ServerHello',
  3: 'HelloVerifyRequest',
  11: 'Certificate',
  12: 'ServerKeyExchange',
  13: 'CertificateRequest',
  14: 'ServerHelloDone',
  15: 'CertificateVerify',
  16: 'ClientKeyExchange',
  20: 'Finished',
};
const EXTENSIONS: Record<number, string> = {
  10: 'supported_groups',
  11: 'ec_point_formats',
  13: 'signature_algorithms',
  14: 'use_srtp',
  16: 'application_layer_protocol_negotiation',
  23: 'extended_master_secret',
  35: 'session_ticket',
  43: 'supported_versions',
  45: 'psk_key_exchange_modes',
  51: 'key_share',
  65281: 'renegotiation_info',
};

/** What a datagram of DTLS holds, by the names of RFC 5246: a record that is encrypted shows its type only. */
export function viewDtls(datagram: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.length; ) {
    const type = datagram.readUInt8(at);
    const epoch = datagram.readUInt16BE(at + 3);
    const length = datagram.readUInt16BE(at + 11);
    const body = datagram.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    if (type === 22 && epoch === 0) names.push(...handshakes(body));
    else names.push(`${CONTENT[type] ?? `type ${type}`}${epoch > 0 ? ' (encrypted)' : ''}`);
    at += RECORD_HEADER_BYTES + length;
  }
  return names;
}

/** The handshake messages in a record; of a fragmented one the first piece. */
function handshakes(body: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + HANDSHAKE_HEADER_BYTES <= body.length; ) {
    if (body.readUIntBE(at + 6, 3) === 0) names.push(HANDSHAKE[body.readUInt8(at)] ?? 'Handshake');
    at += HANDSHAKE_HEADER_BYTES + body.readUIntBE(at + 9, 3);
  }
  return names;
}

export interface ClientHelloView {
  recordVersion: string;
  bytes: number;
  version: string;
  cipherSuites: string[];
  extensions: string[];
  supportedGroups: string[];
  signatureAlgorithms: string[];
  /** Empty where only `version` is offered. */
  supportedVersions: string[];
  srtpProfiles: string[];
  sessionIdBytes: number;
}

/** The first ClientHello that a client sent, put together from its fragments; null where there is none. */
export function viewClientHello(sent: readonly Buffer[]): ClientHelloView | null {
  let body = Buffer.alloc(0);
  let recordVersion = 0;
  for (const datagram of sent) {
    for (let at = 0; at + RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES <= datagram.length; ) {
      const handshake = datagram.subarray(at + RECORD_HEADER_BYTES);
      const isFirstHello =
        datagram.readUInt8(at) === 22 && handshake.readUInt8(0) === 1 && handshake.readUInt16BE(4) === 0;
      if (isFirstHello && handshake.readUIntBE(6, 3) === body.length) {
        recordVersion = datagram.readUInt16BE(at + 1);
        const fragment = handshake.subarray(
          HANDSHAKE_HEADER_BYTES,
          HANDSHAKE_HEADER_BYTES + handshake.readUIntBE(9, 3),
        );
        body = Buffer.concat([body, fragment]);
        if (body.length === handshake.readUIntBE(1, 3)) return readClientHello(body, recordVersion);
      }
      at += RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
    }
  }
  return null;
}

function readClientHello(body: Buffer, recordVersion: number): ClientHelloView {
  let at = 34;
  const sessionIdBytes = body.readUInt8(at);
  at += 1 + sessionIdBytes;
  at += 1 + body.readUInt8(at);
  const suites = body.subarray(at + 2, at + 2 + body.readUInt16BE(at));
  at += 2 + suites.length;
  at += 1 + body.readUInt8(at);
  const contents = new Map<string, Buffer>();
  for (at += 2; at + 4 <= body.length; ) {
    const type = body.readUInt16BE(at);
    const length = body.readUInt16BE(at + 2);
    contents.set(EXTENSIONS[type] ?? `extension ${type}`, body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const list = (name: string) => {
    const content = contents.get(name);
    return content === undefined ? [] : words(content.subarray(2, 2 + content.readUInt16BE(0)));
  };
  const versions = contents.get('supported_versions');
  return {
    recordVersion: hex(recordVersion),
    bytes: body.length,
    version: hex(body.readUInt16BE(0)),
    cipherSuites: words(suites),
    extensions: [...contents.keys()],
    supportedGroups: list('supported_groups'),
    signatureAlgorithms: list('signature_algorithms'),
    supportedVersions: versions === undefined ? [] : words(versions.subarray(1)),
    srtpProfiles: list('use_srtp'),
    sessionIdBytes,
  };
}

/** Cipher suite and SRTP profile of the server's hello; null where it is missing. */
export function viewServerHello(received: readonly Buffer[]): string | null {
  const hello = received.find(
    (data) => data.readUInt8(0) === 22 && data.length > 60 && data.readUInt8(RECORD_HEADER_BYTES) === 2,
  );
  if (hello === undefined) return null;
  const begins = RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES;
  const body = hello.subarray(begins, begins + hello.readUIntBE(RECORD_HEADER_BYTES + 9, 3));
  let at = 35 + body.readUInt8(34);
  const suite = hex(body.readUInt16BE(at));
  let profile = 'none';
  for (at += 5; at + 4 <= body.length; at += 4 + body.readUInt16BE(at + 2)) {
    if (EXTENSIONS[body.readUInt16BE(at)] === 'use_srtp') profile = hex(body.readUInt16BE(at + 6));
  }
  return `${suite}, ${profile}`;
}

function words(data: Buffer): string[] {
  return Array.from({ length: data.length >> 1 }, (_, i) => hex(data.readUInt16BE(2 * i)));
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
