import type { Pad, Service, Track } from '../model/types.ts';

/**
 * The outbound track that an inbound one shows. Through an SFU: by its sink, or the stream it names itself, and
 * the track that feeds that stream. Otherwise, or when the SFU's names lead nowhere: by SSRC, among what other
 * clients of the call send.
 */
export function remoteTrack(track: Track): Track | null {
  const { client } = track.peerConnection;
  const { streams } = client.call.room.service;
  const byStream = track.sfuStreamId === null ? undefined : streams.get(track.sfuStreamId);
  if (byStream !== undefined) return byStream;
  for (const ssrc of track.ssrcs) {
    for (const candidate of client.call.outboundBySsrc.get(ssrc) ?? []) {
      if (candidate.peerConnection.client !== client) return candidate;
    }
  }
  return null;
}

/** What identifies the packets of one stream in a pipe between two SFUs. */
export const pipeKey = (streamId: string, ssrc: number): string => `${ssrc} ${streamId}`;

function mirrored(pad: Pad, other: Pad): boolean {
  const here = pad.sfu.transports.get(pad.transportId);
  const there = other.sfu.transports.get(other.transportId);
  return (
    here !== undefined &&
    there !== undefined &&
    here.localPort !== null &&
    here.localPort === there.remotePort &&
    here.remotePort === there.localPort
  );
}

/**
 * The internal outbound pad at the other end of a pipe. One stream can be piped to several SFUs with the same
 * SSRC, so among candidates the one whose transport's ports mirror ours is it; without ports only a single one can be.
 */
export function pipeCounterpart(service: Service, pad: Pad): Pad | null {
  const candidates = [...(service.pipePads.get(pipeKey(pad.streamId, pad.ssrc)) ?? [])].filter(
    (candidate) => candidate.transportId !== pad.transportId,
  );
  const elsewhere = candidates.filter((candidate) => candidate.sfu !== pad.sfu);
  const mirror = candidates.find((candidate) => mirrored(pad, candidate));
  if (mirror !== undefined) return mirror;
  const possible = elsewhere.length > 0 ? elsewhere : candidates;
  return possible.length === 1 ? (possible[0] ?? null) : null;
}
