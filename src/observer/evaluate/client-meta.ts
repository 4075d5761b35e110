import type { ReportValues } from '../reports/types.ts';
import type { ClientSample } from '../schema/samples.ts';

/** Kinds of `call-meta-data`, by upstream's names. */
export type MetaType =
  | 'CERTIFICATE'
  | 'CODEC'
  | 'ICE_LOCAL_CANDIDATE'
  | 'ICE_REMOTE_CANDIDATE'
  | 'ICE_SERVER'
  | 'MEDIA_CONSTRAINT'
  | 'MEDIA_DEVICE'
  | 'MEDIA_SOURCE'
  | 'USER_MEDIA_ERROR'
  | 'LOCAL_SDP'
  | 'OPERATION_SYSTEM'
  | 'ENGINE'
  | 'PLATFORM'
  | 'BROWSER';

/** Calls `visit` for each thing that a sample tells of the client's surroundings, with its report's own columns. */
export function forEachMeta(sample: ClientSample, visit: (own: ReportValues) => void): void {
  const one = (type: MetaType, value: unknown, peerConnectionId?: string): void => {
    const payload = typeof value === 'string' ? value : JSON.stringify(value);
    visit({ type, payload, peerConnectionId: peerConnectionId ?? null });
  };
  const each = (type: MetaType, values: readonly unknown[] | undefined): void => {
    for (const value of values ?? []) one(type, value);
  };
  if (sample.os !== undefined) one('OPERATION_SYSTEM', sample.os);
  if (sample.engine !== undefined) one('ENGINE', sample.engine);
  if (sample.platform !== undefined) one('PLATFORM', sample.platform);
  if (sample.browser !== undefined) one('BROWSER', sample.browser);
  each('CERTIFICATE', sample.certificates);
  each('CODEC', sample.codecs);
  each('ICE_SERVER', sample.iceServers);
  each('MEDIA_CONSTRAINT', sample.mediaConstraints);
  each('MEDIA_DEVICE', sample.mediaDevices);
  each('MEDIA_SOURCE', sample.mediaSources);
  each('USER_MEDIA_ERROR', sample.userMediaErrors);
  if (sample.localSDPs !== undefined && sample.localSDPs.length > 0) {
    one('LOCAL_SDP', sample.localSDPs.join('\n'));
  }
  for (const candidate of sample.iceLocalCandidates ?? []) {
    one('ICE_LOCAL_CANDIDATE', candidate, candidate.peerConnectionId);
  }
  for (const candidate of sample.iceRemoteCandidates ?? []) {
    one('ICE_REMOTE_CANDIDATE', candidate, candidate.peerConnectionId);
  }
}
