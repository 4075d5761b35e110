import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParticipantEvent, ParticipantSample } from '../participants/types.ts';
import type { Clock } from '../system/types.ts';
import type { BridgeSample, PadReading } from '../targets/types.ts';
import { createObserver, fileRoute } from './index.ts';
import type { SampleSource } from './model/types.ts';
import type { Observer } from './observer.ts';
import { clientSampleOf, padSampleOf, sfuSampleOf } from './run-samples.ts';

export interface RunObserverOptions {
  clock: Clock;
  /** Folder of the reports, `observer/` in the run folder. */
  directory: string;
  /** Name of the scenario: the service of its samples. */
  serviceId: string;
  /** The room of each participant. */
  roomOf(participantId: string): string | null;
  onTrouble?(message: string): void;
}

/** Rooms of a run are sampled once a second each; a batch is what one tick brings. */
const COLLECTOR = { maxItems: 100_000, maxTimeMs: 1000 };
/** A participant that fails says nothing more; its run is over long before. Seconds. */
const MAX_IDLE_S = 3600;

/**
 * Wall time of a reading by its source's own clock: the first one ties the two clocks together, and from then on
 * intervals are the source's.
 */
class Timestamps {
  readonly #offsets = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(sourceId: string, readAtMs: number): number {
    let offset = this.#offsets.get(sourceId);
    if (offset === undefined) {
      offset = this.#clock.wallMs() - readAtMs;
      this.#offsets.set(sourceId, offset);
    }
    return Math.round(readAtMs + offset);
  }

  forget(sourceId: string): void {
    this.#offsets.delete(sourceId);
  }
}

/**
 * A run's own observer: the readings that the runner takes anyway become samples, and the observer's reports and
 * summary land in the run folder. Joins and leaves are told by the engines, so nothing has to fall silent first.
 */
export class RunObserver {
  readonly observer: Observer;
  readonly #options: RunObserverOptions;
  readonly #timestamps: Timestamps;
  readonly #attempts = new Map<string, number>();
  readonly #sequence = new Map<string, number>();
  readonly #source: SampleSource;

  private constructor(options: RunObserverOptions, observer: Observer) {
    this.#options = options;
    this.observer = observer;
    this.#timestamps = new Timestamps(options.clock);
    this.#source = { serviceId: options.serviceId, mediaUnitId: 'rtc-bench', connectionId: null };
  }

  /** Opens the report files. Throws environmentError when that cannot be done. */
  static async open(options: RunObserverOptions): Promise<RunObserver> {
    const { clock, directory, onTrouble } = options;
    const route = fileRoute(directory, clock, {
      limits: { drainMs: 30_000 },
      ...(onTrouble === undefined ? {} : { onTrouble: (_, message) => onTrouble(`observer: ${message}`) }),
    });
    const observer = createObserver({
      clock,
      sinks: [route],
      collector: COLLECTOR,
      keepSummary: true,
      settings: { maxIdleS: allLimits(MAX_IDLE_S) },
    });
    await observer.prepare();
    observer.start();
    return new RunObserver(options, observer);
  }

  /** One tick's reading of the participants. */
  addParticipants(samples: readonly ParticipantSample[]): void {
    for (const sample of samples) {
      const roomId = this.#options.roomOf(sample.participantId);
      if (roomId === null) continue;
      const { participantId } = sample;
      const sampleSeq = (this.#sequence.get(participantId) ?? -1) + 1;
      this.#sequence.set(participantId, sampleSeq);
      const attempt = this.#attempts.get(participantId) ?? 1;
      const timestamp = this.#timestamps.of(`${participantId} ${attempt}`, sample.readAtMs);
      const client = clientSampleOf(sample, { roomId, timestamp, sampleSeq, attempt });
      this.observer.addClientSample(this.#source, client);
    }
  }

  /** One tick's reading of the bridges. */
  addBridges(samples: readonly BridgeSample[]): void {
    for (const sample of samples) {
      const timestamp = this.#timestamps.of(sample.bridgeId, sample.readAtMs);
      this.observer.addSfuSample(this.#source, sfuSampleOf(sample, timestamp));
    }
  }

  /** One reading of the bridges' producers and consumers. */
  addPads(pads: readonly PadReading[]): void {
    const timestamp = this.#options.clock.wallMs();
    for (const [bridgeId, ofBridge] of Map.groupBy(pads, (pad) => pad.bridgeId)) {
      this.observer.addSfuSample(this.#source, padSampleOf(bridgeId, ofBridge, timestamp));
    }
  }

  /** What an engine tells; joins of a later attempt are new connections of the same client. */
  onParticipantEvent(event: ParticipantEvent): void {
    if (event.type === 'joined') this.#attempts.set(event.participantId, event.attempt);
    if (event.type !== 'left') return;
    const { participantId: clientId } = event;
    const roomId = this.#options.roomOf(clientId);
    if (roomId !== null) this.observer.endClients(this.#source, [{ roomId, clientId }]);
    this.#timestamps.forget(`${clientId} ${this.#attempts.get(clientId) ?? 1}`);
  }

  /** Ends every call, writes what is buffered and `summary.json`. */
  async close(): Promise<void> {
    await this.observer.close({ endCalls: true });
    await mkdir(this.#options.directory, { recursive: true });
    const text = `${JSON.stringify(this.observer.summary())}\n`;
    await writeFile(join(this.#options.directory, 'summary.json'), text);
  }
}

function allLimits(seconds: number) {
  return {
    call: seconds,
    client: seconds,
    peerConnection: seconds,
    inboundTrack: seconds,
    outboundTrack: seconds,
    sfu: seconds,
    sfuTransport: seconds,
    sfuInboundRtpPad: seconds,
    sfuOutboundRtpPad: seconds,
    sfuSctpChannel: seconds,
  };
}
