import type { ParticipantSample, TrackSample } from '../participants/types.ts';
import type { BridgeSample, PadReading, TrafficCounters } from '../targets/types.ts';
import type {
  ClientSample,
  InboundAudioTrack,
  InboundVideoTrack,
  OutboundAudioTrack,
  OutboundVideoTrack,
  SfuInboundRtpPad,
  SfuOutboundRtpPad,
  SfuSample,
  SfuTransport,
} from './schema/samples.ts';

/** Our readings in the words of ObserveRTC's samples. What is null here is left out there, never 0. */

export interface ClientSampleContext {
  roomId: string;
  /** Unix milliseconds, by the source's own intervals. */
  timestamp: number;
  sampleSeq: number;
  /** Each join is a connection of its own. */
  attempt: number;
}

type Given<Values> = { [Key in keyof Values]?: Exclude<Values[Key], null> };

function known<Values extends Record<string, number | string | boolean | null>>(
  values: Values,
): Given<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Given<Values>;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** SSRC that stands for one that the source does not tell; the observer matches nothing by it. */
export const UNKNOWN_SSRC = 0;

function identity(track: TrackSample, peerConnectionId: string) {
  return {
    ssrc: track.ssrc ?? UNKNOWN_SSRC,
    trackId: track.trackId,
    peerConnectionId,
    ...known({ sfuStreamId: track.producerId }),
  };
}

function outbound(track: TrackSample, peerConnectionId: string): OutboundAudioTrack {
  return {
    ...identity(track, peerConnectionId),
    packetsSent: track.packets,
    bytesSent: track.payloadBytes,
    ...known({
      headerBytesSent: track.headerBytes,
      retransmittedPacketsSent: track.retransmittedPackets,
      packetsLost: track.packetsLost,
      jitter: seconds(track.jitterMs),
      nackCount: track.nackCount,
    }),
  };
}

function outboundVideo(track: TrackSample, peerConnectionId: string): OutboundVideoTrack {
  return {
    ...outbound(track, peerConnectionId),
    ...known({
      pliCount: track.pliCount,
      firCount: track.firCount,
      framesSent: track.frames,
      keyFramesEncoded: track.keyFrames,
      frameWidth: track.frameWidth,
      frameHeight: track.frameHeight,
    }),
  };
}

function inbound(track: TrackSample, peerConnectionId: string): InboundAudioTrack {
  return {
    ...identity(track, peerConnectionId),
    packetsReceived: track.packets,
    bytesReceived: track.payloadBytes,
    ...known({
      sfuSinkId: track.consumerId,
      headerBytesReceived: track.headerBytes,
      packetsLost: track.packetsLost,
      jitter: seconds(track.jitterMs),
      nackCount: track.nackCount,
    }),
  };
}

function inboundVideo(track: TrackSample, peerConnectionId: string): InboundVideoTrack {
  return {
    ...inbound(track, peerConnectionId),
    ...known({
      pliCount: track.pliCount,
      firCount: track.firCount,
      framesReceived: track.frames,
      framesDecoded: track.framesDecoded,
      keyFramesDecoded: track.keyFrames,
      frameWidth: track.frameWidth,
      frameHeight: track.frameHeight,
    }),
  };
}

/** A participant's reading. All of its transports are one connection: that is how it is read. */
export function clientSampleOf(sample: ParticipantSample, context: ClientSampleContext): ClientSample {
  const { roomId, timestamp, sampleSeq, attempt } = context;
  const peerConnectionId = `${sample.participantId}-${attempt}`;
  const select = (direction: TrackSample['direction'], kind: TrackSample['kind']): TrackSample[] =>
    sample.tracks.filter((track) => track.direction === direction && track.kind === kind);
  const datagrams = known({ packetsSent: sample.datagramsSent, packetsReceived: sample.datagramsReceived });
  const data = known({
    messageSent: sample.dataMessagesSent,
    messageReceived: sample.dataMessagesReceived,
    bytesSent: sample.dataBytesSent,
    bytesReceived: sample.dataBytesReceived,
  });
  return {
    clientId: sample.participantId,
    roomId,
    timestamp,
    sampleSeq,
    pcTransports: [{ transportId: `${peerConnectionId}-transport`, peerConnectionId, ...datagrams }],
    iceCandidatePairs: [
      {
        candidatePairId: `${peerConnectionId}-pair`,
        peerConnectionId,
        nominated: true,
        ...known({
          currentRoundTripTime: seconds(sample.roundTripTimeMs),
          availableOutgoingBitrate: sample.availableOutgoingBitrateBps,
        }),
      },
    ],
    outboundAudioTracks: select('up', 'audio').map((track) => outbound(track, peerConnectionId)),
    outboundVideoTracks: select('up', 'video').map((track) => outboundVideo(track, peerConnectionId)),
    inboundAudioTracks: select('down', 'audio').map((track) => inbound(track, peerConnectionId)),
    inboundVideoTracks: select('down', 'video').map((track) => inboundVideo(track, peerConnectionId)),
    ...(Object.keys(data).length === 0
      ? {}
      : { dataChannels: [{ peerConnectionId, label: 'data', ...data }] }),
  };
}

