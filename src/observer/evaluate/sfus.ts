import { addToSet, serviceOf } from '../model/state.ts';
import type { Direction, SampleSource, Sfu, SfuTransport } from '../model/types.ts';
import type { SfuInboundRtpPad, SfuOutboundRtpPad, SfuSample } from '../schema/samples.ts';
import type { EvaluationContext } from './context.ts';
import { padEvent, sctpStreamEvent, sfuEvent, sfuTransportEvent } from './events.ts';
import { pipeKey } from './match.ts';
import { tieOf } from './sfu-ties.ts';

interface Sighting {
  readonly context: EvaluationContext;
  readonly sfu: Sfu;
  readonly sample: SfuSample;
  readonly nowMs: number;
}

function sightTransport(at: Sighting, transportId: string, internal: boolean): SfuTransport {
  let transport = at.sfu.transports.get(transportId);
  if (transport === undefined) {
    transport = {
      transportId,
      sfu: at.sfu,
      internal,
      localPort: null,
      remotePort: null,
      callId: null,
      roomId: null,
      touchedMs: at.nowMs,
      sampleMs: at.sample.timestamp,
    };
    at.sfu.transports.set(transportId, transport);
    at.context.emit(sfuTransportEvent(transport, 'SFU_TRANSPORT_OPENED', at.sample.timestamp));
  }
  transport.touchedMs = at.nowMs;
  transport.sampleMs = Math.max(transport.sampleMs, at.sample.timestamp);
  return transport;
}

function sightPad(
  at: Sighting,
  stat: SfuInboundRtpPad | SfuOutboundRtpPad,
  direction: Direction,
  sinkId: string | null,
): void {
  const { sfu, context, sample, nowMs } = at;
  const transport = sightTransport(at, stat.transportId, stat.internal === true);
  const pads = direction === 'inbound' ? sfu.inboundPads : sfu.outboundPads;
  let pad = pads.get(stat.padId);
  if (pad === undefined) {
    pad = {
      padId: stat.padId,
      direction,
      sfu,
      transportId: stat.transportId,
      streamId: stat.streamId,
      sinkId,
      ssrc: stat.ssrc,
      internal: stat.internal === true || transport.internal,
      matched: false,
      touchedMs: nowMs,
      sampleMs: sample.timestamp,
    };
    pads.set(pad.padId, pad);
    if (direction === 'outbound' && pad.internal) {
      addToSet(sfu.service.pipePads, pipeKey(pad.streamId, pad.ssrc), pad);
    }
    const track = tieOf(pad);
    const callId = track?.peerConnection.client.call.callId ?? null;
    context.emit(padEvent(pad, 'SFU_RTP_PAD_ADDED', sample.timestamp, callId));
  }
  pad.touchedMs = nowMs;
  pad.sampleMs = Math.max(pad.sampleMs, sample.timestamp);
}

function sightSctpStreams(at: Sighting): void {
  for (const channel of at.sample.sctpChannels ?? []) {
    sightTransport(at, channel.transportId, channel.internal === true);
    const key = `${channel.transportId} ${channel.streamId}`;
    let stream = at.sfu.sctpStreams.get(key);
    if (stream === undefined) {
      stream = {
        streamId: channel.streamId,
        transportId: channel.transportId,
        touchedMs: at.nowMs,
        sampleMs: at.sample.timestamp,
      };
      at.sfu.sctpStreams.set(key, stream);
      at.context.emit(sctpStreamEvent(at.sfu, stream, 'SFU_SCTP_STREAM_ADDED', at.sample.timestamp));
    }
    stream.touchedMs = at.nowMs;
    stream.sampleMs = Math.max(stream.sampleMs, at.sample.timestamp);
  }
}

function sightSfu(context: EvaluationContext, source: SampleSource, sample: SfuSample, nowMs: number): Sfu {
  const service = serviceOf(context.state, source.serviceId);
  let sfu = service.sfus.get(sample.sfuId);
  if (sfu === undefined) {
    sfu = {
      sfuId: sample.sfuId,
      service,
      mediaUnitId: source.mediaUnitId,
      marker: sample.marker ?? null,
      transports: new Map(),
      inboundPads: new Map(),
      outboundPads: new Map(),
      sctpStreams: new Map(),
      touchedMs: nowMs,
      sampleMs: sample.timestamp,
    };
    service.sfus.set(sfu.sfuId, sfu);
    context.emit(sfuEvent(sfu, 'SFU_JOINED', sample.timestamp));
  }
  sfu.touchedMs = nowMs;
  sfu.sampleMs = Math.max(sfu.sampleMs, sample.timestamp);
  sfu.mediaUnitId = source.mediaUnitId;
  sfu.marker = sample.marker ?? sfu.marker;
  return sfu;
}

/** First half of an SFU sample: what it makes known. `noReport` entities are known like any other. */
export function sightSfuSample(
  context: EvaluationContext,
  source: SampleSource,
  sample: SfuSample,
  nowMs: number,
): Sfu {
  const sfu = sightSfu(context, source, sample, nowMs);
  const at: Sighting = { context, sfu, sample, nowMs };
  for (const stat of sample.transports ?? []) {
    const transport = sightTransport(at, stat.transportId, stat.internal === true);
    transport.internal = stat.internal ?? transport.internal;
    transport.localPort = stat.localPort ?? transport.localPort;
    transport.remotePort = stat.remotePort ?? transport.remotePort;
  }
  for (const stat of sample.inboundRtpPads ?? []) sightPad(at, stat, 'inbound', null);
  for (const stat of sample.outboundRtpPads ?? []) sightPad(at, stat, 'outbound', stat.sinkId);
  sightSctpStreams(at);
  return sfu;
}
