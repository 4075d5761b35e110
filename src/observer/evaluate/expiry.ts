import { forgetCall, forgetTrack, removeFromSet } from '../model/state.ts';
import type {
  Call,
  Client,
  Pad,
  PeerConnection,
  Seen,
  Service,
  Sfu,
  SfuTransport,
  Track,
} from '../model/types.ts';
import { endCall } from './calls.ts';
import type { EvaluationContext } from './context.ts';
import {
  clientEvent,
  occasion,
  padEvent,
  peerConnectionEvent,
  sctpStreamEvent,
  sfuEvent,
  sfuTransportEvent,
  trackEvent,
} from './events.ts';
import { pipeKey } from './match.ts';
import { tieOf } from './sfu-ties.ts';

/** Whatever is closed takes what it holds with it, the innermost first. */

function closeTrack(context: EvaluationContext, track: Track, nowMs: number): void {
  context.emit(trackEvent(track, 'MEDIA_TRACK_REMOVED', occasion(nowMs, track.sampleMs)));
  forgetTrack(track);
}

function closePeerConnection(context: EvaluationContext, connection: PeerConnection, nowMs: number): void {
  for (const track of [...connection.tracks.values()]) closeTrack(context, track, nowMs);
  context.emit(
    peerConnectionEvent(connection, 'PEER_CONNECTION_CLOSED', occasion(nowMs, connection.sampleMs)),
  );
  connection.client.peerConnections.delete(connection.peerConnectionId);
}

/** Ends a client's stay: its tracks, its connections and then itself. */
export function closeClient(context: EvaluationContext, client: Client, nowMs: number): void {
  for (const connection of [...client.peerConnections.values()]) {
    closePeerConnection(context, connection, nowMs);
  }
  context.emit(clientEvent(client, 'CLIENT_LEFT', occasion(nowMs, client.sampleMs)));
  client.call.clients.delete(client.clientId);
}

export function closeCall(context: EvaluationContext, call: Call, nowMs: number): void {
  for (const client of [...call.clients.values()]) closeClient(context, client, nowMs);
  endCall(context, call, nowMs);
  forgetCall(call);
}

function closePad(context: EvaluationContext, pad: Pad, nowMs: number): void {
  const callId = tieOf(pad)?.peerConnection.client.call.callId ?? null;
  context.emit(padEvent(pad, 'SFU_RTP_PAD_REMOVED', nowMs, callId));
  (pad.direction === 'inbound' ? pad.sfu.inboundPads : pad.sfu.outboundPads).delete(pad.padId);
  removeFromSet(pad.sfu.service.pipePads, pipeKey(pad.streamId, pad.ssrc), pad);
}

function closeTransport(context: EvaluationContext, transport: SfuTransport, nowMs: number): void {
  const { sfu, transportId } = transport;
  for (const pad of [...sfu.inboundPads.values(), ...sfu.outboundPads.values()]) {
    if (pad.transportId === transportId) closePad(context, pad, nowMs);
  }
  for (const [key, stream] of sfu.sctpStreams) {
    if (stream.transportId !== transportId) continue;
    context.emit(sctpStreamEvent(sfu, stream, 'SFU_SCTP_STREAM_REMOVED', nowMs));
    sfu.sctpStreams.delete(key);
  }
  context.emit(sfuTransportEvent(transport, 'SFU_TRANSPORT_CLOSED', nowMs));
  sfu.transports.delete(transportId);
}

export function closeSfu(context: EvaluationContext, sfu: Sfu, nowMs: number): void {
  // Pads first, or each transport would look through all of them for its own.
  for (const pad of [...sfu.inboundPads.values(), ...sfu.outboundPads.values()])
    closePad(context, pad, nowMs);
  for (const transport of [...sfu.transports.values()]) closeTransport(context, transport, nowMs);
  context.emit(sfuEvent(sfu, 'SFU_LEFT', nowMs));
  sfu.service.sfus.delete(sfu.sfuId);
}

type IsIdle = (seen: Pick<Seen, 'touchedMs'>, limitS: number) => boolean;

function expireCall(context: EvaluationContext, call: Call, isIdle: IsIdle, nowMs: number): void {
  const limits = context.settings.maxIdleS;
  for (const client of [...call.clients.values()]) {
    if (isIdle(client, limits.client)) {
      closeClient(context, client, nowMs);
      continue;
    }
    for (const connection of [...client.peerConnections.values()]) {
      if (isIdle(connection, limits.peerConnection)) {
        closePeerConnection(context, connection, nowMs);
        continue;
      }
      for (const track of [...connection.tracks.values()]) {
        const limitS = track.direction === 'inbound' ? limits.inboundTrack : limits.outboundTrack;
        if (isIdle(track, limitS)) closeTrack(context, track, nowMs);
      }
    }
  }
  const over = call.endedMs !== null && call.clients.size === 0;
  if (over || isIdle(call, limits.call)) closeCall(context, call, nowMs);
}

function expireSfu(context: EvaluationContext, sfu: Sfu, isIdle: IsIdle, nowMs: number): void {
  const limits = context.settings.maxIdleS;
  if (isIdle(sfu, limits.sfu)) {
    closeSfu(context, sfu, nowMs);
    return;
  }
  for (const transport of [...sfu.transports.values()]) {
    if (isIdle(transport, limits.sfuTransport)) closeTransport(context, transport, nowMs);
  }
  for (const pad of [...sfu.inboundPads.values()]) {
    if (isIdle(pad, limits.sfuInboundRtpPad)) closePad(context, pad, nowMs);
  }
  for (const pad of [...sfu.outboundPads.values()]) {
    if (isIdle(pad, limits.sfuOutboundRtpPad)) closePad(context, pad, nowMs);
  }
  for (const [key, stream] of sfu.sctpStreams) {
    if (!isIdle(stream, limits.sfuSctpChannel)) continue;
    context.emit(sctpStreamEvent(sfu, stream, 'SFU_SCTP_STREAM_REMOVED', nowMs));
    sfu.sctpStreams.delete(key);
  }
}

function calls(service: Service): Call[] {
  return [...service.rooms.values()].flatMap((room) => [...room.calls.values()]);
}

/** Closes what has been silent for longer than its limit; ages are by server time, so no sender's clock matters. */
export function expireIdle(context: EvaluationContext, nowMs: number): void {
  const isIdle: IsIdle = (seen, limitS) => nowMs - seen.touchedMs > limitS * 1000;
  for (const service of context.state.services.values()) {
    for (const call of calls(service)) expireCall(context, call, isIdle, nowMs);
    for (const sfu of [...service.sfus.values()]) expireSfu(context, sfu, isIdle, nowMs);
    if (service.rooms.size === 0 && service.sfus.size === 0) context.state.services.delete(service.serviceId);
  }
}

/** Ends everything, as when a run is over and nobody is left. */
export function closeEverything(context: EvaluationContext, nowMs: number): void {
  for (const service of context.state.services.values()) {
    for (const call of calls(service)) closeCall(context, call, nowMs);
    for (const sfu of [...service.sfus.values()]) closeSfu(context, sfu, nowMs);
  }
  context.state.services.clear();
}