function transport(transportId: string, internal: boolean, traffic: TrafficCounters): SfuTransport {
  return {
    transportId,
    internal,
    ...known({
      rtpPacketsReceived: traffic.packetsIn,
      rtpBytesReceived: traffic.bytesIn,
      rtpPacketsSent: traffic.packetsOut,
      rtpBytesSent: traffic.bytesOut,
    }),
  };
}

/**
 * A bridge's reading: two transports, the sum of what goes to participants and the sum of what goes to other
 * bridges, and everything else as extension stats of type `RTC_BENCH_BRIDGE`.
 */
export function sfuSampleOf(sample: BridgeSample, timestamp: number): SfuSample {
  const { bridgeId, local, relay, ...rest } = sample;
  return {
    sfuId: bridgeId,
    timestamp,
    transports: [
      transport(`${bridgeId}-participants`, false, local),
      transport(`${bridgeId}-bridges`, true, relay),
    ],
    extensionStats: [{ type: 'RTC_BENCH_BRIDGE', payload: JSON.stringify(rest) }],
  };
}

function padIdentity(pad: PadReading) {
  return {
    transportId: pad.transportId,
    streamId: pad.producerId,
    padId: pad.consumerId ?? pad.producerId,
    ssrc: pad.ssrc ?? UNKNOWN_SSRC,
    internal: pad.internal,
    mediaType: pad.kind,
    ...known({ nackCount: pad.nackCount, pliCount: pad.pliCount, firCount: pad.firCount }),
  };
}

function inboundPad(pad: PadReading): SfuInboundRtpPad {
  return {
    ...padIdentity(pad),
    ...known({ packetsReceived: pad.packets, packetsLost: pad.packetsLost }),
  };
}

function outboundPad(pad: PadReading, sinkId: string): SfuOutboundRtpPad {
  return {
    ...padIdentity(pad),
    sinkId,
    ...known({
      packetsSent: pad.packets,
      packetsRetransmitted: pad.packetsRetransmitted,
      roundTripTime: seconds(pad.roundTripTimeMs ?? null),
    }),
  };
}

/**
 * Producers and consumers of one bridge, as client-monitor-js and sfu-monitor-js name them: the stream is the
 * producer, the sink the consumer, and what goes through a pipe is internal. The transports that they hang on are only
 * made known, with the ports that tell pipes apart; what they carried is in `sfuSampleOf`.
 */
export function padSampleOf(sfuId: string, pads: readonly PadReading[], timestamp: number): SfuSample {
  const transports = new Map<string, SfuTransport>();
  for (const { transportId, internal, localPort, remotePort, iceState = null, dtlsState = null } of pads) {
    transports.set(transportId, {
      transportId,
      internal,
      noReport: true,
      ...known({ localPort, remotePort }),
      ...(iceState === null ? {} : { iceState }),
      ...(dtlsState === null ? {} : { dtlsState }),
    });
  }
  return {
    sfuId,
    timestamp,
    transports: [...transports.values()],
    inboundRtpPads: pads.filter((pad) => pad.consumerId === null).map(inboundPad),
    outboundRtpPads: pads.flatMap((pad) =>
      pad.consumerId === null ? [] : [outboundPad(pad, pad.consumerId)],
    ),
  };
}
