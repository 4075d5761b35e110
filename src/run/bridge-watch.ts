import type { TimelineRecord } from '../results/records.ts';
import type { BridgeInfo, TargetEvent } from '../targets/types.ts';

export interface BridgeWatchOptions {
  record(record: TimelineRecord): void;
  /** Milliseconds since the origin; null before it. */
  nowMs(): number | null;
  /** Something worth a line in the live view. */
  onNotice(notice: string): void;
  /** The target can carry nothing any more. */
  onLost(reason: string): void;
}

/** Follows what the target tells of its bridges: which there are, which have died, where rooms were placed. */
export class BridgeWatch {
  readonly #options: BridgeWatchOptions;
  readonly #bridges = new Map<string, BridgeInfo>();
  readonly #dead = new Set<string>();

  constructor(options: BridgeWatchOptions) {
    this.#options = options;
  }

  /** Every bridge that there has been, the dead included. */
  get bridges(): BridgeInfo[] {
    return [...this.#bridges.values()];
  }

  /** Those that have died and not come back. */
  get dead(): string[] {
    return [...this.#dead];
  }

  /** Takes the bridges that were up before the origin and records them, there or where `tMs` says. */
  begin(bridges: readonly BridgeInfo[], tMs = 0): void {
    for (const bridge of bridges) {
      this.#bridges.set(bridge.bridgeId, bridge);
      this.#options.record({
        tMs,
        type: 'bridge-up',
        bridgeId: bridge.bridgeId,
        software: bridge.software,
      });
    }
  }

  /** At each tick: who lives (1) and who has died (0). */
  observeUp(observe: (bridgeId: string, up: 0 | 1) => void): void {
    for (const bridgeId of this.#bridges.keys()) observe(bridgeId, this.#dead.has(bridgeId) ? 0 : 1);
  }

  onEvent(event: TargetEvent): void {
    const now = this.#options.nowMs();
    const tMs = now ?? 0;
    switch (event.type) {
      case 'bridge-up':
        this.#bridges.set(event.bridge.bridgeId, event.bridge);
        this.#dead.delete(event.bridge.bridgeId);
        // Those that are up before the origin are recorded by `begin`.
        if (now === null) return;
        this.#options.record({
          tMs,
          type: 'bridge-up',
          bridgeId: event.bridge.bridgeId,
          software: event.bridge.software,
        });
        return;
      case 'bridge-died':
        this.#options.record({ tMs, type: 'bridge-died', bridgeId: event.bridgeId, reason: event.reason });
        this.#options.onNotice(`bridge ${event.bridgeId} died: ${event.reason}`);
        this.#dead.add(event.bridgeId);
        if (this.#bridges.size > 0 && this.#dead.size >= this.#bridges.size)
          this.#options.onLost(`every bridge has died, the last was ${event.bridgeId}: ${event.reason}`);
        return;
      case 'room-placed':
        this.#options.record({ tMs, ...event });
        return;
      case 'notice':
        this.#options.record({ tMs, type: 'warning', code: event.code, message: event.message });
        this.#options.onNotice(event.message);
        return;
      case 'target-lost':
        this.#options.onLost(event.reason);
        return;
    }
  }
}
