import type { Pad, Sfu } from '../model/types.ts';
import type { ReportType, ReportValues } from '../reports/types.ts';
import type { SfuInboundRtpPad, SfuOutboundRtpPad, SfuSample } from '../schema/samples.ts';
import type { DropReason, EvaluationContext } from './context.ts';
import { pipeCounterpart } from './match.ts';
import { tieOf } from './sfu-ties.ts';

type Emit = (type: ReportType, own: ReportValues, stat: ReportValues) => void;

/** Columns of the client behind a pad; its transport is taken to be that call's as well. */
function tieColumns(pad: Pad): ReportValues | null {
  const track = tieOf(pad);
  if (track === null) return null;
  const { client } = track.peerConnection;
  const transport = pad.sfu.transports.get(pad.transportId);
  if (transport !== undefined && !transport.internal && transport.callId === null) {
    transport.callId = client.call.callId;
    transport.roomId = client.call.room.roomId;
  }
  return { callId: client.call.callId, clientId: client.clientId, trackId: track.trackId };
}

interface Verdict {
  readonly own: ReportValues;
  readonly drop: DropReason | null;
}

function judgeInbound(context: EvaluationContext, pad: Pad, stat: SfuInboundRtpPad): Verdict {
  const { settings } = context;
  const tie = tieColumns(pad);
  const own = { internal: pad.internal, sfuStreamId: stat.streamId, rtpPadId: stat.padId, ...tie };
  if (!pad.internal) {
    pad.matched ||= tie !== null;
    return { own, drop: tie === null && settings.dropUnmatchedInboundReports ? 'unmatched' : null };
  }
  const remote = pipeCounterpart(pad.sfu.service, pad);
  if (remote === null) {
    return { own, drop: settings.dropUnmatchedInternalInboundReports ? 'unmatched' : null };
  }
  pad.matched = true;
  const remoteColumns = {
    remoteSfuId: remote.sfu.sfuId,
    remoteTransportId: remote.transportId,
    remoteSinkId: remote.sinkId,
    remoteRtpPadId: remote.padId,
  };
  return { own: { ...own, ...remoteColumns }, drop: null };
}

function judgeOutbound(context: EvaluationContext, pad: Pad, stat: SfuOutboundRtpPad): Verdict {
  const tie = tieColumns(pad);
  pad.matched ||= tie !== null;
  const own = {
    internal: pad.internal,
    sfuStreamId: stat.streamId,
    sfuSinkId: stat.sinkId,
    rtpPadId: stat.padId,
    ...tie,
  };
  const unmatched = tie === null && !pad.internal && context.settings.dropUnmatchedOutboundReports;
  return { own, drop: unmatched ? 'unmatched' : null };
}

function reportPads(context: EvaluationContext, sfu: Sfu, sample: SfuSample, emit: Emit): void {
  const finish = (type: ReportType, verdict: Verdict, stat: { noReport?: boolean }): void => {
    if (verdict.drop !== null) context.drop(verdict.drop);
    else if (stat.noReport !== true) emit(type, verdict.own, stat as object as ReportValues);
  };
  for (const stat of sample.inboundRtpPads ?? []) {
    const pad = sfu.inboundPads.get(stat.padId);
    if (pad !== undefined) finish('sfu-inbound-rtp-pad', judgeInbound(context, pad, stat), stat);
  }
  for (const stat of sample.outboundRtpPads ?? []) {
    const pad = sfu.outboundPads.get(stat.padId);
    if (pad !== undefined) finish('sfu-outbound-rtp-pad', judgeOutbound(context, pad, stat), stat);
  }
}

function reportTransports(sfu: Sfu, sample: SfuSample, emit: Emit): void {
  for (const stat of sample.transports ?? []) {
    if (stat.noReport === true) continue;
    const transport = sfu.transports.get(stat.transportId);
    emit('sfu-transport', { callId: transport?.callId, roomId: transport?.roomId }, stat);
  }
  for (const stat of sample.sctpChannels ?? []) {
    if (stat.noReport === true) continue;
    const transport = sfu.transports.get(stat.transportId);
    emit('sfu-sctp-stream', { callId: transport?.callId, roomId: transport?.roomId }, stat);
  }
}

function reportCustom(sample: SfuSample, emit: Emit, drop: (reason: DropReason) => void): void {
  for (const event of sample.customSfuEvents ?? []) {
    const own = {
      timestamp: event.timestamp,
      mediaStreamId: event.sfuStreamId,
      mediaSinkId: event.sfuSinkId,
    };
    emit('sfu-event', own, event);
  }
  for (const extension of sample.extensionStats ?? []) {
    try {
      JSON.parse(extension.payload);
    } catch {
      drop('extension-not-json');
      continue;
    }
    emit('sfu-extension-data', { extensionType: extension.type }, extension);
  }
}

/** Second half of an SFU sample: its reports. Pads come first, since they tell which call a transport serves. */
export function reportSfuSample(context: EvaluationContext, sfu: Sfu, sample: SfuSample): void {
  const base: ReportValues = {
    serviceId: sfu.service.serviceId,
    mediaUnitId: sfu.mediaUnitId,
    sfuId: sfu.sfuId,
    timestamp: sample.timestamp,
    marker: sample.marker,
  };
  const emit: Emit = (type, own, stat) => context.emit({ type, own, base, stat });
  reportCustom(sample, emit, context.drop);
  reportPads(context, sfu, sample, emit);
  reportTransports(sfu, sample, emit);
}
