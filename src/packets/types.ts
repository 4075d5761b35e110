/**
 * The packet loop: receives and counts, protects and sends, in batches, on the thread that made it. Two
 * implementations stand behind this interface, a native addon and a TypeScript one, and one contract test holds
 * them together. Whatever happens once (ICE, DTLS, feedback policy) is its caller's.
 */

/** RFC 3711 and RFC 7714, by the names of RFC 5764 and RFC 7714. */
export type SrtpProfile = 'AES_CM_128_HMAC_SHA1_80' | 'AEAD_AES_128_GCM';

export interface SrtpKeys {
  profile: SrtpProfile;
  /** Master keys, 16 bytes, and salts, 14 bytes (CM) or 12 bytes (GCM). */
  sendKey: Uint8Array;
  sendSalt: Uint8Array;
  receiveKey: Uint8Array;
  receiveSalt: Uint8Array;
}

/** How the payload is looked into for key frames. */
export type PayloadFormat = 'opus' | 'vp8' | 'h264';

/** Header extension ids of what a socket receives (RFC 8285), null where not negotiated. */
export interface ReceiveExtensions {
  transportSequenceId: number | null;
  captureTimeId: number | null;
}

export interface StreamOptions {
  ssrc: number;
  /** SSRC of its retransmissions (RFC 4588). */
  rtxSsrc: number | null;
  clockRateHz: number;
  format: PayloadFormat;
}

/** What the loop counts of one received stream. Times are monotonic milliseconds, 0 until it happened. */
export const StreamField = {
  /** RTP packets on the main SSRC, duplicates included. */
  packets: 0,
  payloadBytes: 1,
  headerBytes: 2,
  /** Packets on the retransmission SSRC. */
  retransmitted: 3,
  /** Different sequence numbers that arrived, either way. */
  unique: 4,
  /** First sequence number. */
  baseSequence: 5,
  /** Highest sequence number with its cycles (RFC 3550, A.1). */
  highestSequence: 6,
  outOfOrder: 7,
  duplicates: 8,
  /** RFC 3550, A.8, in units of the clock rate. */
  jitter: 9,
  /** Sequence numbers that were skipped and did not come late by themselves. */
  lostBeforeRepair: 10,
  /** Frames of which every packet arrived. */
  frames: 11,
  keyFrames: 12,
  freezes: 13,
  freezesMs: 14,
  firstArrivalMs: 15,
  firstFrameMs: 16,
  lastArrivalMs: 17,
  /** Sum and number of one-way delays read from abs-capture-time. */
  delaySumMs: 18,
  delayCount: 19,
  /** Packets whose authentication tag was verified: one of the first of a stream and a sample of the others. */
  authenticated: 20,
  authenticationFailures: 21,
  /** State of the jitter estimate. */
  transit: 22,
} as const;
export const STREAM_FIELDS = 24;

/** How many sequence numbers back a stream knows which arrived; a power of two. */
export const WINDOW_PACKETS = 2048;

export interface ReceiveStream {
  readonly id: number;
  /** Indexed by StreamField; the loop writes, everyone reads. */
  readonly counters: Float64Array;
  /** A bit for each of the last WINDOW_PACKETS sequence numbers: bit `seq % 32` of word `seq / 32 % 64`. */
  readonly window: Uint32Array;
}

export const SocketField = {
  /** UDP datagrams and their payload bytes. */
  datagramsReceived: 0,
  bytesReceived: 1,
  /** Of those, what is not RTP: STUN, DTLS, RTCP. */
  controlReceived: 2,
  datagramsSent: 3,
  bytesSent: 4,
  controlSent: 5,
  /** Datagrams that the kernel did not take. */
  sendErrors: 6,
  /** RTP of no stream that was added, bandwidth probes among them. */
  unknownRtp: 7,
  /** RTCP whose authentication tag was wrong. */
  authenticationFailures: 8,
  /** Entries ever written to `arrivals`. */
  arrivals: 9,
  lastReceivedMs: 10,
} as const;
export const SOCKET_FIELDS = 12;

/** Entries of the ring of transport-wide arrivals; a power of two. */
export const ARRIVALS = 1024;

export interface PacketSocket {
  readonly id: number;
  readonly localPort: number;
  readonly localAddress: string;
  /** Indexed by SocketField. */
  readonly counters: Float64Array;
  /**
   * Ring of ARRIVALS pairs: transport-wide sequence number, arrival in 250 µs since the loop's `epochMs`. Empty
   * (length 0) where the socket was opened without.
   */
  readonly arrivals: Uint32Array;
}

export interface OpenOptions {
  address: string;
  port: number;
  /** Whether transport-wide sequence numbers are to be recorded. */
  recordArrivals: boolean;
  /** SO_RCVBUF in bytes; the kernel may cap it. */
  receiveBufferBytes: number;
}

/** Called while the loop works; data is only good until the call returns. */
export interface PacketHandlers {
  /** STUN or DTLS. */
  onControl(socketId: number, data: Uint8Array, receivedAtMs: number): void;
  /** Authenticated and decrypted RTCP. */
  onRtcp(socketId: number, packet: Uint8Array, receivedAtMs: number): void;
  /** Sequence numbers `first … first + count - 1` (extended) were skipped. */
  onGap(streamId: number, first: number, count: number): void;
  /** The decrypted beginning of a key frame's first packet, payload descriptor included. */
  onKeyFrame(streamId: number, head: Uint8Array): void;
}

export interface PacketLoop {
  readonly kind: 'native' | 'typescript';
  /** Monotonic milliseconds from which `arrivals` count. */
  readonly epochMs: number;
  /** Where the next RTP packet is written, in the clear; at least MAX_PACKET_BYTES from `nextOffset` are free. */
  readonly outgoing: Buffer;
  readonly nextOffset: number;
  /** Opens a UDP socket connected to the address. */
  open(options: OpenOptions): Promise<PacketSocket>;
  close(socketId: number): void;
  setKeys(socketId: number, keys: SrtpKeys, extensions: ReceiveExtensions): void;
  addStream(socketId: number, options: StreamOptions): ReceiveStream;
  removeStream(streamId: number): void;
  /** Forgets when the last frame came, so that a pause is not taken for a freeze. */
  restartFrames(streamId: number): void;
  /** Sends STUN or DTLS as it is. */
  sendControl(socketId: number, data: Uint8Array): void;
  /** Protects and sends a compound RTCP packet. */
  sendRtcp(socketId: number, packet: Uint8Array): void;
  /** Takes the RTP packet of `length` bytes that was written at `nextOffset`; it leaves with `flush`. */
  queueRtp(socketId: number, length: number): void;
  /** Protects and sends what was queued. */
  flush(): void;
  /** Receives what has come and calls the handlers. */
  poll(): void;
  /** How long `poll` may wait now, `inHurry` when answers are waited for; Infinity: Node's event loop receives. */
  pollIntervalMs(inHurry: boolean): number;
  /** Closes every socket. Idempotent. */
  dispose(): void;
}

/** Largest RTP packet in the clear, with room for the authentication tag. */
export const MAX_PACKET_BYTES = 1500;
