import { randomBytes, randomFillSync } from 'node:crypto';
import {
  type DecodedStun,
  decodeStun,
  encodeAgain,
  encodeStun,
  type StunKey,
  type StunMessage,
  StunType,
  stunKey,
} from './stun.ts';

/** Initial retransmission time-out and number of checks: RFC 8489, section 6.2.1, with the pace of browsers. */
const FIRST_CHECK_INTERVAL_MS = 50;
const MAX_CHECK_INTERVAL_MS = 800;
/** Browsers check a working pair this often; RFC 7675, section 5.1 wants it spread by 0.8 to 1.2. */
const CONSENT_INTERVAL_MS = 2500;
/** RFC 7675, section 5.1. */
const CONSENT_TIMEOUT_MS = 30_000;
/** What libwebrtc gives an IPv4 address of an interface that it knows nothing else of. */
const LOCAL_PREFERENCE = 30;
/** RFC 8445, section 5.1.2: type preference of a peer-reflexive candidate, local preference, component 1. */
const PRIORITY = 110 * 2 ** 24 + LOCAL_PREFERENCE * 2 ** 8 + 255;
const OUTSTANDING = 16;

/** Random bytes are fetched for many checks at once: a call for each costs as much as the rest of a check. */
const randomPool = Buffer.alloc(12 * 256);
let randomUsed = randomPool.length;

function newTransactionId(): Buffer {
  if (randomUsed === randomPool.length) {
    randomFillSync(randomPool);
    randomUsed = 0;
  }
  randomUsed += 12;
  return Buffer.from(randomPool.subarray(randomUsed - 12, randomUsed));
}

export interface IceCredentials {
  usernameFragment: string;
  password: string;
}

export function iceCredentials(): IceCredentials {
  return {
    usernameFragment: randomBytes(6).toString('base64url').slice(0, 8),
    password: randomBytes(18).toString('base64url'),
  };
}

export interface IceOptions {
  local: IceCredentials;
  remote: IceCredentials;
  remoteAddress: { address: string; port: number };
  send(data: Buffer): void;
  nowMs(): number;
  /** A number from 0 to 1, seeded. */
  random(): number;
}

/**
 * The controlling end of one candidate pair (RFC 8445) with consent (RFC 7675). As in browsers, a pair is used as
 * soon as a check of it was answered, and the next check, sent at once, nominates it.
 */
export class IceAgent {
  readonly local: IceCredentials;
  readonly connected: Promise<void>;
  /** Of the last answered check; null before that. */
  roundTripTimeMs: number | null = null;
  readonly #options: IceOptions;
  readonly #localKey: StunKey;
  readonly #remoteKey: StunKey;
  /** How both name themselves in our checks. */
  readonly #username: string;
  readonly #tieBreaker = randomBytes(8);
  #controlling = true;
  readonly #outstanding = new Map<string, number>();
  #isConnected = false;
  /** The last request, and the state that it told of. */
  #told: { request: Buffer; controlling: boolean; nominates: boolean } | null = null;
  #connect: () => void = () => {};
  #nextCheckMs = 0;
  #interval = FIRST_CHECK_INTERVAL_MS;
  #lastConsentMs: number;

  constructor(options: IceOptions) {
    this.#options = options;
    const { local, remote } = options;
    this.local = local;
    this.#localKey = stunKey(local.password);
    this.#remoteKey = stunKey(remote.password);
    this.#username = `${remote.usernameFragment}:${local.usernameFragment}`;
    this.#lastConsentMs = options.nowMs();
    this.connected = new Promise((resolve) => {
      this.#connect = resolve;
    });
  }

