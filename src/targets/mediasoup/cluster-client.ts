import { WebSocket } from 'ws';
import type {
  ApiError,
  ClusterAccess,
  ClusterAccessRequest,
  ClusterEvent,
  ClusterHealth,
} from '../../cluster/api.ts';
import { environmentError, errorMessage } from '../../errors.ts';
import type { BridgeInfo, BridgeSample, PadReading } from '../types.ts';

const REQUEST_TIMEOUT_MS = 5000;

/** The other end of the cluster's HTTP API. */
export class ClusterClient {
  readonly url: string;

  /** `http(s)` or `ws(s)` address of the cluster; a path after the host is kept, for a proxy may need it. */
  constructor(url: string) {
    this.url = url.replace(/^ws/, 'http').replace(/\/+$/, '');
  }

  /** Throws RtcBenchError RTCB_TARGET_UNREACHABLE where nobody, or something else, answers. */
  async health(signal: AbortSignal): Promise<ClusterHealth> {
    const health = await this.#request<Partial<ClusterHealth>>('GET', '/health', undefined, signal);
    if (health.protocol === 'rtc-bench-v1') return health as ClusterHealth;
    throw environmentError('RTCB_TARGET_UNREACHABLE', `${this.url} is no rtc-bench cluster`);
  }

  bridges(signal: AbortSignal): Promise<(BridgeInfo & { alive: boolean })[]> {
    return this.#request('GET', '/bridges', undefined, signal);
  }

  samples(): Promise<BridgeSample[]> {
    return this.#request('GET', '/samples');
  }

  pads(): Promise<PadReading[]> {
    return this.#request('GET', '/pads');
  }

  access(request: ClusterAccessRequest, signal: AbortSignal): Promise<ClusterAccess> {
    return this.#request('POST', '/rooms/access', request, signal);
  }

  /** Calls `onEvent` from now on until the returned socket is closed; `onLost` when the cluster ends it. */
  async events(onEvent: (event: ClusterEvent) => void, onLost: () => void): Promise<{ close(): void }> {
    const socket = new WebSocket(`${this.url.replace(/^http/, 'ws')}/events`);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (error) => reject(this.#unreachable(error)));
    });
    let closing = false;
    socket.on('message', (data) => onEvent(JSON.parse(String(data)) as ClusterEvent));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (!closing) onLost();
    });
    return {
      close() {
        closing = true;
        socket.close();
      },
    };
  }

  async #request<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const init: RequestInit = {
      method,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    };
    if (body !== undefined) {
      init.headers = { 'content-type': 'application/json' };
      init.body = JSON.stringify(body);
    }
    let response: Response;
    let answer: T | ApiError;
    try {
      response = await fetch(`${this.url}${path}`, init);
      answer = (await response.json()) as T | ApiError;
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
    if (response.ok) return answer as T;
    const { code, message } = (answer as Partial<ApiError>).error ?? { code: 'unknown', message: '' };
    throw environmentError('RTCB_TARGET_REFUSED', `${this.url}${path}: ${message} (${code})`);
  }

  #unreachable(error: unknown) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return environmentError('RTCB_TARGET_UNREACHABLE', `no cluster at ${this.url}: ${errorMessage(cause)}`, {
      hint: 'rtc-bench cluster start prints the address of the one it starts',
      cause: error,
    });
  }
}
