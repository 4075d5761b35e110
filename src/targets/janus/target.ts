import { choosePlacement, type Placement, RECENT_PLACEMENT_MS } from '../../cluster/balancer.ts';
import { StressMeter } from '../../cluster/coordinator/stress-meter.ts';
import { environmentError } from '../../errors.ts';
import { isThisHost, listeningProcess } from '../../system/listening-process.ts';
import { Scope } from '../../system/scope.ts';
import type { System } from '../../system/types.ts';
import type {
  AccessRequest,
  BridgeInfo,
  BridgeSample,
  JanusRoomAccess,
  PadReading,
  Target,
  TargetOptions,
} from '../types.ts';
import { JanusAdmin } from './admin.ts';
import { JanusBridge, type JanusBridgeOptions } from './bridge.ts';
import { startJanus } from './server-process.ts';

export interface JanusServer {
  /** JSON API over web sockets, e.g. `ws://127.0.0.1:8188`. */
  url: string;
  /** Admin API over HTTP, e.g. `http://127.0.0.1:7088/admin`. */
  admin: string;
}

export interface JanusTargetOptions extends TargetOptions {
  system: System;
  servers:
    | { start: true; count: number; mediaAddress: string }
    | { start: false; list: readonly JanusServer[]; adminSecret: string; secretPlace: string };
  placement: Placement;
  /** What one bridge carries, for placement by stress. */
  maxPacketRatePps: number;
}

/** How long the reason of an end may be in coming, when it is known that there is one. */
const END_PATIENCE_MS = 1000;

interface Member {
  bridge: JanusBridge;
  bridgeId: string;
  index: number;
  alive: boolean;
  /** Resolves to how it ended. */
  ended: Promise<string>;
}

interface PlacedRoom {
  roomId: string;
  member: Member;
}

/**
 * One or several Janus servers, each a bridge. They know nothing of each other: our balancer says which has which
 * room, and a room stays whole on one.
 */
export class JanusTarget implements Target {
  readonly kind = 'janus';
  readonly #options: JanusTargetOptions;
  readonly #scope = new Scope();
  readonly #members: Member[] = [];
  readonly #rooms = new Map<string, PlacedRoom>();
  /** Who was let in where, and when last. */
  readonly #placed = new Map<string, { member: Member; atMs: number }>();
  readonly #stress: StressMeter;
  #started = false;

