import type { WebSocket } from 'ws';
import type { Clock } from '../../system/types.ts';
import type { ClusterEvent } from '../api.ts';
import { type BridgeLoad, choosePlacement, type Placement } from '../balancer.ts';
import type { BridgeNotifications } from '../bridge/protocol.ts';
import { RpcError } from '../rpc.ts';
import type { BridgePool } from './bridge-pool.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { Invitations } from './invitations.ts';
import { type Member, Room } from './room.ts';
import { CloseCode, Session } from './session.ts';

export interface LobbyOptions {
  pool: BridgePool;
  clock: Pick<Clock, 'nowMs'>;
  /** For those who do not ask for another. */
  placement: Placement;
  maxParticipantsPerBridgePerRoom: number | null;
  onEvent(event: ClusterEvent): void;
}

export interface InviteRequest {
  room: string;
  participantId: string;
  pinnedIndex: number | null;
  placement: Placement | undefined;
}

/** Invites participants, places them, lets them in, and looks after the rooms that come of it. */
export class Lobby {
  readonly #options: LobbyOptions;
  readonly #invitations: Invitations;
  readonly #rooms = new Map<string, Room>();
  /** Bridges that each room was announced on, also before its first participant came. */
  readonly #placed = new Map<string, Set<BridgeProcess>>();

  constructor(options: LobbyOptions) {
    this.#options = options;
    this.#invitations = new Invitations(options.clock);
  }

  /** Keeps a place. Throws RpcError `no-bridge`, or `bad-request` for a pin beyond the last bridge. */
  invite(request: InviteRequest): { token: string; bridgeId: string } {
    const { pinnedIndex } = request;
    if (pinnedIndex !== null && pinnedIndex >= this.#options.pool.infos.length) {
      throw new RpcError('bad-request', `there is no bridge ${pinnedIndex}`);
    }
    const placement = request.placement ?? this.#options.placement;
    const bridge = this.#place(request.room, pinnedIndex, placement);
    const token = this.#invitations.issue({ ...request, placement, bridge });
    return { token, bridgeId: bridge.bridgeId };
  }

  /** Returns what takes the connection into the room; undefined where the token lets nobody in. */
  admit(token: string): ((socket: WebSocket) => void) | undefined {
    const invitation = this.#invitations.redeem(token);
    if (invitation === undefined) return undefined;
    const { room, participantId, pinnedIndex, placement } = invitation;
    return (socket) => {
      try {
        const bridge = this.#options.pool.isLiving(invitation.bridge)
          ? invitation.bridge
          : this.#place(room, pinnedIndex, placement);
        this.#enter(room, participantId, bridge, socket);
      } catch {
        socket.close(CloseCode.bridgeLost, 'no bridge is left');
      }
    };
  }

  onNotify<N extends keyof BridgeNotifications>(
    bridge: BridgeProcess,
    name: N,
    params: BridgeNotifications[N],
  ): void {
    if (name === 'audioLevels') {
      const { room, levels } = params as BridgeNotifications['audioLevels'];
      this.#rooms.get(room)?.setLevels(bridge, levels);
    } else if (name === 'consumerClosed') {
      const { room, participantId, consumerId } = params as BridgeNotifications['consumerClosed'];
      this.#rooms.get(room)?.member(participantId)?.notify('consumerClosed', { consumerId });
    } else if (name === 'consumerLayers') {
      const { room, participantId, ...layers } = params as BridgeNotifications['consumerLayers'];
      this.#rooms.get(room)?.member(participantId)?.notify('consumerLayers', layers);
    }
  }

  /** Tells those who were on it, and gives its rooms a new place among the living. */
  onLost(bridge: BridgeProcess, reason: string): void {
    const { pool, placement, onEvent } = this.#options;
    onEvent({ type: 'bridge-died', bridgeId: bridge.bridgeId, reason });
    for (const [name, bridges] of [...this.#placed]) {
      if (!bridges.delete(bridge)) continue;
      for (const member of this.#rooms.get(name)?.dropBridge(bridge) ?? []) {
        member.notify('bridgeLost', { bridgeId: bridge.bridgeId, reason });
        member.close(CloseCode.bridgeLost, 'the bridge is gone');
      }
      const next = this.#choose(name, null, placement);
      if (next === undefined) continue;
      bridges.add(next);
      onEvent({ type: 'room-placed', room: name, bridgeId: next.bridgeId, reason: 'bridge-died' });
    }
    if (pool.living.length === 0) this.#placed.clear();
  }

  close(): void {
    for (const room of this.#rooms.values()) {
      for (const member of room.members) member.close(CloseCode.goingAway, 'the cluster ends');
    }
  }

  #place(room: string, pinnedIndex: number | null, placement: Placement): BridgeProcess {
    const bridge = this.#choose(room, pinnedIndex, placement);
    if (bridge === undefined) throw new RpcError('no-bridge', 'no bridge is left');
    this.#announce(room, bridge);
    return bridge;
  }

  #choose(room: string, pinnedIndex: number | null, placement: Placement): BridgeProcess | undefined {
    const { pool, maxParticipantsPerBridgePerRoom } = this.#options;
    const { living } = pool;
    const placed = this.#placed.get(room);
    const here: { bridge: BridgeProcess; room: string }[] = [...this.#invitations.pending()];
    for (const { name, members } of this.#rooms.values()) {
      for (const { bridge } of members) here.push({ bridge, room: name });
    }
    const loads = living.map((bridge): BridgeLoad => {
      const participants = here.filter((entry) => entry.bridge === bridge);
      return {
        index: bridge.index,
        stress: pool.stress(bridge),
        recentlyPlaced: this.#invitations.recentlyPlaced(bridge),
        participants: participants.length,
        roomParticipants: participants.filter((entry) => entry.room === room).length,
        hasRoom: placed?.has(bridge) ?? false,
      };
    });
    const index = choosePlacement({ placement, pinnedIndex, maxParticipantsPerBridgePerRoom }, loads);
    return living.find((bridge) => bridge.index === index);
  }

  #announce(room: string, bridge: BridgeProcess): void {
    const bridges = this.#placed.get(room) ?? new Set();
    this.#placed.set(room, bridges);
    if (bridges.has(bridge)) return;
    const reason = bridges.size === 0 ? 'first' : 'spread';
    bridges.add(bridge);
    this.#options.onEvent({ type: 'room-placed', room, bridgeId: bridge.bridgeId, reason });
  }

  #enter(name: string, participantId: string, bridge: BridgeProcess, socket: WebSocket): void {
    const room = this.#rooms.get(name) ?? new Room(name);
    this.#rooms.set(name, room);
    this.#announce(name, bridge);
    const before = room.member(participantId);
    if (before !== undefined) {
      before.close(CloseCode.replaced, 'the participant connected again');
      void this.#leave(room, before);
    }
    const session = new Session(participantId, bridge, room, socket);
    room.enter(session);
    socket.on('close', () => void this.#leave(room, session));
    socket.on('error', () => socket.terminate());
  }

  async #leave(room: Room, member: Member): Promise<void> {
    await room.leave(member);
    if (!room.isEmpty || this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    this.#placed.delete(room.name);
    this.#options.onEvent({ type: 'room-closed', room: room.name });
  }
}
