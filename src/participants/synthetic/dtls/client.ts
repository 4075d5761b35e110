import {
  createECDH,
  createHash,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import type { SrtpKeys, SrtpProfile } from '../../../packets/types.ts';
import { type Certificate, fingerprint } from './certificate.ts';
import { exportSrtpKeys, prf, type RecordKeys, recordKeys } from './key-schedule.ts';
import {
  clientHello,
  DtlsError,
  ECDSA_SHA256,
  frame,
  HandshakeType,
  Reader,
  RSA_SHA256,
  readCertificate,
  readServerHello,
  readServerKeyExchange,
  type ServerHello,
  type ServerKeyExchange,
  vector,
} from './messages.ts';
import { type HandshakeMessage, Reassembly } from './reassembly.ts';
import {
  ContentType,
  DTLS_1_0,
  DTLS_1_2,
  type DtlsRecord,
  openRecord,
  RecordWriter,
  readRecords,
} from './records.ts';

/** Browsers begin sooner than the second of RFC 6347, section 4.2.4.1, because ICE has measured the path. */
const FIRST_TIMEOUT_MS = 100;
const MAX_TIMEOUT_MS = 3200;
/** Datagrams of a flight stay below the smallest MTU that is met in practice. */
const MAX_DATAGRAM_BYTES = 1200;
const VERIFY_DATA_BYTES = 12;
const CLOSE_NOTIFY = Buffer.from([1, 0]);
const FATAL = 2;

export interface Fingerprint {
  /** As in RFC 8122, e.g. `sha-256`. */
  algorithm: string;
  value: string;
}

export interface DtlsOptions {
  certificate: Certificate;
  /** The peer's, from signalling; one that matches is enough. */
  fingerprints: readonly Fingerprint[];
  /** Offered, best first. */
  profiles: readonly SrtpProfile[];
  send(datagram: Buffer): void;
  nowMs(): number;
  /** The peer ended the session (close_notify or a fatal alert) after it was established. */
  onClosed(reason: string): void;
}

interface FlightRecord {
  type: number;
  epoch: 0 | 1;
  body: Buffer;
}

type Phase = 'idle' | 'hello' | 'server-flight' | 'finishing' | 'established' | 'closed';

/**
 * A DTLS 1.2 client (RFC 6347) for WebRTC: ECDHE on P-256 with AES-128-GCM, extended master secret (RFC 7627),
 * use_srtp (RFC 5764), both certificates checked against fingerprints. It exists once per transport, so it is
 * written for few allocations and one public-key operation of each kind, not for generality.
 */
export class DtlsClient {
  readonly keys: Promise<SrtpKeys>;
  readonly #options: DtlsOptions;
  readonly #writer = new RecordWriter();
  readonly #reassembly = new Reassembly();
  readonly #random = randomBytes(32);
  #phase: Phase = 'idle';
  #transcript: Buffer[] = [];
  #nextSequence = 0;
  #flight: FlightRecord[] = [];
  #timeoutMs = FIRST_TIMEOUT_MS;
  #retransmitAtMs = Number.POSITIVE_INFINITY;
  #server: ServerHello | null = null;
  #serverCertificate: Buffer | null = null;
  #serverKey: KeyObject | null = null;
  #keyExchange: ServerKeyExchange | null = null;
  #certificateRequested = false;
  #master: Buffer = Buffer.alloc(0);
  #recordKeys: RecordKeys | null = null;
  #resolve: (keys: SrtpKeys) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(options: DtlsOptions) {
    this.#options = options;
    this.keys = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.keys.catch(() => {});
  }

  start(): void {
    if (this.#phase === 'idle') this.#hello(Buffer.alloc(0));
  }

  /** Sends the last flight again when its time-out has passed. */
  tick(): void {
    if (this.#options.nowMs() < this.#retransmitAtMs) return;
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, MAX_TIMEOUT_MS);
    this.#sendFlight();
  }

  receive(datagram: Buffer): void {
    if (this.#phase === 'idle' || this.#phase === 'closed') return;
    try {
      for (const record of readRecords(datagram)) this.#record(record);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new DtlsError(String(error)));
    }
  }

  /** Tells the peer that the session is over. Idempotent. */
  close(): void {
    if (this.#phase === 'established') {
      this.#options.send(this.#writer.write(ContentType.alert, 1, CLOSE_NOTIFY));
    }
    this.#end();
    this.#reject(new DtlsError('the session was closed'));
  }

  #end(): void {
    this.#phase = 'closed';
    this.#retransmitAtMs = Number.POSITIVE_INFINITY;
  }

  #fail(error: Error): void {
    this.#end();
    this.#reject(error);
  }

  #record(record: DtlsRecord): void {
    const content = this.#open(record);
    if (content === null) return;
    if (record.type === ContentType.alert) this.#alert(content);
    if (record.type !== ContentType.handshake) return;
    for (const message of this.#reassembly.add(content)) this.#message(message);
  }

  /** Content of a record, or null for one that is not protected as its epoch should be. */
  #open(record: DtlsRecord): Buffer | null {
    if (record.epoch === 0) return this.#phase === 'established' ? null : record.body;
    if (this.#recordKeys === null) return null;
    return openRecord({ key: this.#recordKeys.serverKey, iv: this.#recordKeys.serverIv }, record);
  }

  #alert(content: Buffer): void {
    const level = content[0] ?? 0;
    const description = content[1] ?? 0;
    const isClose = description === 0;
    if (level !== FATAL && !isClose) return;
    const reason = isClose ? 'the peer closed the DTLS session' : `the peer sent DTLS alert ${description}`;
    if (this.#phase === 'established') {
      this.#end();
      this.#options.onClosed(reason);
    } else {
      this.#fail(new DtlsError(reason));
    }
  }

  #message({ type, sequence, body }: HandshakeMessage): void {
    if (type === HandshakeType.helloVerifyRequest && this.#phase === 'hello') {
      const reader = new Reader(body);
      reader.uint(2);
      // Neither the first hello nor this answer belongs to the transcript (RFC 6347, section 4.2.1).
      this.#transcript = [];
      this.#hello(Buffer.from(reader.vector(1)));
      return;
    }
    if (type === HandshakeType.finished) {
      this.#finished(body);
      return;
    }
    this.#transcript.push(frame(type, sequence, body));
    if (type === HandshakeType.serverHello) {
      this.#phase = 'server-flight';
      this.#server = readServerHello(body);
    }
    if (type === HandshakeType.certificate) this.#peerCertificate(readCertificate(body));
    if (type === HandshakeType.serverKeyExchange) this.#keyExchange = readServerKeyExchange(body);
    if (type === HandshakeType.certificateRequest) this.#certificateRequested = true;
    if (type === HandshakeType.serverHelloDone) this.#answer();
  }

  #hello(cookie: Buffer): void {
    this.#phase = 'hello';
    this.#timeoutMs = FIRST_TIMEOUT_MS;
    this.#flight = [];
    this.#add(HandshakeType.clientHello, clientHello(this.#random, cookie, this.#options.profiles));
    this.#sendFlight();
  }

  #peerCertificate(der: Buffer): void {
    const matches = this.#options.fingerprints.some(
      ({ algorithm, value }) => fingerprint(algorithm, der) === value.toUpperCase(),
    );
    if (!matches) throw new DtlsError('the certificate of the peer does not match its fingerprint');
    this.#serverCertificate = der;
    this.#serverKey = new X509Certificate(der).publicKey;
  }

  /** The server's flight is complete: check it and answer with ours. */
  #answer(): void {
    const server = this.#server;
    const exchange = this.#keyExchange;
    const key = this.#serverKey;
    if (server === null || exchange === null || key === null || this.#serverCertificate === null) {
      throw new DtlsError('the peer left out a part of its handshake');
    }
    if (exchange.algorithm !== ECDSA_SHA256 && exchange.algorithm !== RSA_SHA256) {
      throw new DtlsError('the peer signed with an algorithm that was not offered');
    }
    const signed = Buffer.concat([this.#random, server.random, exchange.signed]);
    if (!verify('sha256', signed, key, exchange.signature)) {
      throw new DtlsError('the signature of the peer is wrong');
    }
    const ecdh = createECDH('prime256v1');
    const publicKey = ecdh.generateKeys();
    const premaster = ecdh.computeSecret(exchange.publicKey);
    const { certificate } = this.#options;
    this.#flight = [];
    if (this.#certificateRequested) {
      this.#add(HandshakeType.certificate, vector(3, vector(3, certificate.der)));
    }
    this.#add(HandshakeType.clientKeyExchange, vector(1, publicKey));
    this.#master = prf(premaster, 'extended master secret', this.#hash(), 48);
    if (this.#certificateRequested) {
      const signature = sign('sha256', Buffer.concat(this.#transcript), certificate.privateKey);
      const algorithm = Buffer.from([ECDSA_SHA256 >> 8, ECDSA_SHA256 & 0xff]);
      this.#add(HandshakeType.certificateVerify, Buffer.concat([algorithm, vector(2, signature)]));
    }
    this.#recordKeys = recordKeys(this.#master, this.#random, server.random);
    this.#writer.setKey({ key: this.#recordKeys.clientKey, iv: this.#recordKeys.clientIv });
    this.#flight.push({ type: ContentType.changeCipherSpec, epoch: 0, body: Buffer.from([1]) });
    this.#add(
      HandshakeType.finished,
      prf(this.#master, 'client finished', this.#hash(), VERIFY_DATA_BYTES),
      1,
    );
    this.#phase = 'finishing';
    this.#timeoutMs = FIRST_TIMEOUT_MS;
    this.#sendFlight();
  }

  #finished(verifyData: Buffer): void {
    const server = this.#server;
    if (this.#phase !== 'finishing' || server === null) return;
    if (!prf(this.#master, 'server finished', this.#hash(), VERIFY_DATA_BYTES).equals(verifyData)) {
      throw new DtlsError('the peer finished another handshake than ours');
    }
    this.#phase = 'established';
    this.#retransmitAtMs = Number.POSITIVE_INFINITY;
    this.#forgetHandshake();
    this.#resolve(exportSrtpKeys(server.profile, this.#master, this.#random, server.random));
  }

  /** A session lasts for hours, and so would whatever its small buffers were cut from. */
  #forgetHandshake(): void {
    this.#flight = [];
    this.#transcript = [];
    this.#server = null;
    this.#serverCertificate = null;
    this.#serverKey = null;
    this.#keyExchange = null;
  }

  #hash(): Buffer {
    const hash = createHash('sha256');
    for (const message of this.#transcript) hash.update(message);
    return hash.digest();
  }

  /** Adds a handshake message to the flight and the transcript. */
  #add(type: number, body: Buffer, epoch: 0 | 1 = 0): void {
    const framed = frame(type, this.#nextSequence, body);
    this.#nextSequence += 1;
    this.#transcript.push(framed);
    this.#flight.push({ type: ContentType.handshake, epoch, body: framed });
  }

  #sendFlight(): void {
    let datagram: Buffer[] = [];
    let bytes = 0;
    for (const { type, epoch, body } of this.#flight) {
      const version = this.#phase === 'hello' ? DTLS_1_0 : DTLS_1_2;
      const record = this.#writer.write(type, epoch, body, version);
      if (bytes > 0 && bytes + record.length > MAX_DATAGRAM_BYTES) {
        this.#options.send(Buffer.concat(datagram));
        datagram = [];
        bytes = 0;
      }
      datagram.push(record);
      bytes += record.length;
    }
    if (bytes > 0) this.#options.send(Buffer.concat(datagram));
    this.#retransmitAtMs = this.#options.nowMs() + this.#timeoutMs;
  }
}