  constructor(options: JanusTargetOptions) {
    this.#options = options;
    this.#stress = new StressMeter(options.maxPacketRatePps);
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { servers } = this.#options;
    try {
      const count = servers.start ? servers.count : servers.list.length;
      const starting = Array.from({ length: count }, (_, index) => this.#startBridge(index, signal));
      // All must have settled before one failure is told: closing would miss what is still starting.
      const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#members.sort((a, b) => a.index - b.index);
    this.#started = true;
    for (const { bridge } of this.#members) this.#options.onEvent({ type: 'bridge-up', bridge: bridge.info });
  }

  get notOffered(): readonly string[] {
    const stamps = this.#members.every(({ bridge }) => forwardsCaptureTime(bridge.version));
    return [
      ...(stamps ? [] : ['track.one_way_delay_ms']),
      'PLI, FIR and retransmission counts of a bridge',
      'bytes of a bridge with control traffic',
    ];
  }

  bridges(): readonly BridgeInfo[] {
    return this.#members.map(({ bridge }) => bridge.info);
  }

  async access(request: AccessRequest, signal: AbortSignal): Promise<JanusRoomAccess> {
    const { roomName, participantId } = request;
    const member = await this.#placeAmongLiving(request, signal);
    const { bridge, bridgeId } = member;
    this.#placed.set(participantId, { member, atMs: this.#options.system.clock.nowMs() });
    const roomId = await bridge.room(roomName, () =>
      this.#options.onEvent({
        type: 'notice',
        code: 'RTCB_ROOM_EXISTS',
        message: `room ${roomName} was on ${bridgeId} before this run: it is used as it is, and stays`,
      }),
    );
    return {
      protocol: 'janus-videoroom',
      url: bridge.webSocketUrl,
      roomName,
      bridgeId,
      roomId,
      keepAliveMs: bridge.keepAliveMs,
    };
  }

  async sampleBridges(): Promise<BridgeSample[]> {
    const living = this.#living();
    const outcomes = await Promise.allSettled(living.map(({ bridge }) => bridge.sample()));
    // A bridge that died while it was read is told as dead, and not as read.
    const samples = outcomes.flatMap((outcome, i) =>
      outcome.status === 'fulfilled' && living[i]?.alive === true ? [outcome.value] : [],
    );
    for (const sample of samples) this.#stress.add(sample);
    return samples;
  }

  async samplePads(): Promise<PadReading[]> {
    return this.#living().flatMap(({ bridge }) => bridge.pads());
  }

  versions(): Record<string, string> {
    const versions = new Set(this.#members.map(({ bridge }) => bridge.version));
    return versions.size === 0 ? {} : { janus: [...versions].join(', ') };
  }

  async close(): Promise<void> {
    this.#started = false;
    await this.#scope.close();
  }

  async #startBridge(index: number, signal: AbortSignal): Promise<void> {
    const bridgeId = `bridge-${index}`;
    const { ended, ...reached } = await this.#reach(index, signal);
    const bridge = new JanusBridge({ bridgeId, clock: this.#options.system.clock, ...reached });
    this.#scope.defer(bridgeId, () => bridge.close());
    const { lost } = await bridge.start(signal);
    // The process tells more of its end than the connection does.
    const member: Member = { bridge, bridgeId, index, alive: true, ended: ended ?? lost };
    this.#members.push(member);
    void member.ended.then((reason) => this.#died(member, reason));
  }

  /** Where a server is; one of our own is started first. */
  async #reach(
    index: number,
    signal: AbortSignal,
  ): Promise<Omit<JanusBridgeOptions, 'bridgeId' | 'clock'> & { ended: Promise<string> | null }> {
    const { servers, system } = this.#options;
    if (servers.start) {
      const { mediaAddress } = servers;
      const { admin, webSocketUrl, pid, ended, close } = await startJanus(
        system,
        index,
        mediaAddress,
        signal,
      );
      this.#scope.defer(`janus ${index}`, close);
      return { admin, webSocketUrl, mediaAddress, pid, ended };
    }
    const server = servers.list[index];
    if (server === undefined) throw new Error('there is no such server');
    const { adminSecret: secret, secretPlace } = servers;
    const admin = new JanusAdmin({ url: server.admin, secret, secretPlace });
    const { hostname, port, protocol } = new URL(server.url);
    const pid = isThisHost(hostname)
      ? listeningProcess(Number(port) || (protocol === 'wss:' ? 443 : 80))
      : null;
    return { admin, webSocketUrl: server.url, mediaAddress: null, pid, ended: null };
  }

  /** A participant may come back from a dead bridge before the death has been told here. */
  async #placeAmongLiving(request: AccessRequest, signal: AbortSignal): Promise<Member> {
    for (;;) {
      signal.throwIfAborted();
      const member = this.#place(request);
      if (await member.bridge.answers()) return member;
      const patience = this.#options.system.clock.sleep(END_PATIENCE_MS, signal);
      const untold = patience.then(() => 'it does not answer any more');
      this.#died(member, await Promise.race([member.ended, untold]));
    }
  }

  /** The bridge of the participant's room, which is chosen with the first of them. */
  #place({ roomId, roomName, pinnedBridge }: AccessRequest): Member {
    const room = this.#rooms.get(roomName);
    const living = this.#living();
    const pinned = living.find(({ index }) => index === pinnedBridge);
    if (room?.member.alive === true) {
      if (pinned === undefined || pinned === room.member) return room.member;
      throw environmentError(
        'RTCB_TARGET_REFUSED',
        `room ${roomName} is on ${room.member.bridgeId}: a room of Janus cannot be on ${pinned.bridgeId} too`,
        { hint: 'pin whole rooms, not participants of one room to different bridges' },
      );
    }
    const member = this.#choose(pinnedBridge);
    if (member === undefined) throw environmentError('RTCB_TARGET_REFUSED', 'no bridge is left');
    this.#assign(roomName, { roomId, member }, room === undefined ? 'first' : 'bridge-died');
    return member;
  }

  #choose(pinnedIndex: number | null): Member | undefined {
    if (!this.#started) return undefined;
    const now = this.#options.system.clock.nowMs();
    const living = this.#living();
    const loads = living.map(({ index, bridgeId }) => {
      const placed = [...this.#placed.values()].filter(({ member }) => member.index === index);
      return {
        index,
        stress: this.#stress.stress(bridgeId),
        recentlyPlaced: placed.filter(({ atMs }) => now - atMs < RECENT_PLACEMENT_MS).length,
        participants: placed.length,
        roomParticipants: 0,
        hasRoom: false,
      };
    });
    const request = {
      placement: this.#options.placement,
      pinnedIndex,
      maxParticipantsPerBridgePerRoom: null,
    };
    const index = choosePlacement(request, loads);
    return living.find((member) => member.index === index);
  }

  #assign(roomName: string, room: PlacedRoom, reason: 'first' | 'bridge-died'): void {
    this.#rooms.set(roomName, room);
    const { roomId, member } = room;
    this.#options.onEvent({ type: 'room-placed', roomId, bridgeId: member.bridgeId, reason });
  }

  /** Its rooms get a new place among the living, and its participants come back there. */
  #died(member: Member, reason: string): void {
    if (!member.alive) return;
    member.alive = false;
    if (!this.#started) return;
    this.#options.onEvent({ type: 'bridge-died', bridgeId: member.bridgeId, reason });
    for (const [participantId, placed] of this.#placed) {
      if (placed.member === member) this.#placed.delete(participantId);
    }
    for (const [roomName, { roomId, member: before }] of this.#rooms) {
      if (before !== member) continue;
      const next = this.#choose(null);
      if (next === undefined) this.#rooms.delete(roomName);
      else this.#assign(roomName, { roomId, member: next }, 'bridge-died');
    }
  }

  #living(): Member[] {
    return this.#started ? this.#members.filter(({ alive }) => alive) : [];
  }
}

/** abs-capture-time, which one-way delay is read from, passes Janus since 1.2.1. */
function forwardsCaptureTime(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_002_001;
}
