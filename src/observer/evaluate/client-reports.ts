import type { Client, Direction, MediaKind, Track } from '../model/types.ts';
import type { ReportType, ReportValues } from '../reports/types.ts';
import type { ClientSample } from '../schema/samples.ts';
import { forEachMeta } from './client-meta.ts';
import type { SightedClient } from './clients.ts';
import type { EvaluationContext } from './context.ts';
import { remoteTrack } from './match.ts';
import { forEachTrack, type TrackStat } from './tracks.ts';

const NOTHING: ReportValues = {};

type Emit = (type: ReportType, own: ReportValues, stat: ReportValues) => void;

const TRACK_REPORTS: Record<Direction, Record<MediaKind, ReportType>> = {
  inbound: { audio: 'inbound-audio-track', video: 'inbound-video-track' },
  outbound: { audio: 'outbound-audio-track', video: 'outbound-video-track' },
};

function remoteColumns(label: string | null, remote: Track): ReportValues {
  const connection = remote.peerConnection;
  return {
    label,
    remoteClientId: connection.client.clientId,
    remoteUserId: connection.client.userId,
    remotePeerConnectionId: connection.peerConnectionId,
    remoteTrackId: remote.trackId,
  };
}

function connectionLabel(client: Client, track: Track | null, stat: TrackStat): string | null {
  const connection = track?.peerConnection ?? client.peerConnections.get(stat.peerConnectionId ?? '');
  return connection?.label ?? null;
}

function reportTracks(
  context: EvaluationContext,
  { client, sample, tracks }: SightedClient,
  emit: Emit,
): void {
  forEachTrack(sample, (stat, kind, direction, at) => {
    const type = TRACK_REPORTS[direction][kind];
    const track = tracks[at] ?? null;
    const label = connectionLabel(client, track, stat);
    const remote = track === null || direction === 'outbound' ? null : remoteTrack(track);
    if (remote !== null) {
      if (track !== null) track.matched = true;
      emit(type, remoteColumns(label, remote), stat as object as ReportValues);
    } else if (direction === 'inbound' && context.settings.dropUnmatchedReports) {
      context.drop('unmatched');
    } else {
      emit(type, label === null ? NOTHING : { label }, stat as object as ReportValues);
    }
  });
}

function reportConnections(client: Client, sample: ClientSample, emit: Emit): void {
  for (const transport of sample.pcTransports ?? []) {
    emit('peer-connection-transport', NOTHING, transport);
  }
  for (const pair of sample.iceCandidatePairs ?? []) emit('ice-candidate-pair', NOTHING, pair);
  for (const channel of sample.dataChannels ?? []) {
    const own = {
      messagesSent: channel.messageSent,
      messagesReceived: channel.messageReceived,
      peerConnectionLabel: client.peerConnections.get(channel.peerConnectionId)?.label,
    };
    emit('peer-connection-data-channel', own, channel);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function reportCustom(context: EvaluationContext, sample: ClientSample, emit: Emit): void {
  for (const event of sample.customCallEvents ?? []) {
    emit('call-event', { timestamp: event.timestamp }, event);
  }
  for (const event of sample.customObserverEvents ?? []) {
    emit('observer-event', { timestamp: event.timestamp }, event);
  }
  for (const extension of sample.extensionStats ?? []) {
    if (isJson(extension.payload))
      emit('client-extension-data', { extensionType: extension.type }, extension);
    else context.drop('extension-not-json');
  }
}

/** Second half of a client sample: its reports, with the other ends of its tracks as they are known by now. */
export function reportClientSample(context: EvaluationContext, sighted: SightedClient): void {
  const { client, sample } = sighted;
  const base: ReportValues = {
    serviceId: client.call.room.service.serviceId,
    mediaUnitId: client.mediaUnitId,
    timestamp: sample.timestamp,
    sampleTimestamp: sample.timestamp,
    callId: client.call.callId,
    clientId: client.clientId,
    roomId: client.call.room.roomId,
    userId: client.userId,
    sampleSeq: sample.sampleSeq,
    marker: sample.marker,
  };
  const emit: Emit = (type, own, stat) => context.emit({ type, own, base, stat });
  reportCustom(context, sample, emit);
  forEachMeta(sample, (own) => emit('call-meta-data', own, NOTHING));
  reportConnections(client, sample, emit);
  reportTracks(context, sighted, emit);
}
