import { forgetCall, roomOf, serviceOf } from '../model/state.ts';
import type { Call, Room, SampleSource } from '../model/types.ts';
import type { ClientSample } from '../schema/samples.ts';
import type { EvaluationContext } from './context.ts';
import { callEvent } from './events.ts';

function startCall(context: EvaluationContext, room: Room, callId: string, nowMs: number): Call {
  const call: Call = {
    callId,
    room,
    startedMs: nowMs,
    touchedMs: nowMs,
    endedMs: null,
    clients: new Map(),
    outboundBySsrc: new Map(),
  };
  room.calls.set(callId, call);
  room.current = call;
  context.emit(callEvent(call, 'CALL_STARTED', nowMs));
  return call;
}

/** Tells a call's end, once; it stays known while its clients' samples still arrive. */
export function endCall(context: EvaluationContext, call: Call, nowMs: number): void {
  if (call.endedMs !== null) return;
  call.endedMs = nowMs;
  context.emit(callEvent(call, 'CALL_ENDED', nowMs));
}

function slaveCall(context: EvaluationContext, room: Room, sample: ClientSample, nowMs: number): Call | null {
  if (!sample.callId) {
    context.drop('call-id-missing');
    if (room.calls.size === 0) room.service.rooms.delete(room.roomId);
    return null;
  }
  const { current } = room;
  if (current?.callId === sample.callId) return current;
  const replaced = room.calls.get(sample.callId);
  if (replaced !== undefined) {
    // Its clients may finish their sentence, newcomers are too late.
    if (replaced.clients.has(sample.clientId)) return replaced;
    context.drop('call-replaced');
    return null;
  }
  if (current !== null) {
    endCall(context, current, nowMs);
    if (current.clients.size === 0) forgetCall(current);
  }
  return startCall(context, room, sample.callId, nowMs);
}

/**
 * The call that a sample belongs to, begun if need be; null if there is none for it. As master the observer gives
 * each room one call and a sender's own call id is not heeded; as slave the senders decide.
 */
export function callFor(
  context: EvaluationContext,
  source: SampleSource,
  sample: ClientSample,
  nowMs: number,
): Call | null {
  const service = serviceOf(context.state, source.serviceId);
  const room = roomOf(service, sample.roomId ?? '');
  if (context.settings.callIdAssignMode === 'slave') return slaveCall(context, room, sample, nowMs);
  return room.current ?? startCall(context, room, context.newCallId(), nowMs);
}
