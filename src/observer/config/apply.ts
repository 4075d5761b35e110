import type { EvaluationSettings } from '../evaluate/settings.ts';
import type { ObfuscationSettings } from '../obfuscate.ts';
import type { AccessToken } from '../server/tokens.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from '../sinks/limits.ts';
import type { ObserverConfig } from './schema.ts';
import type { SinkConfig } from './sinks.ts';

/** What the evaluation takes from a configuration. */
export function evaluationSettings({ observer }: ObserverConfig): EvaluationSettings {
  const { sources, evaluators, repository } = observer;
  return {
    callIdAssignMode: evaluators.callUpdater.callIdAssignMode,
    useServerTimestamp: sources.useServerTimestamp,
    acceptClientSamples: sources.acceptClientSamples,
    acceptSfuSamples: sources.acceptSfuSamples,
    ...evaluators.clientSamplesAnalyser,
    ...evaluators.sfuSamplesAnalyser,
    maxIdleS: {
      call: repository.callMaxIdleTimeInS,
      client: repository.clientsMaxIdle,
      peerConnection: repository.peerConnectionsMaxIdle,
      inboundTrack: repository.inboundTracksMaxIdle,
      outboundTrack: repository.outboundTracksMaxIdle,
      sfu: repository.sfuMaxIdleTimeInS,
      sfuTransport: repository.sfuTransportMaxIdleTimeInS,
      sfuInboundRtpPad: repository.sfuInboundRtpPadMaxIdleTimeInS,
      sfuOutboundRtpPad: repository.sfuOutboundRtpPadMaxIdleTimeInS,
      sfuSctpChannel: repository.sfuSctpChannelMaxIdleTimeInS,
    },
  };
}

/** null: nothing is to be hidden. */
export function obfuscationSettings({ observer }: ObserverConfig): ObfuscationSettings | null {
  const { enabled, ...what } = observer.evaluators.obfuscator;
  return enabled ? { ...what, ...observer.security.obfuscations } : null;
}

export function accessTokens({ observer }: ObserverConfig): AccessToken[] {
  return observer.security.tokens.map(({ token, expiresAt, maxWebsockets }) => ({
    token,
    expiresAtMs: expiresAt === undefined ? null : Date.parse(expiresAt),
    maxWebsockets: maxWebsockets ?? null,
  }));
}

/** The upstream batch settings, with what a sink's own `buffer` says put over them. */
export function queueLimits({ observer }: ObserverConfig, sink: SinkConfig): QueueLimits {
  const { maxItems, maxTimeInMs } = observer.buffers.reportsCollector;
  const { buffer } = sink;
  return {
    ...DEFAULT_QUEUE_LIMITS,
    batchItems: buffer?.batchItems ?? maxItems,
    batchTimeMs: buffer?.batchTimeInMs ?? maxTimeInMs,
    bufferItems: buffer?.maxItems ?? Math.max(DEFAULT_QUEUE_LIMITS.bufferItems, maxItems),
    writeTimeoutMs: buffer?.writeTimeoutInMs ?? DEFAULT_QUEUE_LIMITS.writeTimeoutMs,
    drainMs: buffer?.drainTimeInMs ?? DEFAULT_QUEUE_LIMITS.drainMs,
    keepTrying: sink.type !== 'KafkaSink' || sink.config.tryReconnectOnFailure,
  };
}
