import { environmentError } from '../../errors.ts';
import type { Clock } from '../../system/types.ts';
import type { AccessRequest, BridgeInfo, BridgeSample, RoomAccess, Target, TargetOptions } from '../types.ts';

export interface FakeTargetOptions extends TargetOptions {
  clock: Pick<Clock, 'nowMs'>;
  bridges: number;
  /** What every invited participant sends to its bridge and receives from it, each; packets per second. */
  packetRatePps: number;
}

interface FakeBridge {
  info: BridgeInfo;
  alive: boolean;
  participants: number;
  rooms: Set<string>;
  packets: number;
  countedAtMs: number;
}

const BYTES_PER_PACKET = 1000;

/**
 * A cluster that only counts: participants are dealt out evenly, and from their invitation on each loads its
 * bridge at a known rate. With a fake clock every number that comes of it is known beforehand.
 */
export class FakeTarget implements Target {
  readonly kind = 'fake';
  readonly notOffered: readonly string[] = ['bridge.relay_packet_rate_pps', 'bridge.memory_bytes'];
  readonly #options: FakeTargetOptions;
  #bridges: FakeBridge[] = [];
  #started = false;

  constructor(options: FakeTargetOptions) {
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#started = true;
    this.#bridges = Array.from({ length: this.#options.bridges }, (_, index) => ({
      info: {
        bridgeId: `bridge-${index}`,
        software: 'fake 1',
        mediaAddress: null,
        mediaPort: null,
        pid: null,
      },
      alive: true,
      participants: 0,
      rooms: new Set(),
      packets: 0,
      countedAtMs: this.#options.clock.nowMs(),
    }));
    for (const { info } of this.#bridges) this.#options.onEvent({ type: 'bridge-up', bridge: info });
  }

  bridges(): readonly BridgeInfo[] {
    return this.#bridges.map(({ info }) => info);
  }

  async access(request: AccessRequest, signal: AbortSignal): Promise<RoomAccess> {
    signal.throwIfAborted();
    const { roomId, roomName, participantId, pinnedBridge } = request;
    const living = this.#bridges.filter((bridge) => bridge.alive);
    const pinned =
      pinnedBridge === null ? undefined : living.find((bridge) => bridge === this.#bridges[pinnedBridge]);
    const bridge = pinned ?? living.toSorted((a, b) => a.participants - b.participants)[0];
    if (!this.#started || bridge === undefined)
      throw environmentError('RTCB_TARGET_REFUSED', 'no bridge is left');
    this.#count(bridge);
    bridge.participants += 1;
    const { bridgeId } = bridge.info;
    if (!bridge.rooms.has(roomId)) {
      const first = !this.#bridges.some(({ rooms }) => rooms.has(roomId));
      bridge.rooms.add(roomId);
      this.#options.onEvent({ type: 'room-placed', roomId, bridgeId, reason: first ? 'first' : 'spread' });
    }
    const url = `ws://fake.invalid/join?participant=${encodeURIComponent(participantId)}`;
    return { protocol: 'rtc-bench-v1', url, roomName, bridgeId };
  }

  async sampleBridges(): Promise<BridgeSample[]> {
    return this.#bridges
      .filter((bridge) => bridge.alive)
      .map((bridge) => {
        this.#count(bridge);
        return sampleOf(bridge);
      });
  }

  versions(): Record<string, string> {
    return { fake: '1' };
  }

  async close(): Promise<void> {
    this.#started = false;
    for (const bridge of this.#bridges) bridge.alive = false;
  }

  /** As when the process of a bridge is killed. */
  kill(bridgeId: string, reason: string): void {
    const dead = this.#bridges.find(({ info, alive }) => alive && info.bridgeId === bridgeId);
    if (dead === undefined) return;
    dead.alive = false;
    this.#options.onEvent({ type: 'bridge-died', bridgeId, reason });
    const heir = this.#bridges.find(({ alive }) => alive);
    if (heir === undefined) return;
    for (const roomId of dead.rooms) {
      heir.rooms.add(roomId);
      this.#options.onEvent({
        type: 'room-placed',
        roomId,
        bridgeId: heir.info.bridgeId,
        reason: 'bridge-died',
      });
    }
  }

  #count(bridge: FakeBridge): void {
    const nowMs = this.#options.clock.nowMs();
    const elapsedS = (nowMs - bridge.countedAtMs) / 1000;
    bridge.packets += bridge.participants * this.#options.packetRatePps * elapsedS;
    bridge.countedAtMs = nowMs;
  }
}

function sampleOf({ info, participants, rooms, packets: exact, countedAtMs }: FakeBridge): BridgeSample {
  const packets = Math.floor(exact);
  const bytes = packets * BYTES_PER_PACKET;
  return {
    bridgeId: info.bridgeId,
    readAtMs: countedAtMs,
    local: { packetsIn: packets, bytesIn: bytes, packetsOut: packets, bytesOut: bytes },
    relay: { packetsIn: null, bytesIn: null, packetsOut: null, bytesOut: null },
    wireBytesIn: bytes,
    wireBytesOut: bytes,
    cpuSeconds: 0,
    cpuReadAtMs: countedAtMs,
    rssBytes: null,
    producers: participants,
    consumers: participants,
    rooms: rooms.size,
    participants,
    nackCount: 0,
    pliCount: 0,
    firCount: 0,
    packetsLostIn: 0,
    packetsRetransmittedOut: 0,
    readDurationMs: 0,
  };
}
