import type { ChildProcess } from 'node:child_process';
import { sibling } from '../../system/sibling.ts';
import type { Processes } from '../../system/types.ts';
import type { BridgeInfo } from '../../targets/types.ts';
import type { BridgeMethods, BridgeNotifications, BridgeSettings } from '../bridge/protocol.ts';
import { processEnd } from '../process-end.ts';
import { type CallOptions, RpcCaller, RpcError } from '../rpc.ts';

/** A worker starts in well under a second; a loaded machine may need more. */
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5000;

export interface BridgeProcessEvents {
  onNotify<N extends keyof BridgeNotifications>(name: N, params: BridgeNotifications[N]): void;
  /** It ended without being asked to. */
  onLost(reason: string): void;
}

/** The coordinator's hold on one bridge process. */
export class BridgeProcess {
  readonly index: number;
  readonly bridgeId: string;
  readonly #child: ChildProcess;
  readonly #events: BridgeProcessEvents;
  readonly #caller: RpcCaller<BridgeMethods, BridgeNotifications>;
  readonly #ended: Promise<void>;
  #info: BridgeInfo | null = null;
  #workerDeath: string | null = null;
  #stopping = false;

  constructor(processes: Processes, index: number, events: BridgeProcessEvents) {
    this.index = index;
    this.bridgeId = `bridge-${index}`;
    this.#events = events;
    // In a process group of its own: Ctrl-C in a terminal is for the one who drains, not for the bridges.
    const child = processes.spawn(process.execPath, [sibling(import.meta.url, '../bridge/process')], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    });
    this.#child = child;
    this.#caller = new RpcCaller(
      {
        // A child that is gone takes nothing more; its exit fails what is open.
        send: (message) => void child.send?.(message, () => {}),
        onMessage: (listener) => child.on('message', listener),
      },
      // Answers continue in microtasks; news of the same chunk must not overtake them.
      (name, params) => setImmediate(() => this.#notified(name, params)),
    );
    this.#ended = processEnd(child).then((how) => {
      const reason = this.#workerDeath ?? how;
      this.#caller.close(new RpcError('bridge-lost', `${this.bridgeId}: ${reason}`));
      if (!this.#stopping) events.onLost(reason);
    });
  }

  /** Resolves when the worker runs and its socket is bound; ends the process where that fails. */
  async start(settings: BridgeSettings): Promise<void> {
    try {
      const up = await this.call('start', settings, { timeoutMs: START_TIMEOUT_MS });
      this.#info = { bridgeId: this.bridgeId, ...up };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get info(): BridgeInfo {
    if (this.#info === null) throw new Error(`${this.bridgeId} has not started`);
    return this.#info;
  }

  /** Rejects with RpcError: the bridge's, `timeout`, or `bridge-lost`. */
  call<M extends keyof BridgeMethods>(
    method: M,
    params: BridgeMethods[M]['params'],
    options: CallOptions = {},
  ): Promise<BridgeMethods[M]['result']> {
    return this.#caller.call(method, params, options);
  }

  /** Ends worker and process; kills what does not end in time. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.call('stop', null, { timeoutMs: STOP_TIMEOUT_MS }).catch(() => {});
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #notified<N extends keyof BridgeNotifications>(name: N, params: BridgeNotifications[N]): void {
    if (name !== 'workerDied') {
      this.#events.onNotify(name, params);
      return;
    }
    // A bridge without its worker is no bridge; its exit tells the rest.
    this.#workerDeath = (params as BridgeNotifications['workerDied']).reason;
    this.#child.kill('SIGKILL');
  }
}
