import type { Pad, Track } from '../model/types.ts';

/**
 * The client's track at the other end of a pad: for what the SFU receives the track that feeds the stream, for what
 * it sends the track that its sink feeds. A pipe's outbound pad has no client behind it; there the stream's
 * publisher says which call it is.
 */
export function tieOf(pad: Pad): Track | null {
  const { streams, sinks } = pad.sfu.service;
  if (pad.direction === 'outbound' && !pad.internal) return sinks.get(pad.sinkId ?? '') ?? null;
  return streams.get(pad.streamId) ?? null;
}
