import type { ClusterEvent } from '../../cluster/api.ts';
import { launchCluster } from '../../cluster/launch.ts';
import type { ClusterSettings } from '../../cluster/settings.ts';
import { environmentError } from '../../errors.ts';
import { requireWorker } from '../../setup/find-worker.ts';
import { Scope } from '../../system/scope.ts';
import type { System } from '../../system/types.ts';
import type {
  AccessRequest,
  BridgeInfo,
  BridgeSample,
  PadReading,
  RoomAccess,
  Target,
  TargetOptions,
} from '../types.ts';
import { ClusterClient } from './cluster-client.ts';

export interface MediasoupTargetOptions extends TargetOptions {
  system: System;
  /** A running cluster; null: one is started, and ended by `close`. */
  url: string | null;
  /** Asked for with every participant, also at a running cluster. */
  placement: 'least-stressed' | 'spread';
  /** How to start one; unused with `url`. */
  settings: Omit<ClusterSettings, 'workerFile' | 'placement'>;
}

/** mediasoup, as the cluster that rtc-bench itself brings up or that runs already; spoken to alike. */
export class MediasoupTarget implements Target {
  readonly kind = 'mediasoup';
  readonly notOffered: readonly string[] = [];
  readonly #options: MediasoupTargetOptions;
  readonly #scope = new Scope();
  /** What the run calls each room, by the room's name. */
  readonly #roomIds = new Map<string, string>();
  #client: ClusterClient | null = null;
  #bridges: BridgeInfo[] = [];
  #software = '';

  constructor(options: MediasoupTargetOptions) {
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    try {
      const { url, howItEnded } = await this.#reach(signal);
      const client = new ClusterClient(url);
      this.#software = (await client.health(signal)).software;
      const events = await client.events(
        (event) => this.#told(event),
        async () => this.#options.onEvent({ type: 'target-lost', reason: await howItEnded() }),
      );
      this.#scope.defer('cluster events', () => events.close());
      const bridges = await client.bridges(signal);
      this.#bridges = bridges.map(({ alive, ...bridge }) => bridge);
      this.#client = client;
      for (const { alive, ...bridge } of bridges) {
        if (alive) this.#options.onEvent({ type: 'bridge-up', bridge });
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  bridges(): readonly BridgeInfo[] {
    return this.#bridges;
  }

  async access(request: AccessRequest, signal: AbortSignal): Promise<RoomAccess> {
    const { roomId, roomName, participantId, pinnedBridge } = request;
    this.#roomIds.set(roomName, roomId);
    const { room, ...access } = await this.#started().access(
      { room: roomName, participantId, pinnedBridge, placement: this.#options.placement },
      signal,
    );
    return { ...access, roomName: room };
  }

  /** Empty when the cluster does not answer, as it is with a single bridge that does not. */
  async sampleBridges(): Promise<BridgeSample[]> {
    return this.#started()
      .samples()
      .catch(() => []);
  }

  /** Empty when the cluster does not answer, as an older one does not. */
  async samplePads(): Promise<PadReading[]> {
    return this.#started()
      .pads()
      .catch(() => []);
  }

  versions(): Record<string, string> {
    const [name = 'mediasoup', version = 'unknown'] = this.#software.split(' ');
    return { [name]: version };
  }

  async close(): Promise<void> {
    await this.#scope.close();
  }

  /** Where the cluster is, and later how it came to its end. */
  async #reach(signal: AbortSignal): Promise<{ url: string; howItEnded(): Promise<string> }> {
    const { url, system, settings, placement } = this.#options;
    if (url !== null) return { url, howItEnded: async () => `${url} ended the connection` };
    const workerFile = await requireWorker(system);
    const cluster = await launchCluster(system.processes, { ...settings, placement, workerFile }, signal);
    this.#scope.defer('cluster', () => cluster.close());
    return { url: cluster.url, howItEnded: async () => `its coordinator's ${await cluster.ended}` };
  }

  #told(event: ClusterEvent): void {
    if (event.type === 'bridge-died') this.#options.onEvent(event);
    if (event.type !== 'room-placed') return;
    const { room, ...placed } = event;
    const roomId = this.#roomIds.get(room);
    // Other rooms of a shared cluster are somebody else's.
    if (roomId !== undefined) this.#options.onEvent({ ...placed, roomId });
  }

  #started(): ClusterClient {
    if (this.#client !== null) return this.#client;
    throw environmentError('RTCB_TARGET_NOT_STARTED', 'the target has not been started');
  }
}
