import { addToSet } from '../model/state.ts';
import type { Direction, MediaKind, PeerConnection, Track } from '../model/types.ts';
import type { ClientSample } from '../schema/samples.ts';
import type { EvaluationContext } from './context.ts';
import { sighting, trackEvent } from './events.ts';

/** What the four kinds of track samples have in common. */
export interface TrackStat {
  ssrc: number;
  trackId?: string;
  peerConnectionId?: string;
  sfuStreamId?: string;
  sfuSinkId?: string;
  bytesSent?: number;
  bytesReceived?: number;
}

type Visit = (stat: TrackStat, kind: MediaKind, direction: Direction, at: number) => void;

/** Calls `visit` for every track element of a sample, numbered; a track with simulcast is several. */
export function forEachTrack(sample: ClientSample, visit: Visit): void {
  let at = 0;
  for (const stat of sample.outboundAudioTracks ?? []) visit(stat, 'audio', 'outbound', at++);
  for (const stat of sample.outboundVideoTracks ?? []) visit(stat, 'video', 'outbound', at++);
  for (const stat of sample.inboundAudioTracks ?? []) visit(stat, 'audio', 'inbound', at++);
  for (const stat of sample.inboundVideoTracks ?? []) visit(stat, 'video', 'inbound', at++);
}

/** The tracks that a sample's elements are about, by their numbers; null for one that names no track or connection. */
export type SightedTracks = readonly (Track | null)[];

function index(track: Track, stat: TrackStat): void {
  const { call } = track.peerConnection.client;
  const { streams, sinks } = call.room.service;
  if (!track.ssrcs.includes(stat.ssrc)) {
    track.ssrcs.push(stat.ssrc);
    // 0 is what a sender writes that does not know: many tracks have it, so it says nothing.
    if (track.direction === 'outbound' && stat.ssrc !== 0) addToSet(call.outboundBySsrc, stat.ssrc, track);
  }
  if (stat.sfuStreamId && stat.sfuStreamId !== track.sfuStreamId) {
    if (track.direction === 'outbound' && track.sfuStreamId && streams.get(track.sfuStreamId) === track) {
      streams.delete(track.sfuStreamId);
    }
    track.sfuStreamId = stat.sfuStreamId;
  }
  if (stat.sfuSinkId && stat.sfuSinkId !== track.sfuSinkId) {
    if (track.sfuSinkId && sinks.get(track.sfuSinkId) === track) sinks.delete(track.sfuSinkId);
    track.sfuSinkId = stat.sfuSinkId;
  }
  // Said again each time: the latest to name a stream has it, as when a track moves to a new connection.
  if (track.direction === 'outbound' && track.sfuStreamId !== null) streams.set(track.sfuStreamId, track);
  if (track.direction === 'inbound' && track.sfuSinkId !== null) sinks.set(track.sfuSinkId, track);
}

/** Makes the tracks of a sample known, and says which they are. */
export function sightTracks(
  sample: ClientSample,
  connectionOf: (peerConnectionId: string) => PeerConnection,
  context: EvaluationContext,
  nowMs: number,
): SightedTracks {
  const tracks: (Track | null)[] = [];
  forEachTrack(sample, (stat, kind, direction) => {
    const peerConnection = stat.peerConnectionId ? connectionOf(stat.peerConnectionId) : null;
    if (peerConnection === null || !stat.trackId) {
      tracks.push(null);
      return;
    }
    let track = peerConnection.tracks.get(stat.trackId);
    const isNew = track === undefined;
    if (track === undefined) {
      track = {
        trackId: stat.trackId,
        kind,
        direction,
        peerConnection,
        ssrcs: [],
        sfuStreamId: null,
        sfuSinkId: null,
        matched: false,
        bytesBySsrc: new Map(),
        touchedMs: nowMs,
        sampleMs: sample.timestamp,
      };
      peerConnection.tracks.set(stat.trackId, track);
    }
    index(track, stat);
    track.touchedMs = nowMs;
    track.sampleMs = Math.max(track.sampleMs, sample.timestamp);
    if (isNew) context.emit(trackEvent(track, 'MEDIA_TRACK_ADDED', sighting(sample)));
    tracks.push(track);
  });
  return tracks;
}
