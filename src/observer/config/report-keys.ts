import { z } from 'zod';
import { REPORT_TYPES, type ReportType } from '../reports/types.ts';

/** Keys of a sink's `reports` section. `sendIceCanddiatePairs` is upstream's spelling; the right one is taken too. */
const FILTER_KEYS = {
  sendObserverEvents: 'observer-event',
  sendCallEvents: 'call-event',
  sendCallMeta: 'call-meta-data',
  sendClientExtensions: 'client-extension-data',
  sendInboundAudioTracks: 'inbound-audio-track',
  sendInboundVideoTracks: 'inbound-video-track',
  sendOutboundAudioTracks: 'outbound-audio-track',
  sendOutboundVideoTracks: 'outbound-video-track',
  sendPeerConnectionTransports: 'peer-connection-transport',
  sendIceCanddiatePairs: 'ice-candidate-pair',
  sendIceCandidatePairs: 'ice-candidate-pair',
  sendClientDataChannels: 'peer-connection-data-channel',
  sendSfuEvents: 'sfu-event',
  sendSfuMeta: 'sfu-meta-data',
  sendSfuTransports: 'sfu-transport',
  sendSfuSctpStreams: 'sfu-sctp-stream',
  sendSfuOutboundRtpStreams: 'sfu-outbound-rtp-pad',
  sendSfuInboundRtpStreams: 'sfu-inbound-rtp-pad',
  sendSfuExtensions: 'sfu-extension-data',
} as const satisfies Record<string, ReportType>;

const filterShape = Object.fromEntries(
  Object.keys(FILTER_KEYS).map((key) => [key, z.boolean().optional()]),
) as Record<keyof typeof FILTER_KEYS, z.ZodOptional<z.ZodBoolean>>;

/** Which types a sink is sent: all but those that are switched off. */
export const reportFilter = z.strictObject(filterShape).transform((flags): ReadonlySet<ReportType> => {
  const off = new Set(
    Object.entries(FILTER_KEYS).flatMap(([key, type]) =>
      flags[key as keyof typeof FILTER_KEYS] === false ? [type] : [],
    ),
  );
  return new Set(REPORT_TYPES.filter((type) => !off.has(type)));
});

/** Upstream's documentation writes this key so; its own code cannot read it. */
const MISSPELT: Record<string, ReportType> = { 'outbound-autio-track': 'outbound-audio-track' };

const namesShape = Object.fromEntries(
  [...REPORT_TYPES, ...Object.keys(MISSPELT)].map((key) => [key, z.string().min(1).optional()]),
);

/** A name by report type: prefixes of S3, streams of Firehose. */
export const namesByType = z.strictObject(namesShape).transform((names) => {
  const byType = new Map<ReportType, string>();
  for (const [key, name] of Object.entries(names)) {
    if (name !== undefined) byType.set(MISSPELT[key] ?? (key as ReportType), name);
  }
  return byType;
});
