import type {
  Call,
  Client,
  Pad,
  PeerConnection,
  SctpStream,
  Sfu,
  SfuTransport,
  Track,
} from '../model/types.ts';
import type { Report, ReportValues } from '../reports/types.ts';
import type { ClientSample } from '../schema/samples.ts';

const NOTHING: ReportValues = {};

/** Attachments travel as base64 of JSON. */
function attachments(values: object): string {
  return Buffer.from(JSON.stringify(values)).toString('base64');
}

function event(type: 'call-event' | 'sfu-event', own: ReportValues): Report {
  return { type, own, base: NOTHING, stat: NOTHING };
}

/** When, by the sender's clock where a sample made it known, by the server's where silence or an order did. */
export interface Occasion {
  readonly timestampMs: number;
  readonly sampleMs: number | null;
  readonly sampleSeq: number | null;
}

/** Seen for the first time in this sample. */
export function sighting(sample: ClientSample): Occasion {
  return { timestampMs: sample.timestamp, sampleMs: sample.timestamp, sampleSeq: sample.sampleSeq ?? null };
}

/** Taken to be gone at `timestampMs`, last heard of at `sampleMs`. */
export function occasion(timestampMs: number, sampleMs: number | null = null): Occasion {
  return { timestampMs, sampleMs, sampleSeq: null };
}

export function callEvent(call: Call, name: 'CALL_STARTED' | 'CALL_ENDED', timestampMs: number): Report {
  return event('call-event', {
    serviceId: call.room.service.serviceId,
    timestamp: timestampMs,
    name,
    callId: call.callId,
    roomId: call.room.roomId,
    message: `Call (${call.callId}) is ${name === 'CALL_STARTED' ? 'started' : 'ended'}`,
  });
}

function clientColumns(client: Client, when: Occasion): ReportValues {
  return {
    serviceId: client.call.room.service.serviceId,
    mediaUnitId: client.mediaUnitId,
    timestamp: when.timestampMs,
    sampleTimestamp: when.sampleMs,
    sampleSeq: when.sampleSeq,
    callId: client.call.callId,
    roomId: client.call.room.roomId,
    clientId: client.clientId,
    userId: client.userId,
    marker: client.marker,
  };
}

export function clientEvent(client: Client, name: 'CLIENT_JOINED' | 'CLIENT_LEFT', when: Occasion): Report {
  return event('call-event', {
    ...clientColumns(client, when),
    name,
    message: name === 'CLIENT_JOINED' ? 'Client is joined' : 'Client left',
    attachments: attachments({ timeZoneId: client.timeZoneId }),
  });
}

export function peerConnectionEvent(
  connection: PeerConnection,
  name: 'PEER_CONNECTION_OPENED' | 'PEER_CONNECTION_CLOSED',
  when: Occasion,
): Report {
  return event('call-event', {
    ...clientColumns(connection.client, when),
    name,
    peerConnectionId: connection.peerConnectionId,
    message: name === 'PEER_CONNECTION_OPENED' ? 'Peer connection is opened' : 'Peer connection is closed',
  });
}

export function trackEvent(
  track: Track,
  name: 'MEDIA_TRACK_ADDED' | 'MEDIA_TRACK_REMOVED',
  when: Occasion,
): Report {
  const direction = track.direction.toUpperCase();
  return event('call-event', {
    ...clientColumns(track.peerConnection.client, when),
    name,
    peerConnectionId: track.peerConnection.peerConnectionId,
    mediaTrackId: track.trackId,
    SSRC: track.ssrcs[0] ?? null,
    message: `Media Track is ${name === 'MEDIA_TRACK_ADDED' ? 'added' : 'removed'}. streamId: ${track.sfuStreamId}, direction: ${direction}`,
    attachments: attachments({
      streamDirection: direction,
      mediaKind: track.kind.toUpperCase(),
      sfuStreamId: track.sfuStreamId,
      sfuSinkId: track.sfuSinkId,
    }),
  });
}

function sfuColumns(sfu: Sfu, timestampMs: number): ReportValues {
  return {
    serviceId: sfu.service.serviceId,
    mediaUnitId: sfu.mediaUnitId,
    sfuId: sfu.sfuId,
    marker: sfu.marker,
    timestamp: timestampMs,
  };
}

export function sfuEvent(sfu: Sfu, name: 'SFU_JOINED' | 'SFU_LEFT', timestampMs: number): Report {
  return event('sfu-event', {
    ...sfuColumns(sfu, timestampMs),
    name,
    message: name === 'SFU_JOINED' ? 'Sfu is joined' : 'Sfu left',
  });
}

export function sfuTransportEvent(
  transport: SfuTransport,
  name: 'SFU_TRANSPORT_OPENED' | 'SFU_TRANSPORT_CLOSED',
  timestampMs: number,
): Report {
  return event('sfu-event', {
    ...sfuColumns(transport.sfu, timestampMs),
    name,
    transportId: transport.transportId,
    callId: transport.callId,
    message: `Sfu transport is ${name === 'SFU_TRANSPORT_OPENED' ? 'opened' : 'closed'}`,
    attachments: attachments({ internal: transport.internal }),
  });
}

export function padEvent(
  pad: Pad,
  name: 'SFU_RTP_PAD_ADDED' | 'SFU_RTP_PAD_REMOVED',
  timestampMs: number,
  callId: string | null,
): Report {
  return event('sfu-event', {
    ...sfuColumns(pad.sfu, timestampMs),
    name,
    callId,
    transportId: pad.transportId,
    mediaStreamId: pad.streamId,
    mediaSinkId: pad.sinkId,
    rtpPadId: pad.padId,
    message: `Sfu RTP pad is ${name === 'SFU_RTP_PAD_ADDED' ? 'added' : 'removed'}`,
    attachments: attachments({ streamDirection: pad.direction.toUpperCase(), internal: pad.internal }),
  });
}

export function sctpStreamEvent(
  sfu: Sfu,
  stream: SctpStream,
  name: 'SFU_SCTP_STREAM_ADDED' | 'SFU_SCTP_STREAM_REMOVED',
  timestampMs: number,
): Report {
  return event('sfu-event', {
    ...sfuColumns(sfu, timestampMs),
    name,
    transportId: stream.transportId,
    sctpStreamId: stream.streamId,
    message: `Sfu SCTP stream is ${name === 'SFU_SCTP_STREAM_ADDED' ? 'added' : 'removed'}`,
  });
}