  /** When `tick` has something to do again. */
  get nextTickMs(): number {
    return Math.min(this.#nextCheckMs, this.#lastConsentMs + CONSENT_TIMEOUT_MS);
  }

  /** Sends a check when one is due. Returns false when consent was lost. */
  tick(): boolean {
    const now = this.#options.nowMs();
    if (now >= this.#nextCheckMs) {
      this.#check(now);
      this.#nextCheckMs = now + this.#nextInterval();
    }
    return now - this.#lastConsentMs < CONSENT_TIMEOUT_MS;
  }

  /** Takes a STUN message that came on the pair. */
  receive(data: Buffer, receivedAtMs: number): void {
    const message = decodeStun(data);
    if (message === null) return;
    if (message.type === StunType.bindingRequest) this.#answer(message);
    if (message.type === StunType.bindingSuccess) this.#succeed(message, receivedAtMs);
    if (message.type === StunType.bindingError) this.#fail(message);
  }

  #nextInterval(): number {
    if (this.#isConnected) return CONSENT_INTERVAL_MS * (0.8 + 0.4 * this.#options.random());
    const interval = this.#interval;
    this.#interval = Math.min(2 * interval, MAX_CHECK_INTERVAL_MS);
    return interval;
  }

  #check(nowMs: number): void {
    const transactionId = newTransactionId();
    this.#outstanding.set(transactionId.toString('latin1'), nowMs);
    for (const id of this.#outstanding.keys()) {
      if (this.#outstanding.size <= OUTSTANDING) break;
      this.#outstanding.delete(id);
    }
    this.#options.send(this.#request(transactionId));
  }

  /** Consent is asked for again and again in the same words. */
  #request(transactionId: Buffer): Buffer {
    const told = this.#told;
    if (told?.controlling === this.#controlling && told.nominates === this.#isConnected)
      return encodeAgain(told.request, transactionId, this.#remoteKey);
    const message: StunMessage = {
      type: StunType.bindingRequest,
      transactionId,
      username: this.#username,
      priority: PRIORITY,
      ...(this.#controlling
        ? { useCandidate: this.#isConnected, iceControlling: this.#tieBreaker }
        : { iceControlled: this.#tieBreaker }),
    };
    const encoded = encodeStun(message, this.#remoteKey);
    // Kept, so not a piece of Node's pool, all of which would be kept with it.
    const request = Buffer.alloc(encoded.length);
    encoded.copy(request);
    this.#told = { request, controlling: this.#controlling, nominates: this.#isConnected };
    return request;
  }

  #succeed(message: DecodedStun, receivedAtMs: number): void {
    const id = message.transactionId.toString('latin1');
    const sentAtMs = this.#outstanding.get(id);
    if (sentAtMs === undefined || !message.verify(this.#remoteKey)) return;
    this.#outstanding.delete(id);
    this.roundTripTimeMs = receivedAtMs - sentAtMs;
    this.#lastConsentMs = receivedAtMs;
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#nextCheckMs = 0;
    this.#connect();
  }

  /** 487: both ends took the same role (RFC 8445, section 7.2.5.1). */
  #fail(message: DecodedStun): void {
    if (message.errorCode !== 487 || !message.verify(this.#remoteKey)) return;
    this.#controlling = !this.#controlling;
    this.#nextCheckMs = 0;
  }

  /** A full ICE peer checks the pair from its side (RFC 8445, section 7.3). */
  #answer(request: DecodedStun): void {
    const { remote, remoteAddress, send } = this.#options;
    if (!request.verify(this.#localKey)) return;
    if (request.username !== `${this.local.usernameFragment}:${remote.usernameFragment}`) return;
    const { transactionId } = request;
    const theirs = this.#controlling ? request.iceControlling : request.iceControlled;
    if (theirs !== undefined) {
      const weStay = Buffer.compare(this.#tieBreaker, theirs) >= 0;
      if (weStay === this.#controlling) {
        send(encodeStun({ type: StunType.bindingError, transactionId, errorCode: 487 }, this.#localKey));
        return;
      }
      this.#controlling = !this.#controlling;
    }
    send(
      encodeStun(
        { type: StunType.bindingSuccess, transactionId, xorMappedAddress: remoteAddress },
        this.#localKey,
      ),
    );
  }
}
