import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createTransform } from '../../src/packets/srtp.ts';
import type { SrtpTransform } from '../../src/packets/srtp-transform.ts';
import type { SrtpKeys, SrtpProfile } from '../../src/packets/types.ts';

/** Keys of the loop under test; those of the peer are the other way round. */
export function keysOf(profile: SrtpProfile): SrtpKeys {
  const salt = profile === 'AEAD_AES_128_GCM' ? 12 : 14;
  return {
    profile,
    sendKey: Buffer.alloc(16, 1),
    sendSalt: Buffer.alloc(salt, 2),
    receiveKey: Buffer.alloc(16, 3),
    receiveSalt: Buffer.alloc(salt, 4),
  };
}

export const EXTENSIONS = { transportSequenceId: 3, captureTimeId: 7 };

/** The whole packet in the clear, or null when its tag is wrong. */
export function openRtp(
  transform: SrtpTransform,
  packet: Buffer,
  headerBytes: number,
  rollover: number,
): Buffer | null {
  if (!transform.verifyRtp(packet, packet.length, headerBytes, rollover)) return null;
  const payload = transform.peekPayload(packet, packet.length, headerBytes, rollover, packet.length);
  return Buffer.concat([packet.subarray(0, headerBytes), payload]);
}

export interface RtpFields {
  ssrc: number;
  sequence: number;
  timestamp: number;
  marker?: boolean;
  payloadType?: number;
  payload: Buffer;
  transportSequence?: number;
}

/** An RTP packet with the transport-wide sequence number as its extension. */
export function rtp(fields: RtpFields): { packet: Buffer; headerBytes: number } {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x90, 0);
  header.writeUInt8((fields.marker === true ? 0x80 : 0) | (fields.payloadType ?? 96), 1);
  header.writeUInt16BE(fields.sequence, 2);
  header.writeUInt32BE(fields.timestamp, 4);
  header.writeUInt32BE(fields.ssrc, 8);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(1, 14);
  header.writeUInt8((EXTENSIONS.transportSequenceId << 4) | 1, 16);
  header.writeUInt16BE(fields.transportSequence ?? 0, 17);
  return { packet: Buffer.concat([header, fields.payload]), headerBytes: header.length };
}

/** A VP8 payload: descriptor with the S bit, and the beginning of a frame. */
export function vp8(begins: boolean, key: boolean, bytes = 100): Buffer {
  const payload = Buffer.alloc(bytes, 0x55);
  payload.writeUInt8(begins ? 0x10 : 0, 0);
  if (!begins) return payload;
  payload.writeUInt8(key ? 0x10 : 0x11, 1);
  // Start code, 640 × 360.
  if (key) Buffer.from([0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]).copy(payload, 4);
  return payload;
}

/** A plain socket on loopback that speaks SRTP with transforms that are held to the RFCs' test vectors. */
export class Peer {
  readonly received: Buffer[] = [];
  readonly send: SrtpTransform;
  readonly receive: SrtpTransform;
  readonly #socket: Socket;

  private constructor(socket: Socket, profile: SrtpProfile) {
    const keys = keysOf(profile);
    this.#socket = socket;
    this.send = createTransform(profile, keys.receiveKey, keys.receiveSalt);
    this.receive = createTransform(profile, keys.sendKey, keys.sendSalt);
    socket.on('message', (message) => this.received.push(message));
  }

  static async open(profile: SrtpProfile): Promise<Peer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Peer(socket, profile);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  deliver(packet: Buffer, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
    });
  }

  deliverRtp(fields: RtpFields, port: number, rollover = 0): Promise<void> {
    const { packet, headerBytes } = rtp(fields);
    return this.deliver(Buffer.from(this.send.protectRtp(packet, headerBytes, rollover)), port);
  }

  close(): void {
    this.#socket.close();
  }
}
