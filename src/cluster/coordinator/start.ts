import type { WebSocket } from 'ws';
import { usageError } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import type { BridgeInfo } from '../../targets/types.ts';
import { ACCESS_REQUEST, type ClusterAccess, type ClusterEvent, type ClusterHealth } from '../api.ts';
import { RpcError } from '../rpc.ts';
import { type ClusterSettings, MAX_BRIDGES } from '../settings.ts';
import { SIGNALLING_PROTOCOL } from '../signalling/protocol.ts';
import { BridgePool } from './bridge-pool.ts';
import { Lobby } from './lobby.ts';
import { ApiServer } from './server.ts';

export interface RunningCluster {
  /** Where API and signalling are, `http://host:port`. */
  readonly url: string;
  readonly bridges: readonly BridgeInfo[];
  /** Ends participants' connections, bridges and workers. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts bridges, API and signalling in this process; the bridges are processes of their own.
 * @throws RtcBenchError RTCB_BRIDGES, RTCB_BRIDGE_START, RTCB_PORT_TAKEN or RTCB_LISTEN; nothing is left then.
 */
export async function startCluster(
  system: System,
  settings: ClusterSettings,
  onEvent: (event: ClusterEvent) => void = () => {},
): Promise<RunningCluster> {
  if (!Number.isInteger(settings.bridges) || settings.bridges < 1 || settings.bridges > MAX_BRIDGES) {
    throw usageError('RTCB_BRIDGES', `a cluster has 1 to ${MAX_BRIDGES} bridges, not ${settings.bridges}`);
  }
  const listeners = new Set<WebSocket>();
  const tell = (event: ClusterEvent) => {
    onEvent(event);
    for (const socket of listeners) socket.send(JSON.stringify(event));
  };
  const pool: BridgePool = new BridgePool(settings, system, {
    onNotify: (bridge, name, params) => lobby.onNotify(bridge, name, params),
    onLost: (bridge, reason) => lobby.onLost(bridge, reason),
  });
  const lobby = new Lobby({ ...settings, pool, clock: system.clock, onEvent: tell });
  let url = '';
  const routes = {
    json: {
      'GET /health': () => health(pool),
      'GET /bridges': () => pool.infos,
      'GET /samples': () => pool.sample(),
      'GET /pads': () => pool.pads(),
      'POST /rooms/access': (body: unknown) => access(lobby, url, body),
    },
    sockets: {
      '/join': { others: true, take: (query: URLSearchParams) => lobby.admit(query.get('token') ?? '') },
      '/events': {
        others: false,
        take: () => (socket: WebSocket) => {
          listeners.add(socket);
          socket.on('close', () => listeners.delete(socket));
        },
      },
    },
  };
  const server = new ApiServer(routes, settings.apiFor === 'this-host');
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      lobby.close();
      // Participants have this long to hear of it.
      await pool.close();
      await server.close();
    })();
    return closing;
  };
  try {
    const port = await server.listen(settings.host, settings.port);
    url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
    await pool.start();
  } catch (error) {
    await close();
    throw error;
  }
  for (const { alive, ...bridge } of pool.infos) tell({ type: 'bridge-up', bridge });
  return { url, bridges: pool.infos, close };
}

function health(pool: BridgePool): ClusterHealth {
  const total = pool.infos.length;
  const living = pool.living.length;
  return {
    status: living === 0 ? 'down' : living < total ? 'degraded' : 'ok',
    protocol: SIGNALLING_PROTOCOL,
    software: pool.infos[0]?.software ?? '',
    bridges: { living, total },
  };
}

function access(lobby: Lobby, url: string, body: unknown): ClusterAccess {
  const parsed = ACCESS_REQUEST.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RpcError('bad-request', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { room, participantId, pinnedBridge: pinnedIndex, placement } = parsed.data;
  const { token, bridgeId } = lobby.invite({ room, participantId, pinnedIndex, placement });
  return {
    protocol: SIGNALLING_PROTOCOL,
    url: `${url.replace('http:', 'ws:')}/join?token=${token}`,
    room,
    bridgeId,
  };
}
