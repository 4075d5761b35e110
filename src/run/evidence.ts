import type { BridgeRow, GeneratorRow, HostRow, ParticipantRow, TimelineRecord } from '../results/records.ts';
import type { Clock } from '../system/types.ts';
import type { BridgeInfo } from '../targets/types.ts';
import type { TrustInput } from '../trust/assess.ts';
import { KernelDropMeter } from './kernel-drops.ts';
import type { Snapshot } from './measurements.ts';

type Evidence = Pick<
  TrustInput,
  | 'generator'
  | 'host'
  | 'readingsPerBridge'
  | 'startLagsMs'
  | 'clockJumpMs'
  | 'likeParticipantsPps'
  | 'kernelDrops'
>;

/** Whether all bridges live on this host, where the kernel's counters have them in. */
export function areHere(bridges: readonly BridgeInfo[]): boolean {
  return bridges.length > 0 && bridges.every(({ pid }) => pid !== null);
}

/** A participant is compared with others only if it was there for this share of the steady window. */
const PRESENT_SHARE = 0.9;

/** Gathers, while a run goes on, what the trust verdict is made from. */
export class TrustEvidence {
  readonly #clock: Clock;
  #generator: GeneratorRow[] = [];
  #host: HostRow[] = [];
  readonly #drops = new KernelDropMeter();
  readonly #readings = new Map<string, number>();
  #startLagsMs: number[] = [];
  /** By group and room, then by participant: packets received and over how long. */
  readonly #received = new Map<string, Map<string, { packets: number; ms: number }>>();
  #wallMinusMonotonicMs: number | null = null;
  #clockJumpMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(record: TimelineRecord): void {
    if (record.type === 'participant-joined' && record.attempt === 1)
      this.#startLagsMs.push(record.startLagMs);
  }

  bridgeRow(row: BridgeRow): void {
    if (row.steady) this.#readings.set(row.bridgeId, (this.#readings.get(row.bridgeId) ?? 0) + 1);
  }

  participantRow(row: ParticipantRow): void {
    if (!row.steady) return;
    const key = JSON.stringify([row.group, row.roomId]);
    const alike = this.#received.get(key) ?? new Map<string, { packets: number; ms: number }>();
    this.#received.set(key, alike);
    const own = alike.get(row.participantId) ?? { packets: 0, ms: 0 };
    own.packets += row.down.audio.packets + row.down.video.packets;
    own.ms += row.intervalMs;
    alike.set(row.participantId, own);
  }

  /** After each tick; `steady` says whether its interval is judged. */
  tick(snapshot: Snapshot, steady: boolean): void {
    if (steady) {
      this.#generator.push(...snapshot.generators);
      if (snapshot.host !== null) this.#host.push(snapshot.host);
      this.#drops.add(snapshot);
    }
    const offset = this.#clock.wallMs() - this.#clock.nowMs();
    if (this.#wallMinusMonotonicMs !== null)
      this.#clockJumpMs = Math.max(this.#clockJumpMs, Math.abs(offset - this.#wallMinusMonotonicMs));
    this.#wallMinusMonotonicMs = offset;
  }

  /** Forgets what was gathered: what comes now is judged by itself. */
  restart(): void {
    this.#generator = [];
    this.#host = [];
    this.#drops.restart();
    this.#readings.clear();
    this.#startLagsMs = [];
    this.#received.clear();
    this.#clockJumpMs = 0;
  }

  /** `deadBridges` are not counted as read too seldom: that they died is told elsewhere. */
  result(deadBridges: readonly string[], bridges: readonly BridgeInfo[]): Evidence {
    return {
      generator: this.#generator,
      host: this.#host,
      readingsPerBridge: [...this.#readings]
        .filter(([id]) => !deadBridges.includes(id))
        .map(([, count]) => count),
      startLagsMs: this.#startLagsMs,
      clockJumpMs: this.#clockJumpMs,
      kernelDrops: this.#drops.result(areHere(bridges)),
      likeParticipantsPps: [...this.#received.values()].map(ratesOfThoseWhoStayed),
    };
  }
}

function ratesOfThoseWhoStayed(alike: ReadonlyMap<string, { packets: number; ms: number }>): number[] {
  const stays = [...alike.values()];
  const longestMs = Math.max(...stays.map(({ ms }) => ms));
  return stays
    .filter(({ ms }) => ms >= longestMs * PRESENT_SHARE)
    .map(({ packets, ms }) => (packets * 1000) / ms);
}
