import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { environmentError, errorMessage } from '../../errors.ts';
import { type JanusId, VIDEO_ROOM, type VideoRoomData } from '../../janus/protocol.ts';
import type { HandleInfo } from './handle-info.ts';

const REQUEST_TIMEOUT_MS = 2500;
/** Connections that are kept to a server; each answer about a handle has some 10 kB. */
const CONNECTIONS = 4;
/** Janus's error for a wrong `admin_secret`. */
const UNAUTHORIZED = 403;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

interface Answer {
  janus: string;
  error?: { code: number; reason: string };
  sessions?: number[];
  handles?: number[];
  info?: HandleInfo;
  response?: VideoRoomData;
  status?: { session_timeout?: number };
  version_string?: string;
  'session-timeout'?: number;
}

export interface AdminOptions {
  /** e.g. `http://127.0.0.1:7088/admin` */
  url: string;
  /** Printed nowhere. */
  secret: string;
  /** Where the secret is to be set, for who has a wrong one. */
  secretPlace: string;
}

/** Janus's admin API over HTTP. Everything that it refuses is an error of the environment (exit 3). */
export class JanusAdmin {
  readonly #options: AdminOptions;
  readonly #url: URL;
  readonly #agent: Agent;
  #count = 0;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    const settings = { keepAlive: true, maxSockets: CONNECTIONS };
    this.#agent = this.#url.protocol === 'https:' ? new SecureAgent(settings) : new Agent(settings);
  }

  /** e.g. `1.1.2`, and after how long a silent session is ended. Needs no secret. */
  async info(signal: AbortSignal): Promise<{ version: string; sessionTimeoutS: number }> {
    const answer = await this.#ask('', { janus: 'info' }, signal);
    const { version_string: version = 'unknown', 'session-timeout': sessionTimeoutS = 60 } = answer;
    return { version, sessionTimeoutS };
  }

  async sessions(): Promise<number[]> {
    return (await this.#ask('', { janus: 'list_sessions' })).sessions ?? [];
  }

  async handles(session: number): Promise<number[]> {
    return (await this.#ask(`/${session}`, { janus: 'list_handles' })).handles ?? [];
  }

  async handleInfo(session: number, handle: number): Promise<HandleInfo> {
    const { info } = await this.#ask(`/${session}/${handle}`, { janus: 'handle_info' });
    if (info === undefined) throw new Error('Janus told nothing of the handle');
    return info;
  }

  /** Asks the plugin `videoroom`; what that refuses is in the answer. */
  async videoRoom(
    body: { request: string; room?: JanusId; [option: string]: unknown },
    signal?: AbortSignal,
  ): Promise<VideoRoomData> {
    const message = { janus: 'message_plugin', plugin: VIDEO_ROOM, request: body };
    return (await this.#ask('', message, signal)).response ?? {};
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(path: string, message: object, signal?: AbortSignal): Promise<Answer> {
    const { url, secret, secretPlace } = this.#options;
    this.#count += 1;
    const body = JSON.stringify({ ...message, transaction: String(this.#count), admin_secret: secret });
    let answer: Answer;
    try {
      answer = JSON.parse(await this.#post(path, body, signal)) as Answer;
    } catch (error) {
      signal?.throwIfAborted();
      throw environmentError(
        'RTCB_TARGET_UNREACHABLE',
        `no admin API of Janus at ${url}: ${errorMessage(error)}`,
        {
          hint: 'in janus.transport.http.jcfg: admin_http = true, with admin_ip and admin_port; target.servers[].admin names it',
          cause: error,
        },
      );
    }
    const { error } = answer;
    if (error?.code === UNAUTHORIZED)
      throw environmentError('RTCB_JANUS_SECRET', `Janus at ${url} refused the admin secret`, {
        hint: `set ${secretPlace} to the admin_secret of its janus.jcfg`,
      });
    if (error !== undefined)
      throw environmentError('RTCB_TARGET_REFUSED', `Janus at ${url}: ${error.reason} (error ${error.code})`);
    if (answer.janus === undefined)
      throw environmentError('RTCB_TARGET_UNREACHABLE', `what answers at ${url} is no Janus`);
    return answer;
  }

  #post(path: string, body: string, signal?: AbortSignal): Promise<string> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const url = `${this.#url.href.replace(/\/+$/, '')}${path}`;
    return new Promise((resolve, reject) => {
      const send = this.#url.protocol === 'https:' ? secureRequest : request;
      const outgoing = send(
        url,
        {
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
          signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        },
        (response) => {
          const parts: Buffer[] = [];
          let bytes = 0;
          response.on('data', (part: Buffer) => {
            bytes += part.length;
            if (bytes > MAX_ANSWER_BYTES) outgoing.destroy(new Error('the answer has no end'));
            else parts.push(part);
          });
          response.on('end', () => resolve(Buffer.concat(parts).toString()));
          response.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
