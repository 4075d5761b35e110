import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { SampleSource } from '../model/types.ts';
import type { ClientReference } from '../observer.ts';
import { SampleError, type Samples } from '../schema/samples.ts';
import { sampleAddress } from './address.ts';
import { accept, type Intake, noteClients } from './intake.ts';
import { giveReadsBack } from './read-memory.ts';
import { type Access, presentedToken } from './tokens.ts';

/** Upstream's reasons to close (observer-service: WebsocketCustomCloseReasons). */
export const CloseCode = {
  tokenExpired: 4224,
  noToken: 4225,
  notReady: 4226,
  internalError: 4227,
  tooManyWebsockets: 4228,
  disabled: 4229,
  invalidInput: 4230,
  invalidToken: 4231,
} as const;

/** Largest message in bytes: observer-service `@OnMessage(maxPayloadLength)`. Larger ones close with 1009. */
export const MAX_MESSAGE_BYTES = 1_000_000;

const KEEP_ALIVE_MS = 60_000;

const REFUSALS: Record<Exclude<Access, 'allowed'>, [code: number, reason: string]> = {
  missing: [CloseCode.noToken, 'No token is provided'],
  invalid: [CloseCode.invalidToken, 'The token is invalid'],
  expired: [CloseCode.tokenExpired, 'The token is expired'],
};

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** The web socket side of the intake: each message is one `Samples`, text and binary alike. */
export class WebsocketIntake {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    // Its answers would be views of what was read.
    autoPong: false,
  });
  readonly #intake: Intake;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #openByToken = new Map<string, number>();

  constructor(intake: Intake) {
    this.#intake = intake;
    this.#keepAlive = setInterval(() => {
      for (const socket of this.#server.clients) socket.send('message');
    }, KEEP_ALIVE_MS);
    this.#keepAlive.unref();
  }

  get open(): number {
    return this.#server.clients.size;
  }

  /** Answers an upgrade. Refusals are said by close code, so the connection is always accepted first. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (websocket) => {
      this.#intake.counters.add('websockets', 'opened');
      // A frame that is too large or malformed is the sender's doing; ws closes with the code for it.
      websocket.on('error', () => this.#intake.counters.add('websockets', 'protocol-error'));
      websocket.on('ping', (data) => websocket.pong(Buffer.from(data)));
      this.#admit(websocket, socket, request).catch((error: unknown) => this.#refuse(websocket, error));
    });
  }

  close(): void {
    clearInterval(this.#keepAlive);
    for (const socket of this.#server.clients) socket.close(1001, 'the observer stops');
    this.#server.close();
  }

  /** Ends what did not answer the closing. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  async #admit(websocket: WebSocket, socket: Duplex, request: IncomingMessage): Promise<void> {
    // Messages may come before the decoder is there; they are kept in order.
    const early: RawData[] = [];
    const keep = (data: RawData): void => {
      early.push(data);
    };
    websocket.on('message', keep);
    const url = new URL(request.url ?? '/', 'http://observer');
    if (!this.#intake.websocketEnabled)
      return websocket.close(CloseCode.disabled, 'The websocket is disabled');
    const token = presentedToken(request, url);
    const access = this.#intake.gatekeeper.check(token, this.#intake.clock.wallMs());
    if (access !== 'allowed') return this.#turnAway(websocket, access);
    if (!this.#countToken(websocket, token)) {
      return websocket.close(CloseCode.tooManyWebsockets, 'Too many websockets are opened with this token');
    }
    const address = sampleAddress('websocket', url);
    if (address === null) throw new SampleError('the path is not /samples/{serviceId}/{mediaUnitId}');
    const decoder = await this.#intake.decoders.forFormat(address.format);
    const receive = this.#receiver(websocket, { ...address, connectionId: randomUUID() }, decoder.decode);
    websocket.off('message', keep);
    for (const data of early) receive(data);
    websocket.on('message', receive);
    giveReadsBack(websocket, socket);
  }

  #receiver(
    websocket: WebSocket,
    source: SampleSource,
    decode: (bytes: Uint8Array) => Samples,
  ): (data: RawData) => void {
    const spokeFor = new Map<string, ClientReference>();
    return (data) => {
      if (websocket.readyState !== websocket.OPEN) return;
      const bytes = bytesOf(data);
      if (bytes.byteLength === 0) return;
      try {
        const message = decode(bytes);
        noteClients(spokeFor, message);
        accept(this.#intake.observer, source, message);
        if (message.controls?.close !== true) return;
        this.#intake.observer.endClients(source, [...spokeFor.values()]);
        websocket.close(1000, 'as asked');
      } catch (error) {
        this.#refuse(websocket, error);
      }
    };
  }

  #turnAway(websocket: WebSocket, access: Exclude<Access, 'allowed'>): void {
    const [code, reason] = REFUSALS[access];
    this.#intake.counters.add('websockets', `refused-${access}-token`);
    websocket.close(code, reason);
  }

  #countToken(websocket: WebSocket, token: string | null): boolean {
    const limit = token === null ? null : (this.#intake.gatekeeper.find(token)?.maxWebsockets ?? null);
    if (token === null || limit === null) return true;
    const open = this.#openByToken.get(token) ?? 0;
    if (open >= limit) return false;
    this.#openByToken.set(token, open + 1);
    websocket.once('close', () => {
      this.#openByToken.set(token, (this.#openByToken.get(token) ?? 1) - 1);
    });
    return true;
  }

  #refuse(websocket: WebSocket, error: unknown): void {
    if (error instanceof SampleError) {
      this.#intake.counters.add('websockets', 'invalid-input');
      // A close reason has room for 123 bytes of UTF-8.
      websocket.close(
        CloseCode.invalidInput,
        Buffer.from(error.message)
          .subarray(0, 120)
          .toString('utf8')
          .replace(/\uFFFD$/, ''),
      );
    } else {
      this.#intake.counters.add('websockets', 'internal-error');
      this.#intake.onError(error);
      websocket.close(CloseCode.internalError, 'Internal server error');
    }
  }
}
