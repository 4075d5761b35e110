import { addIncrement, type Increment, type Medium, takeIncrement } from '../model/traffic.ts';
import type { Client, PeerConnection } from '../model/types.ts';
import type { ClientSample } from '../schema/samples.ts';
import { forEachTrack, type SightedTracks } from './tracks.ts';

type Increments = Record<Medium, Increment>;

const none = (): Increments => ({
  audio: { bytes: 0, sinceLast: 0 },
  video: { bytes: 0, sinceLast: 0 },
  data: { bytes: 0, sinceLast: 0 },
});

function takeChannel(
  connection: PeerConnection,
  channel: string,
  bytes: { sent: number | undefined; received: number | undefined },
  up: Increment,
  down: Increment,
): void {
  const last = connection.dataBytes;
  takeIncrement(last, `${channel} up`, bytes.sent, up);
  takeIncrement(last, `${channel} down`, bytes.received, down);
}

/**
 * Adds a sample's bytes to its client's traffic. Rates are over the sender's own interval, from its sample before
 * to this one; a sample that comes late or twice adds no interval.
 */
export function measureTraffic(client: Client, sample: ClientSample, tracks: SightedTracks): void {
  const up = none();
  const down = none();
  forEachTrack(sample, (stat, kind, direction, at) => {
    const track = tracks[at] ?? null;
    if (track === null) return;
    const outbound = direction === 'outbound';
    takeIncrement(
      track.bytesBySsrc,
      stat.ssrc,
      outbound ? stat.bytesSent : stat.bytesReceived,
      (outbound ? up : down)[kind],
    );
  });
  for (const channel of sample.dataChannels ?? []) {
    const connection = client.peerConnections.get(channel.peerConnectionId);
    if (connection === undefined) continue;
    const name = String(channel.dataChannelIdentifier ?? channel.label ?? '');
    takeChannel(
      connection,
      name,
      { sent: channel.bytesSent, received: channel.bytesReceived },
      up.data,
      down.data,
    );
  }
  const intervalMs = Number.isFinite(client.sampleMs) ? sample.timestamp - client.sampleMs : null;
  for (const medium of ['audio', 'video', 'data'] as const) {
    addIncrement(client.traffic.up[medium], up[medium], intervalMs);
    addIncrement(client.traffic.down[medium], down[medium], intervalMs);
  }
}
