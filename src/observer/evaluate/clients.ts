import { createTraffic } from '../model/traffic.ts';
import type { Call, Client, PeerConnection, SampleSource } from '../model/types.ts';
import type { ClientSample } from '../schema/samples.ts';
import { callFor } from './calls.ts';
import type { EvaluationContext } from './context.ts';
import { clientEvent, peerConnectionEvent, sighting } from './events.ts';
import { type SightedTracks, sightTracks } from './tracks.ts';
import { measureTraffic } from './traffic.ts';

/** How far back a second arrival of the same sample is known. */
const REMEMBERED_SAMPLES = 16;

function timeZoneId(offsetInHours: number | undefined): string | null {
  if (offsetInHours === undefined) return null;
  const minutes = Math.round(Math.abs(offsetInHours) * 60);
  const two = (value: number) => String(value).padStart(2, '0');
  return `GMT${offsetInHours < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A sample with a sequence number that came before, with the same time: sent or delivered twice. */
function isDuplicate(client: Client, sample: ClientSample): boolean {
  const { sampleSeq, timestamp } = sample;
  if (sampleSeq === undefined || sampleSeq < 0) return false;
  const { recentSamples } = client;
  // Lists of plain numbers, written over in turn: an object a sample would outlive most collections of garbage.
  const { timestamps, sequence, next } = recentSamples;
  for (let at = 0; at < sequence.length; at += 1) {
    if (sequence[at] === sampleSeq && timestamps[at] === timestamp) return true;
  }
  timestamps[next] = timestamp;
  sequence[next] = sampleSeq;
  recentSamples.next = (next + 1) % REMEMBERED_SAMPLES;
  return false;
}

function sightClient(
  context: EvaluationContext,
  call: Call,
  source: SampleSource,
  sample: ClientSample,
  nowMs: number,
): Client {
  const known = call.clients.get(sample.clientId);
  if (known !== undefined) return known;
  const client: Client = {
    clientId: sample.clientId,
    call,
    joinedMs: sample.timestamp,
    touchedMs: nowMs,
    sampleMs: Number.NEGATIVE_INFINITY,
    userId: sample.userId ?? null,
    mediaUnitId: source.mediaUnitId,
    marker: sample.marker ?? null,
    timeZoneId: timeZoneId(sample.timeZoneOffsetInHours),
    connectionId: source.connectionId,
    peerConnections: new Map(),
    traffic: createTraffic(),
    recentSamples: { timestamps: [], sequence: [], next: 0 },
  };
  call.clients.set(client.clientId, client);
  context.emit(clientEvent(client, 'CLIENT_JOINED', sighting(sample)));
  return client;
}

function sightPeerConnection(
  context: EvaluationContext,
  client: Client,
  peerConnectionId: string,
  sample: ClientSample,
  nowMs: number,
): PeerConnection {
  let connection = client.peerConnections.get(peerConnectionId);
  if (connection === undefined) {
    connection = {
      peerConnectionId,
      client,
      label: null,
      tracks: new Map(),
      dataBytes: new Map(),
      touchedMs: nowMs,
      sampleMs: sample.timestamp,
    };
    client.peerConnections.set(peerConnectionId, connection);
    context.emit(peerConnectionEvent(connection, 'PEER_CONNECTION_OPENED', sighting(sample)));
  }
  connection.touchedMs = nowMs;
  connection.sampleMs = Math.max(connection.sampleMs, sample.timestamp);
  return connection;
}

function sightPeerConnections(
  context: EvaluationContext,
  client: Client,
  sample: ClientSample,
  nowMs: number,
): void {
  for (const transport of sample.pcTransports ?? []) {
    const connection = sightPeerConnection(context, client, transport.peerConnectionId, sample, nowMs);
    connection.label = transport.label ?? connection.label;
  }
  for (const channel of sample.dataChannels ?? []) {
    sightPeerConnection(context, client, channel.peerConnectionId, sample, nowMs);
  }
  for (const pair of sample.iceCandidatePairs ?? []) {
    sightPeerConnection(context, client, pair.peerConnectionId, sample, nowMs);
  }
}

/** A sample and whom and what it is about. */
export interface SightedClient {
  readonly client: Client;
  readonly sample: ClientSample;
  readonly tracks: SightedTracks;
}

/**
 * First half of a client sample: whom and what it makes known. Everything of a batch is made known before anything
 * is matched, so that it does not matter which end of a track was heard first. Null: the sample is not heeded.
 */
export function sightClientSample(
  context: EvaluationContext,
  source: SampleSource,
  sample: ClientSample,
  nowMs: number,
): SightedClient | null {
  const call = callFor(context, source, sample, nowMs);
  if (call === null) return null;
  const client = sightClient(context, call, source, sample, nowMs);
  call.touchedMs = nowMs;
  client.touchedMs = nowMs;
  client.connectionId = source.connectionId;
  client.mediaUnitId = source.mediaUnitId;
  if (isDuplicate(client, sample)) {
    context.drop('duplicate-sample');
    return null;
  }
  client.userId = sample.userId ?? client.userId;
  client.marker = sample.marker ?? client.marker;
  client.timeZoneId = timeZoneId(sample.timeZoneOffsetInHours) ?? client.timeZoneId;
  sightPeerConnections(context, client, sample, nowMs);
  const tracks = sightTracks(
    sample,
    (peerConnectionId) => sightPeerConnection(context, client, peerConnectionId, sample, nowMs),
    context,
    nowMs,
  );
  measureTraffic(client, sample, tracks);
  client.sampleMs = Math.max(client.sampleMs, sample.timestamp);
  return { client, sample, tracks };
}
