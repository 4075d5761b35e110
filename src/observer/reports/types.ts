/** The kinds of report, by the names that configurations and files use. */
export const REPORT_TYPES = [
  'observer-event',
  'call-event',
  'call-meta-data',
  'client-extension-data',
  'peer-connection-transport',
  'ice-candidate-pair',
  'peer-connection-data-channel',
  'inbound-audio-track',
  'inbound-video-track',
  'outbound-audio-track',
  'outbound-video-track',
  'sfu-event',
  'sfu-meta-data',
  'sfu-extension-data',
  'sfu-transport',
  'sfu-inbound-rtp-pad',
  'sfu-outbound-rtp-pad',
  'sfu-sctp-stream',
] as const;
export type ReportType = (typeof REPORT_TYPES)[number];

/** `inbound-audio-track` is `INBOUND_AUDIO_TRACK` in a report's envelope. */
export function wireType(type: ReportType): string {
  return type.toUpperCase().replaceAll('-', '_');
}

export type ReportValue = string | number | boolean | null | undefined;
/** Columns by name; what is missing or null is unknown. */
export type ReportValues = { readonly [column: string]: ReportValue | object };

/**
 * One report. Its columns are looked up in three places and only copied when somebody wants them: `own`, what the
 * observer found out; `base`, shared by all reports of one sample; `stat`, the element of the sample it came from.
 * A call of four yields a dozen reports a sample, so copying each would be most of the work.
 */
export interface Report {
  readonly type: ReportType;
  readonly own: ReportValues;
  readonly base: ReportValues;
  readonly stat: ReportValues;
}

/** What identifies the call, client or SFU that a report is about. */
export function reportIdentity(report: Report): {
  serviceId: string;
  callId: string | null;
  clientId: string | null;
  sfuId: string | null;
} {
  const text = (column: string): string | null => {
    const value = report.own[column] ?? report.base[column];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    serviceId: text('serviceId') ?? '',
    callId: text('callId'),
    clientId: text('clientId'),
    sfuId: text('sfuId'),
  };
}
