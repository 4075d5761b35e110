import type { Call, ObserverState, Room, Service, Track } from './types.ts';

export function createState(): ObserverState {
  return { services: new Map() };
}

export function serviceOf(state: ObserverState, serviceId: string): Service {
  let service = state.services.get(serviceId);
  if (service === undefined) {
    service = {
      serviceId,
      rooms: new Map(),
      sfus: new Map(),
      streams: new Map(),
      sinks: new Map(),
      pipePads: new Map(),
    };
    state.services.set(serviceId, service);
  }
  return service;
}

export function roomOf(service: Service, roomId: string): Room {
  let room = service.rooms.get(roomId);
  if (room === undefined) {
    room = { roomId, service, calls: new Map(), current: null };
    service.rooms.set(roomId, room);
  }
  return room;
}

export function addToSet<Key, Value>(index: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const existing = index.get(key);
  if (existing === undefined) index.set(key, new Set([value]));
  else existing.add(value);
}

export function removeFromSet<Key, Value>(index: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const existing = index.get(key);
  if (existing?.delete(value) && existing.size === 0) index.delete(key);
}

/** Removes a track from every index; those that a newer track of the same name took over stay. */
export function forgetTrack(track: Track): void {
  const call = track.peerConnection.client.call;
  const { streams, sinks } = call.room.service;
  if (track.direction === 'outbound') {
    for (const ssrc of track.ssrcs) removeFromSet(call.outboundBySsrc, ssrc, track);
    if (track.sfuStreamId !== null && streams.get(track.sfuStreamId) === track) {
      streams.delete(track.sfuStreamId);
    }
  } else if (track.sfuSinkId !== null && sinks.get(track.sfuSinkId) === track) {
    sinks.delete(track.sfuSinkId);
  }
  track.peerConnection.tracks.delete(track.trackId);
}

export function forgetCall(call: Call): void {
  const { room } = call;
  room.calls.delete(call.callId);
  if (room.current === call) room.current = null;
  if (room.calls.size === 0) room.service.rooms.delete(room.roomId);
}

/** How much is known, for metrics. */
export function countState(state: ObserverState): Record<string, number> {
  const counts = { calls: 0, clients: 0, peerConnections: 0, tracks: 0, sfus: 0, transports: 0, pads: 0 };
  for (const service of state.services.values()) {
    for (const room of service.rooms.values()) {
      for (const call of room.calls.values()) {
        counts.calls += 1;
        counts.clients += call.clients.size;
        for (const client of call.clients.values()) {
          counts.peerConnections += client.peerConnections.size;
          for (const connection of client.peerConnections.values()) counts.tracks += connection.tracks.size;
        }
      }
    }
    counts.sfus += service.sfus.size;
    for (const sfu of service.sfus.values()) {
      counts.transports += sfu.transports.size;
      counts.pads += sfu.inboundPads.size + sfu.outboundPads.size;
    }
  }
  return counts;
}
